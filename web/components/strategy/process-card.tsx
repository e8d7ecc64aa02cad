"use client";

/** The process of a deployment: is it alive, what does it use, when did it last do something. */
import { Card } from "@/components/ui/card";
import { Shown } from "@/components/ui/states";
import { useInterval } from "@/lib/live/use-interval";
import { useQuery } from "@/lib/live/use-query";
import { count } from "@/lib/money";
import { type ConfigDetails, readLiveStatus } from "@/lib/tables/configs";
import { readSignals } from "@/lib/tables/signals";
import { age, moment } from "@/lib/time";

const LOOK_MS = 5_000;
const MIB = 1024 * 1024;

export function ProcessCard({ config }: { config: ConfigDetails }) {
  const status = useQuery(
    `live status ${config.id}`,
    async () => ({
      now: await readLiveStatus(config.id),
      lastSignal: (await readSignals(config.id, 1))[0] ?? null,
    }),
    ["strategy_configs", "trades"],
  );
  useInterval(LOOK_MS, status.reload);
  return (
    <Card title="Live status">
      <Shown query={status}>
        {({ now, lastSignal }) => (
          <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm">
            <Fact name="Sign of life">
              {now.heartbeat_age_seconds === null ? "–" : `${age(now.heartbeat_age_seconds)} ago`}
            </Fact>
            <Fact name="Feed">{now.feed_age_seconds === null ? "–" : `${age(now.feed_age_seconds)} old`}</Fact>
            <Fact name="CPU">{now.cpu_percent === null ? "–" : `${now.cpu_percent.toFixed(1)} %`}</Fact>
            <Fact name="Memory">
              {now.memory_bytes === null ? "–" : `${count(Math.round(now.memory_bytes / MIB))} MiB`}
            </Fact>
            <Fact name="Process">{now.pid ?? "–"}</Fact>
            <Fact name="Open trades">{count(now.open_trades)}</Fact>
            <Fact name="Running since">{moment(now.started_at)}</Fact>
            <Fact name="Last run">{moment(now.metrics[0]?.timestamp)}</Fact>
            <Fact name="Last signal">{moment(lastSignal?.generated_at)}</Fact>
          </dl>
        )}
      </Shown>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="tabular font-medium">{children}</dd>
    </div>
  );
}
