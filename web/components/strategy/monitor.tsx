"use client";

/** Live: the process, the chart with trades, signals with their figures, logs, metrics. */
import { LiveChart } from "@/components/strategy/live-chart";
import { Logs } from "@/components/strategy/logs";
import { MetricsHistory } from "@/components/strategy/metrics-history";
import { ProcessCard } from "@/components/strategy/process-card";
import { Signals } from "@/components/strategy/signals";
import { RecentCommands } from "@/components/strategies/strategy-row";
import { Card } from "@/components/ui/card";
import type { ConfigDetails } from "@/lib/tables/configs";

export function Monitor({ config }: { config: ConfigDetails }) {
  return (
    <div className="grid gap-4 xl:grid-cols-[1fr_22rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <LiveChart config={config} />
        <Signals configId={config.id} />
        <Logs configId={config.id} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <ProcessCard config={config} />
        <MetricsHistory configId={config.id} />
        <Card title="Recent commands">
          <RecentCommands commands={config.commands} />
        </Card>
      </div>
    </div>
  );
}
