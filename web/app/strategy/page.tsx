"use client";

/** One deployment: watch it, configure it, weigh its results, take it live, read its code. */
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense } from "react";

import { Code } from "@/components/strategy/code";
import { Configure } from "@/components/strategy/configure";
import { Head } from "@/components/strategy/head";
import { LiveMode } from "@/components/strategy/live-mode";
import { Monitor } from "@/components/strategy/monitor";
import { Performance } from "@/components/strategy/performance";
import { Failed, Shown } from "@/components/ui/states";
import { type Tab, Tabs } from "@/components/ui/tabs";
import { useQuery } from "@/lib/live/use-query";
import { readConfig } from "@/lib/tables/configs";

type Part = "monitor" | "configure" | "performance" | "live" | "code";

const PARTS: readonly Tab<Part>[] = [
  { name: "monitor", label: "Monitor" },
  { name: "configure", label: "Configure" },
  { name: "performance", label: "Performance" },
  { name: "live", label: "Live mode" },
  { name: "code", label: "Code" },
];

export default function StrategyPage() {
  return (
    <Suspense>
      <Strategy />
    </Suspense>
  );
}

function Strategy() {
  const asked = useSearchParams();
  const id = asked.get("id");
  if (id === null) return <Failed message="This page needs the id of a deployment: open it from the list." />;
  return <Deployment key={id} id={id} part={partOf(asked.get("tab"))} />;
}

function Deployment({ id, part }: { id: string; part: Part }) {
  const router = useRouter();
  const config = useQuery(`config ${id}`, () => readConfig(id), ["strategy_configs", "strategy_commands"]);
  return (
    <Shown query={config} lines={8}>
      {(found) => (
        <div className="flex flex-col gap-4">
          <Head config={found} />
          <Tabs
            tabs={PARTS.filter((each) => each.name !== "code" || found.strategy.strategy_type === "code")}
            chosen={part}
            onChoose={(name) => router.replace(`/strategy/?id=${id}&tab=${name}`, { scroll: false })}
            label="Parts of the strategy"
          >
            {part === "monitor" && <Monitor config={found} />}
            {part === "configure" && <Configure config={found} onSaved={config.reload} />}
            {part === "performance" && <Performance config={found} />}
            {part === "live" && <LiveMode config={found} />}
            {part === "code" && <Code config={found} />}
          </Tabs>
        </div>
      )}
    </Shown>
  );
}

function partOf(text: string | null): Part {
  return PARTS.find((each) => each.name === text)?.name ?? "monitor";
}
