/** Whatever order prices come in, the newest of each instrument stays; a ticker keeps its order. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { inOrder, withNewer } from "../lib/live/quotes.ts";

function quote(key: string, symbol: string, price: string, second: number) {
  const updated_at = `2026-11-20T04:30:${String(second).padStart(2, "0")}.123456+00:00`;
  return { instrument_key: key, symbol, price, previous_close: null, updated_at };
}

const FUTURE = "NSE_FNO:1";

test("a newer price replaces an older one, an older one does not come back", () => {
  const first = withNewer(new Map(), [quote(FUTURE, "NIFTY-FUT", "1.00", 5)]);
  const later = withNewer(first, [quote(FUTURE, "NIFTY-FUT", "2.00", 6)]);
  const late = withNewer(later, [quote(FUTURE, "NIFTY-FUT", "1.50", 5)]);
  assert.deepEqual([...late.values()].map((each) => each.price), ["2.00"]);
  assert.deepEqual([...first.values()].map((each) => each.price), ["1.00"]);
});

test("what is not told of keeps its price", () => {
  const known = withNewer(new Map(), [quote(FUTURE, "NIFTY-FUT", "1.00", 5)]);
  assert.equal(withNewer(known, [quote("IDX_I:13", "NIFTY", "3.00", 6)]).size, 2);
});

test("indices come first, options last, each by name", () => {
  const quotes = [
    quote("NSE_FNO:3", "NIFTY-24Nov2026-25000-CE", "1", 1),
    quote("NSE_EQ:2885", "RELIANCE", "1", 1),
    quote("NSE_FNO:1", "BANKNIFTY-FUT", "1", 1),
    quote("IDX_I:13", "NIFTY", "1", 1),
  ];
  assert.deepEqual(
    quotes.sort(inOrder).map((each) => each.symbol),
    ["NIFTY", "BANKNIFTY-FUT", "RELIANCE", "NIFTY-24Nov2026-25000-CE"],
  );
});
