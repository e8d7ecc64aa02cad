"use client";

/** Metrics of the last hours: the profit as a curve, the figures of the last minute. */
import { Gauge } from "lucide-react";
import { useState } from "react";

import { PnlCurve } from "@/components/charts/lazy";
import { Profit } from "@/components/ui/amount";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useTableChanges } from "@/lib/live/live-provider";
import { useQuery } from "@/lib/live/use-query";
import { readMetrics } from "@/lib/tables/configs";

const SPANS = [1, 6, 24, 168] as const;

export function MetricsHistory({ configId }: { configId: string }) {
  const [hours, setHours] = useState<number>(6);
  const metrics = useQuery(`metrics ${configId} ${hours}`, () => readMetrics(configId, hours));
  useTableChanges("strategy_metrics", `strategy_config_id=eq.${configId}`, metrics.reload);
  return (
    <Card
      title="Metrics"
      action={
        <label className="text-muted flex items-center gap-2 text-xs">
          Last
          <select
            value={hours}
            onChange={(event) => setHours(Number(event.target.value))}
            className="bg-surface rounded-md border px-2 py-1"
          >
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {span === 168 ? "7 days" : `${span} h`}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <Shown query={metrics}>
        {(rows) => {
          const last = rows.at(-1);
          return last === undefined ? (
            <Empty icon={Gauge} title="No metrics yet" />
          ) : (
            <>
              <PnlCurve
                points={rows.map((row) => ({ time: row.timestamp, total: row.pnl }))}
                label="P&L of the deployment"
              />
              <dl className="mt-3 grid grid-cols-2 gap-2 text-sm">
                <div>
                  <dt className="text-muted text-xs">P&L</dt>
                  <dd>
                    <Profit amount={last.pnl} />
                  </dd>
                </div>
                <div>
                  <dt className="text-muted text-xs">Won</dt>
                  <dd className="tabular">{last.success_rate === null ? "–" : `${last.success_rate} %`}</dd>
                </div>
                <div>
                  <dt className="text-muted text-xs">Positions</dt>
                  <dd className="tabular">{last.positions_count}</dd>
                </div>
                <div>
                  <dt className="text-muted text-xs">Orders</dt>
                  <dd className="tabular">{last.orders_count}</dd>
                </div>
              </dl>
            </>
          );
        }}
      </Shown>
    </Card>
  );
}
