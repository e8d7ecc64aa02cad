/** The columns of a list of trades. */
import { Badge } from "@/components/ui/badge";
import { Profit } from "@/components/ui/amount";
import type { Column } from "@/components/ui/data-table";
import { comparePaise, count, price, rupees } from "@/lib/money";
import type { Trade } from "@/lib/tables/trades";
import { moment } from "@/lib/time";

export const TRADE_COLUMNS: readonly Column<Trade>[] = [
  {
    id: "symbol",
    head: "Symbol",
    cell: (trade) => <span className="font-medium">{trade.symbol}</span>,
    compare: (one, other) => one.symbol.localeCompare(other.symbol),
    isTitle: true,
  },
  {
    id: "direction",
    head: "Direction",
    cell: (trade) => (
      <span className="flex items-center gap-1.5">
        <Badge tone={trade.trade_type === "LONG" ? "gain" : "loss"}>{trade.trade_type}</Badge>
        {trade.trade_mode === "LIVE" ? (
          <Badge tone="live" hasDot>
            Live
          </Badge>
        ) : (
          <Badge>Simulated</Badge>
        )}
      </span>
    ),
    compare: (one, other) => one.trade_type.localeCompare(other.trade_type),
    isTitle: true,
  },
  {
    id: "quantity",
    head: "Quantity",
    cell: (trade) => count(trade.quantity),
    compare: (one, other) => one.quantity - other.quantity,
    isNumber: true,
  },
  {
    id: "entry",
    head: "Entry (IST)",
    cell: (trade) => moment(trade.entry_time),
    compare: (one, other) => Date.parse(one.entry_time) - Date.parse(other.entry_time),
  },
  {
    id: "entry_price",
    head: "Entry price",
    cell: (trade) => price(trade.entry_price),
    compare: (one, other) => Number(one.entry_price) - Number(other.entry_price),
    isNumber: true,
  },
  {
    id: "exit",
    head: "Exit (IST)",
    cell: (trade) => (trade.exit_time === null ? <Badge tone="accent">Open</Badge> : moment(trade.exit_time)),
    compare: (one, other) => compareKnown(timeOf(one.exit_time), timeOf(other.exit_time)),
  },
  {
    id: "exit_price",
    head: "Exit price",
    cell: (trade) => price(trade.exit_price),
    compare: (one, other) => compareKnown(numberOf(one.exit_price), numberOf(other.exit_price)),
    isNumber: true,
  },
  {
    id: "reason",
    head: "Why closed",
    cell: (trade) => (trade.exit_reason === null ? "–" : inWords(trade.exit_reason)),
    compare: (one, other) => (one.exit_reason ?? "").localeCompare(other.exit_reason ?? ""),
  },
  {
    id: "pnl",
    head: "Net P&L",
    cell: (trade) => <Profit amount={trade.pnl} className="font-medium" />,
    compare: (one, other) => comparePaise(one.pnl, other.pnl),
    isNumber: true,
  },
  {
    id: "charges",
    head: "Charges",
    cell: (trade) => rupees(trade.charges),
    compare: (one, other) => comparePaise(one.charges, other.charges),
    isNumber: true,
  },
  {
    id: "levels",
    head: "Stop / target",
    cell: (trade) => <Levels trade={trade} />,
    isNumber: true,
  },
];

/** Levels of the signal's instrument; of an option with its premium there, by estimate. */
function Levels({ trade }: { trade: Trade }) {
  return (
    <span className="flex flex-col sm:items-end">
      <span>
        {price(trade.stop_loss)} / {price(trade.target_price)}
      </span>
      {trade.stop_premium !== null && (
        <span className="text-muted text-xs" title="Premium of the option there, by estimate">
          ≈ {price(trade.stop_premium)} / {price(trade.target_premium)}
          {trade.entry_delta !== null && `, delta ${Number(trade.entry_delta).toFixed(2)}`}
        </span>
      )}
    </span>
  );
}

/** "STOP_LOSS" as "Stop loss". */
export function inWords(name: string): string {
  const words = name.toLowerCase().replaceAll("_", " ");
  return words === "eod" ? "End of day" : words.charAt(0).toUpperCase() + words.slice(1);
}

function timeOf(at: string | null): number | null {
  return at === null ? null : Date.parse(at);
}

/** A price as a number, for the order only. */
function numberOf(price: string | null): number | null {
  return price === null ? null : Number(price);
}

/** What is not known yet comes last. */
function compareKnown(one: number | null, other: number | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return one - other;
}
