"use client";

/** Today's profit as the trades closed, or the last ninety days. */
import { useState } from "react";

import { PnlCurve } from "@/components/charts/lazy";
import type { PnlPoint } from "@/components/charts/pnl-curve";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { type Query, useQuery } from "@/lib/live/use-query";
import { fromPaise, toPaise } from "@/lib/money";
import { readPnlByDay, readPnlOfToday } from "@/lib/tables/pnl";
import { LineChart } from "lucide-react";

type Span = "today" | "90 days";

export function PnlToday({ strategyId = null }: { strategyId?: string | null }) {
  const [span, setSpan] = useState<Span>("today");
  const points: Query<readonly PnlPoint[]> = useQuery(
    `pnl ${span} ${strategyId}`,
    span === "today" ? () => pointsOfToday(strategyId) : () => pointsByDay(strategyId),
    ["trades"],
  );
  return (
    <Card
      title="P&L after charges"
      action={
        <div role="group" aria-label="Span" className="flex gap-1">
          {(["today", "90 days"] as const).map((each) => (
            <Button
              key={each}
              size="small"
              look={each === span ? "quiet" : "plain"}
              aria-pressed={each === span}
              onClick={() => setSpan(each)}
            >
              {each}
            </Button>
          ))}
        </div>
      }
    >
      <Shown query={points} lines={5}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={LineChart} title="Nothing closed yet">
              The curve begins with the first trade that is closed.
            </Empty>
          ) : (
            <PnlCurve points={rows} label={`Net P&L, ${span}`} />
          )
        }
      </Shown>
    </Card>
  );
}

async function pointsOfToday(strategyId: string | null): Promise<readonly PnlPoint[]> {
  const trades = await readPnlOfToday(strategyId);
  return trades.map((trade) => ({
    time: trade.exit_time,
    total: added(trade.virtual_total, trade.live_total),
  }));
}

async function pointsByDay(strategyId: string | null): Promise<readonly PnlPoint[]> {
  const days = await readPnlByDay(strategyId);
  return days.map((day) => ({
    time: `${day.date}T00:00:00+05:30`,
    total: added(day.virtual_total, day.live_total),
  }));
}

function added(one: string, other: string): string {
  return fromPaise((toPaise(one) ?? 0n) + (toPaise(other) ?? 0n));
}
