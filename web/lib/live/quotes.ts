/** The newest price of each instrument, of whatever was read and told, in whatever order it came. */
import type { LastPrice } from "@/lib/tables/last-prices";

export type Quotes = ReadonlyMap<string, LastPrice>;

const OPTION = /-(?:CE|PE)$/;

/** The quotes with those of `told` that are not older than what is known. */
export function withNewer(known: Quotes, told: Iterable<LastPrice>): Quotes {
  const newest = new Map(known);
  for (const quote of told) {
    const before = newest.get(quote.instrument_key);
    if (before === undefined || Date.parse(quote.updated_at) >= Date.parse(before.updated_at)) {
      newest.set(quote.instrument_key, quote);
    }
  }
  return newest;
}

/** In the order of a ticker: indices, then futures and stocks, then options, each by name. */
export function inOrder(one: LastPrice, other: LastPrice): number {
  return rankOf(one) - rankOf(other) || one.symbol.localeCompare(other.symbol);
}

function rankOf(quote: LastPrice): number {
  if (quote.instrument_key.startsWith("IDX_I:")) return 0;
  return OPTION.test(quote.symbol) ? 2 : 1;
}
