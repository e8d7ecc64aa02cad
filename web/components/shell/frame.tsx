"use client";

/** What stands around a page, by session: nothing yet, a reason, the sign-in, or the dashboard. */
import { MotionConfig } from "motion/react";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { Header } from "@/components/shell/header";
import { Navigation, TabBar } from "@/components/shell/navigation";
import { PassingAlerts } from "@/components/shell/passing-alerts";
import { SignIn } from "@/components/shell/sign-in";
import { AlertProvider } from "@/components/ui/alerts";
import { Failed, Skeleton } from "@/components/ui/states";
import { LiveProvider } from "@/lib/live/live-provider";
import { SessionProvider, useSession } from "@/lib/session";

export function Frame({ children }: { children: ReactNode }) {
  return (
    <MotionConfig reducedMotion="user">
      <SessionProvider>
        <AlertProvider>
          <BySession>{children}</BySession>
        </AlertProvider>
      </SessionProvider>
    </MotionConfig>
  );
}

function BySession({ children }: { children: ReactNode }) {
  const session = useSession();
  const path = usePathname();
  if (session.state === "starting") return <Starting />;
  if (session.state === "unusable") {
    return (
      <main className="mx-auto max-w-lg p-6 pt-24">
        <Failed message={session.reason} onRetry={() => location.reload()} />
      </main>
    );
  }
  // The link of a password mail brings a session of its own, and the page that uses it.
  if (path.startsWith("/new-password")) return <main>{children}</main>;
  if (session.state === "signed out") return <SignIn hasEnded={session.hasEnded} />;
  return (
    <LiveProvider userId={session.user.id}>
      <a
        href="#content"
        className="bg-accent text-accent-ink sr-only z-50 rounded-md px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <div className="mx-auto flex max-w-[104rem]">
        <Navigation />
        <div className="flex min-w-0 flex-1 flex-col">
          <Header />
          <main id="content" tabIndex={-1} className="flex-1 p-3 pb-24 outline-none sm:p-5 lg:pb-8">
            {children}
          </main>
        </div>
      </div>
      <TabBar />
      <PassingAlerts />
    </LiveProvider>
  );
}

function Starting() {
  return (
    <div role="status" aria-label="Starting" className="mx-auto max-w-5xl space-y-4 p-6">
      <Skeleton className="h-10 w-48" />
      <div className="grid gap-4 sm:grid-cols-4">
        {[0, 1, 2, 3].map((card) => (
          <Skeleton key={card} className="h-24" />
        ))}
      </div>
      <Skeleton className="h-72" />
    </div>
  );
}
