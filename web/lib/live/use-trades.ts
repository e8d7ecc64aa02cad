"use client";

/** The user's newest trades, following each event; a filter by status is applied last. */
import type { Query } from "@/lib/live/use-query";
import { useRows } from "@/lib/live/use-rows";
import { newerFirst, readTrades, type Trade, type TradeFilter, tradeOf } from "@/lib/tables/trades";

export function useTrades(filter: TradeFilter, limit = 1000): Query<readonly Trade[]> {
  const { status, ...lasting } = filter;
  const query = useRows<Trade>(`trades ${JSON.stringify(filter)} ${limit}`, {
    entity: "trades",
    read: () => readTrades(filter, limit),
    rowOf: (event) => tradeOf(event, lasting),
    idOf: (trade) => trade.id,
    versionOf: (trade) => trade.version,
    compare: newerFirst,
  });
  // A trade that was read as open and closed since must leave a list of open ones.
  const data = query.data
    ?.filter((trade) => status === undefined || trade.status === status)
    .slice(0, limit);
  return { ...query, data: data ?? null };
}
