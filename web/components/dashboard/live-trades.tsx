"use client";

/** The newest trades, sliding in as they are made. */
import { ArrowDownRight, ArrowUpRight, Receipt } from "lucide-react";
import Link from "next/link";

import { AnimatedList } from "@/components/magicui/animated-list";
import { inWords } from "@/components/trades/columns";
import { Profit } from "@/components/ui/amount";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { cn } from "@/lib/class-names";
import { useTrades } from "@/lib/live/use-trades";
import { count, price } from "@/lib/money";
import type { Trade } from "@/lib/tables/trades";
import { clock } from "@/lib/time";

const NEWEST = 50;
const SHOWN = 7;

export function LiveTrades() {
  const trades = useTrades({}, NEWEST);
  return (
    <Card
      title="Live trades"
      action={
        <Link href="/trades/" className="text-accent text-xs font-medium hover:underline">
          All trades
        </Link>
      }
    >
      <Shown query={trades} lines={5}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={Receipt} title="No trades yet">
              Switch a strategy on: its trades appear here the moment they are made.
            </Empty>
          ) : (
            <AnimatedList aria-label="Newest trades">
              {rows.slice(0, SHOWN).map((trade) => (
                <TradeLine key={trade.id} trade={trade} />
              ))}
            </AnimatedList>
          )
        }
      </Shown>
    </Card>
  );
}

function TradeLine({ trade }: { trade: Trade }) {
  const isLong = trade.trade_type === "LONG";
  const Icon = isLong ? ArrowUpRight : ArrowDownRight;
  return (
    <div className="bg-raised/50 flex gap-2.5 rounded-lg border px-3 py-2 text-sm">
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", isLong ? "text-gain" : "text-loss")} />
      <div className="min-w-0 flex-1">
        <div className="flex min-h-5.5 flex-wrap items-center justify-between gap-x-2">
          <p className="min-w-0 text-[0.8125rem] font-medium break-words">
            {trade.symbol} <span className="text-muted font-normal">× {count(trade.quantity)}</span>
          </p>
          <span className="ml-auto flex items-center gap-1.5">
            {trade.trade_mode === "LIVE" && <Badge tone="live">LIVE</Badge>}
            {trade.status === "OPEN" ? (
              <Badge tone="accent" hasDot>
                Open
              </Badge>
            ) : (
              <Profit amount={trade.pnl} className="font-medium" />
            )}
          </span>
        </div>
        <p className="text-muted tabular text-xs">
          <span className="sr-only">{isLong ? "Long, " : "Short, "}</span>
          {clock(trade.entry_time)} at {price(trade.entry_price)}
          {trade.exit_time !== null &&
            ` → ${price(trade.exit_price)}, ${inWords(trade.exit_reason ?? "").toLowerCase()}`}
        </p>
      </div>
    </div>
  );
}
