"use client";

/** Results by day, virtual and live apart: equity, drawdown, ratios. */
import { LineChart } from "lucide-react";

import type { EquityOfDay } from "@/components/charts/equity-chart";
import { EquityChart } from "@/components/charts/lazy";
import { PnlToday } from "@/components/dashboard/pnl-today";
import { Profit } from "@/components/ui/amount";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty, Shown } from "@/components/ui/states";
import { useWish } from "@/components/strategies/use-wish";
import { callApi } from "@/lib/api";
import { useQuery } from "@/lib/live/use-query";
import { rupees } from "@/lib/money";
import { useSettings } from "@/lib/session";
import type { ConfigDetails } from "@/lib/tables/configs";
import { type PerformanceOfDay, readPerformance } from "@/lib/tables/performance";
import { longDay } from "@/lib/time";

const DAYS = 250;
const LEAST_DAYS_DRAWN = 2;
const COLUMNS: readonly Column<PerformanceOfDay>[] = [
  {
    id: "date",
    head: "Day",
    cell: (row) => longDay(`${row.date}T00:00:00+05:30`),
    compare: (one, other) => one.date.localeCompare(other.date),
    isTitle: true,
  },
  { id: "virtual", head: "Virtual P&L", cell: (row) => <Profit amount={row.virtual_pnl} />, isNumber: true },
  { id: "virtual_trades", head: "Trades", cell: (row) => row.virtual_trades, isNumber: true },
  { id: "virtual_equity", head: "Virtual equity", cell: (row) => rupees(row.virtual_equity), isNumber: true },
  { id: "live", head: "Live P&L", cell: (row) => <Profit amount={row.live_pnl} />, isNumber: true },
  { id: "live_trades", head: "Trades", cell: (row) => row.live_trades, isNumber: true },
  { id: "live_equity", head: "Live equity", cell: (row) => rupees(row.live_equity), isNumber: true },
  { id: "drawdown", head: "Max drawdown", cell: (row) => percent(row.max_drawdown), isNumber: true },
];

export function Performance({ config }: { config: ConfigDetails }) {
  const settings = useSettings();
  const days = useQuery(
    `performance ${config.strategy_id}`,
    () => readPerformance(config.strategy_id, DAYS),
    ["trades"],
  );
  const [isBusy, carryOut] = useWish();
  const analyse = () =>
    carryOut(async () => {
      const path = `/analysis/run-daily/${config.strategy_id}`;
      await callApi(settings, { method: "POST", path });
      days.reload();
    }, "Analysed up to today.");
  return (
    <div className="flex flex-col gap-4">
      <PnlToday strategyId={config.strategy_id} />
      <Card
        title="By day"
        action={
          <Button size="small" isBusy={isBusy} onClick={() => void analyse()}>
            Analyse now
          </Button>
        }
      >
        <Shown query={days}>
          {(rows) => {
            const [newest] = rows;
            return newest === undefined ? (
              <Empty icon={LineChart} title="Not analysed yet">
                Every day is analysed after the close; press Analyse now to do it at once.
              </Empty>
            ) : (
              <>
                <Ratios row={newest} />
                {rows.length >= LEAST_DAYS_DRAWN && <EquityChart days={equityOf(rows)} />}
                <DataTable rows={rows} columns={COLUMNS} idOf={(row) => row.date} caption="Performance by day" />
              </>
            );
          }}
        </Shown>
      </Card>
    </div>
  );
}

function Ratios({ row }: { row: PerformanceOfDay }) {
  const facts: readonly [string, string][] = [
    ["Win rate", row.win_rate === null ? "–" : percent(row.win_rate)],
    ["Sharpe ratio", number(row.sharpe_ratio)],
    ["Profit factor", number(row.profit_factor)],
    ["Expectancy per trade", rupees(row.expectancy, { signed: true })],
    ["Max drawdown", percent(row.max_drawdown)],
  ];
  return (
    <div className="mb-4">
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-5">
        {facts.map(([name, value]) => (
          <div key={name} className="bg-raised/60 rounded-lg border p-3">
            <dt className="text-muted text-xs">{name}</dt>
            <dd className="tabular mt-0.5 font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-muted mt-3 text-xs">
        Ratios are of the <Badge>{row.measured === "LIVE" ? "live" : "virtual"}</Badge> record.
      </p>
    </div>
  );
}

/** Oldest first, as charts take them. */
function equityOf(rows: readonly PerformanceOfDay[]): readonly EquityOfDay[] {
  return rows
    .map((row) => ({ date: row.date, virtual: row.virtual_equity, live: row.live_equity }))
    .toReversed();
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1).replace("-", "−")} %`;
}

function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
