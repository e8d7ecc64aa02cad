"use client";

/** Every deployment: its state, what it made, what was commanded, and what may be. */
import { CandlestickChart, Plus } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense, useState } from "react";

import { NewStrategy } from "@/components/strategies/new-strategy";
import { StrategyRow } from "@/components/strategies/strategy-row";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import { type ConfigStatus, type ListedConfig, readConfigs } from "@/lib/tables/configs";

const PAGE = 20;
const CHANGES = ["strategy_configs", "strategy_commands", "trades"];
const FILTERS: readonly { status: ConfigStatus | null; name: string }[] = [
  { status: null, name: "All" },
  { status: "ACTIVE", name: "Running" },
  { status: "PAUSED", name: "Paused" },
  { status: "STOPPED", name: "Stopped" },
  { status: "ERROR", name: "Error" },
];

export default function StrategiesPage() {
  return (
    <Suspense>
      <Strategies />
    </Suspense>
  );
}

function Strategies() {
  const router = useRouter();
  const isNew = useSearchParams().get("new") !== null;
  const [status, setStatus] = useState<ConfigStatus | null>(null);
  const [pages, setPages] = useState(1);
  const configs = useQuery(`configs ${status} ${pages}`, () => readPages(status, pages), CHANGES);

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div role="group" aria-label="Filter by state" className="flex flex-wrap gap-1">
          {FILTERS.map((filter) => (
            <Button
              key={filter.name}
              size="small"
              look={filter.status === status ? "quiet" : "plain"}
              aria-pressed={filter.status === status}
              onClick={() => {
                setStatus(filter.status);
                setPages(1);
              }}
            >
              {filter.name}
            </Button>
          ))}
        </div>
        <Button look="primary" size="small" onClick={() => router.push("/strategies/?new=type")}>
          <Plus aria-hidden className="size-3.5" />
          New strategy
        </Button>
      </div>
      <Shown query={configs} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Card>
              <Empty icon={CandlestickChart} title={status === null ? "No strategy yet" : "None in this state"} />
            </Card>
          ) : (
            <>
              <ul className="flex flex-col gap-3">
                {rows.map((config) => (
                  <StrategyRow key={config.id} config={config} />
                ))}
              </ul>
              {rows.length === pages * PAGE && (
                <Button className="self-center" onClick={() => setPages(pages + 1)}>
                  Show more
                </Button>
              )}
            </>
          )
        }
      </Shown>
      <NewStrategy
        isOpen={isNew}
        onClose={() => router.replace("/strategies/")}
        onCreated={() => {
          router.replace("/strategies/");
          configs.reload();
        }}
      />
    </div>
  );
}

async function readPages(status: ConfigStatus | null, pages: number): Promise<readonly ListedConfig[]> {
  const rows: ListedConfig[] = [];
  for (let page = 0; page < pages; page += 1) {
    const more = await readConfigs(status, PAGE, rows.at(-1)?.id ?? null);
    rows.push(...more);
    if (more.length < PAGE) break;
  }
  return rows;
}
