"use client";

/** The head of every page: where we are, whether data flow, who is signed in, and the brake. */
import { LogOut, Moon, Sun } from "lucide-react";
import { usePathname } from "next/navigation";

import { EmergencyStop } from "@/components/shell/emergency-stop";
import { Logo } from "@/components/shell/logo";
import { isShown, PAGES } from "@/components/shell/pages";
import { useAlert } from "@/components/ui/alerts";
import { Badge, type Tone } from "@/components/ui/badge";
import { useLag, useLive } from "@/lib/live/live-provider";
import { useInterval } from "@/lib/live/use-interval";
import { useQuery } from "@/lib/live/use-query";
import { signOut, useUser } from "@/lib/session";
import { type Health, readHealth } from "@/lib/tables/health";
import { age, clock } from "@/lib/time";

const LOOK_MS = 5_000;
const WORKER_LATE_SECONDS = 15;
const FEED_LATE_SECONDS = 5;

export function Header() {
  const path = usePathname();
  const page = PAGES.find((each) => isShown(each, path));
  const health = useQuery("health", readHealth);
  useInterval(LOOK_MS, health.reload);
  return (
    <header className="bg-canvas/80 sticky top-0 z-20 border-b backdrop-blur-md">
      <div className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 px-3 py-2 sm:px-5">
        <Logo className="size-7 lg:hidden" />
        <h1 className="text-base font-semibold tracking-tight">{page?.name ?? "Tradebase"}</h1>
        {/* A phone has no room for the states beside the title: they get a line of their own. */}
        <div className="order-last flex w-full flex-wrap items-center gap-1.5 sm:order-none sm:w-auto sm:flex-1 max-sm:[&_[data-badge]]:gap-1 max-sm:[&_[data-badge]]:px-1.5 max-sm:[&_[data-badge]]:text-[0.65rem]">
          {health.data !== null && <SystemStatus health={health.data} />}
          {health.error !== null && (
            <Badge tone="loss" hasDot>
              Database unreachable
            </Badge>
          )}
          <LiveIndicator />
        </div>
        <div className="ml-auto flex items-center gap-1.5">
          <EmergencyStop />
          <ThemeButton />
          <Account />
        </div>
      </div>
    </header>
  );
}

function SystemStatus({ health }: { health: Health }) {
  const worker = stateOf(health.workerAgeSeconds, WORKER_LATE_SECONDS);
  const feed = stateOf(health.feedAgeSeconds, FEED_LATE_SECONDS);
  return (
    <>
      {health.isSimulated && (
        <Badge tone="warn" className="font-semibold">
          <span>
            Simulated<span className="max-sm:sr-only"> market</span> · {clock(health.marketTime)} IST
          </span>
        </Badge>
      )}
      <Badge tone={worker.tone} hasDot>
        Worker {worker.words}
      </Badge>
      <Badge tone={feed.tone} hasDot>
        Feed {feed.words}
      </Badge>
    </>
  );
}

function stateOf(seconds: number | null, late: number): { tone: Tone; words: string } {
  if (seconds === null) return { tone: "neutral", words: "off" };
  if (seconds > late) return { tone: "loss", words: `silent for ${age(seconds)}` };
  return { tone: "gain", words: "on" };
}

function LiveIndicator() {
  const { status } = useLive();
  const lagMs = useLag();
  const tone: Tone = status === "live" ? "gain" : status === "offline" ? "loss" : "warn";
  const lag = status === "live" && lagMs !== null ? ` · ${Math.round(lagMs)} ms` : "";
  return (
    <span role="status" aria-label={`Live data: ${status}`} className="inline-flex">
      <Badge tone={tone} hasDot>
        <span>
          {status}
          <span className="max-sm:hidden">{lag}</span>
        </span>
      </Badge>
    </span>
  );
}

function ThemeButton() {
  const toggle = () => {
    const isDark = document.documentElement.classList.toggle("dark");
    localStorage.setItem("theme", isDark ? "dark" : "light");
    window.dispatchEvent(new Event("themechange"));
  };
  return (
    <button
      type="button"
      onClick={toggle}
      aria-label="Switch between light and dark"
      className="text-muted hover:text-ink hover:bg-raised rounded-lg p-2"
    >
      <Sun aria-hidden className="hidden size-4 dark:block" />
      <Moon aria-hidden className="size-4 dark:hidden" />
    </button>
  );
}

function Account() {
  const user = useUser();
  const alert = useAlert();
  const leave = async () => {
    const problem = await signOut();
    if (problem !== null) alert("error", `You could not be signed out: ${problem}`);
  };
  return (
    <>
      <span className="text-muted hidden max-w-40 truncate text-xs xl:block" title={user.email}>
        {user.email}
      </span>
      <button
        type="button"
        onClick={() => void leave()}
        aria-label="Sign out"
        className="text-muted hover:text-ink hover:bg-raised rounded-lg p-2"
      >
        <LogOut aria-hidden className="size-4" />
      </button>
    </>
  );
}
