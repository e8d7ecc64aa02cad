"use client";

/** Last prices: read once a second while the page is visible. */
import { readLastPrices, type LastPrice } from "@/lib/tables/last-prices";

import { useInterval } from "./use-interval";
import { useQuery } from "./use-query";

const LOOK_MS = 1_000;
const MOST = 12;

/** The prices of what traded last, by symbol. */
export function useLastPrices(): readonly LastPrice[] {
  const prices = useQuery("last prices", () => readLastPrices(MOST));
  useInterval(LOOK_MS, prices.reload);
  return [...(prices.data ?? [])].sort((one, other) => one.symbol.localeCompare(other.symbol));
}
