"use client";

/** The last prices of what is being watched, side by side, as they change. */
import { useQuotes } from "@/lib/live/use-quotes";
import { cn } from "@/lib/class-names";
import { fromPaise, price, rupees, signOf, toPaise } from "@/lib/money";
import type { LastPrice } from "@/lib/tables/last-prices";

const MOST = 12;

export function MarketTicker() {
  const prices = useQuotes().slice(0, MOST);
  if (prices.length === 0) return null;
  return (
    <ul
      aria-label="Market prices"
      tabIndex={0} // Scrolled with the keyboard, too.
      className="bg-surface flex gap-6 overflow-x-auto rounded-card border px-4 py-2.5 text-sm [scrollbar-width:none]"
    >
      {prices.map((each) => (
        <Quote key={each.instrument_key} quote={each} />
      ))}
    </ul>
  );
}

function Quote({ quote }: { quote: LastPrice }) {
  const change = changeOf(quote);
  return (
    <li className="flex shrink-0 items-baseline gap-2">
      <span className="text-muted text-xs font-medium">{quote.symbol}</span>
      <span className="tabular font-semibold">{price(quote.price)}</span>
      {change !== null && (
        <span className={cn("tabular text-xs", signOf(change) < 0 ? "text-loss" : "text-gain")}>
          {rupees(change, { signed: true }).replace("₹", "")}
        </span>
      )}
    </li>
  );
}

function changeOf(quote: LastPrice): string | null {
  const before = quote.previous_close === null ? null : toPaise(quote.previous_close);
  const now = toPaise(quote.price);
  return before === null || now === null ? null : fromPaise(now - before);
}
