/** The columns of a list of trades. */
import { Badge } from "@/components/ui/badge";
import { Profit } from "@/components/ui/amount";
import type { Column } from "@/components/ui/data-table";
import { count, price, rupees, toPaise } from "@/lib/money";
import type { Trade } from "@/lib/tables/trades";
import { moment } from "@/lib/time";

export const TRADE_COLUMNS: readonly Column<Trade>[] = [
  {
    id: "symbol",
    head: "Symbol",
    cell: (trade) => <span className="font-medium">{trade.symbol}</span>,
    compare: (one, other) => one.symbol.localeCompare(other.symbol),
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
    head: "Bought/sold at",
    cell: (trade) => price(trade.entry_price),
    isNumber: true,
  },
  {
    id: "exit",
    head: "Exit (IST)",
    cell: (trade) => (trade.exit_time === null ? <Badge tone="accent">Open</Badge> : moment(trade.exit_time)),
    compare: (one, other) => endOf(one) - endOf(other),
  },
  { id: "exit_price", head: "Closed at", cell: (trade) => price(trade.exit_price), isNumber: true },
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
  { id: "charges", head: "Charges", cell: (trade) => rupees(trade.charges), isNumber: true },
];

/** "STOP_LOSS" as "Stop loss". */
export function inWords(name: string): string {
  const words = name.toLowerCase().replaceAll("_", " ");
  return words === "eod" ? "End of day" : words.charAt(0).toUpperCase() + words.slice(1);
}

function endOf(trade: Trade): number {
  return trade.exit_time === null ? Number.POSITIVE_INFINITY : Date.parse(trade.exit_time);
}

function comparePaise(one: string | null, other: string | null): number {
  const first = one === null ? null : toPaise(one);
  const second = other === null ? null : toPaise(other);
  if (first === null || second === null) return Number(first !== null) - Number(second !== null);
  return first < second ? -1 : first > second ? 1 : 0;
}
