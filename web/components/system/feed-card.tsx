"use client";

/** Market data in figures: how much comes, what was missing, what became of it. */
import { RadioTower } from "lucide-react";

import { inWords } from "@/components/trades/columns";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useInterval } from "@/lib/live/use-interval";
import { useQuery } from "@/lib/live/use-query";
import { count } from "@/lib/money";
import { type FeedFigures, readFeedFigures } from "@/lib/tables/feed";
import { age } from "@/lib/time";

const LOOK_MS = 5_000;
const LATE_SECONDS = 15;

export function FeedCard() {
  const figures = useQuery("feed figures", readFeedFigures);
  useInterval(LOOK_MS, figures.reload);
  return (
    <Card title="Market data">
      <Shown query={figures}>
        {(workers) =>
          workers.length === 0 ? (
            <Empty icon={RadioTower} title="No worker has run today" />
          ) : (
            workers.map((worker) => <Worker key={worker.shard} worker={worker} />)
          )
        }
      </Shown>
    </Card>
  );
}

function Worker({ worker }: { worker: FeedFigures }) {
  const isLate = worker.beat_age_seconds > LATE_SECONDS;
  const gaps = Object.entries(worker.gaps);
  return (
    <section aria-label={`Worker of shard ${worker.shard}`} className="flex flex-col gap-3 text-sm">
      <p className="flex items-center gap-2">
        <span className="font-medium">Shard {worker.shard}</span>
        <Badge tone={isLate ? "loss" : "gain"} hasDot>
          {isLate ? `silent for ${age(worker.beat_age_seconds)}` : "reports"}
        </Badge>
      </p>
      <Group
        name="Coming in"
        figures={[
          ["Ticks per second", worker.ticks_per_second],
          ["Ticks", worker.ticks],
          ["Dropped", worker.dropped],
          ["Malformed", worker.malformed],
          ["Waiting to be stored", worker.waiting],
        ]}
      />
      {gaps.length === 0 ? (
        <p className="text-muted text-xs">No gaps.</p>
      ) : (
        <Group name="Gaps" figures={worded(gaps)} />
      )}
      <Group name="Feed" figures={worded(Object.entries(worker.feed))} />
    </section>
  );
}

function Group({ name, figures }: { name: string; figures: readonly (readonly [string, number | null])[] }) {
  if (figures.length === 0) return null;
  return (
    <div>
      <h3 className="text-muted mb-1 text-xs font-medium">{name}</h3>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-1 sm:grid-cols-3">
        {figures.map(([figure, value]) => (
          <div key={figure} className="flex justify-between gap-2">
            <dt>{figure}</dt>
            <dd className="tabular font-medium">{value === null ? "–" : count(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Counters as they come, by their names in words; what is no number is left out. */
function worded(figures: readonly (readonly [string, unknown])[]): [string, number][] {
  return figures.flatMap(([name, value]) =>
    typeof value === "number" ? [[inWords(name), value] as [string, number]] : [],
  );
}
