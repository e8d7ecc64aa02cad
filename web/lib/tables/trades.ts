/** `trades`: what was bought and sold, newest first; money and prices are text. */
import type { UserEvent } from "@/lib/live/user-events";
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

const COLUMNS =
  "id,strategy_id,strategy_config_id,portfolio_id,trade_mode,symbol,instrument_key,trade_type,side,quantity,open_quantity,status,entry_time,entry_price::text,stop_loss::text,target_price::text,entry_delta::text,stop_premium::text,target_premium::text,exit_time,exit_price::text,exit_reason,gross_pnl::text,charges::text,pnl::text,version";

export interface Trade {
  readonly id: string;
  readonly strategy_id: string;
  readonly strategy_config_id: string;
  readonly portfolio_id: string | null;
  readonly trade_mode: "VIRTUAL" | "LIVE";
  readonly symbol: string;
  readonly instrument_key: string;
  readonly trade_type: "LONG" | "SHORT";
  readonly side: "BUY" | "SELL";
  readonly quantity: number;
  readonly open_quantity: number;
  readonly status: "OPEN" | "CLOSED";
  readonly entry_time: string;
  readonly entry_price: string;
  readonly stop_loss: string | null;
  readonly target_price: string | null;
  /** Of an option: change of its premium with its underlying, at entry. */
  readonly entry_delta: string | null;
  /** Of an option: what its premium would be at the stop, by estimate. */
  readonly stop_premium: string | null;
  readonly target_premium: string | null;
  readonly exit_time: string | null;
  readonly exit_price: string | null;
  readonly exit_reason: string | null;
  readonly gross_pnl: string | null;
  readonly charges: string;
  readonly pnl: string | null;
  readonly version: number;
}

export interface TradeFilter {
  readonly mode?: "VIRTUAL" | "LIVE" | undefined;
  readonly status?: "OPEN" | "CLOSED" | undefined;
  readonly strategyId?: string | undefined;
  readonly configId?: string | undefined;
}

/** The newest trades that pass a filter, at most `limit` (PostgREST cuts at 1,000). */
export async function readTrades(
  filter: TradeFilter,
  limit: number,
  before?: Trade,
): Promise<readonly Trade[]> {
  let query = supabase().from("trades").select(COLUMNS);
  if (filter.mode !== undefined) query = query.eq("trade_mode", filter.mode);
  if (filter.status !== undefined) query = query.eq("status", filter.status);
  if (filter.strategyId !== undefined) query = query.eq("strategy_id", filter.strategyId);
  if (filter.configId !== undefined) query = query.eq("strategy_config_id", filter.configId);
  if (before !== undefined) {
    const { entry_time: time, id } = before;
    query = query.or(`entry_time.lt."${time}",and(entry_time.eq."${time}",id.lt.${id})`);
  }
  return rowsOf(
    await query
      .order("entry_time", { ascending: false })
      .order("id", { ascending: false })
      .limit(limit),
  );
}

/** The trade an event carries; null when it does not pass the filter. */
export function tradeOf(event: UserEvent, filter: TradeFilter): Trade | null {
  const trade = event.row as unknown as Trade;
  return passes(trade, filter) ? trade : null;
}

/** Newest first, as the query orders them. */
export function newerFirst(one: Trade, other: Trade): number {
  const later = Date.parse(other.entry_time) - Date.parse(one.entry_time);
  return later !== 0 ? later : one.id < other.id ? 1 : -1;
}

function passes(trade: Trade, filter: TradeFilter): boolean {
  return (
    (filter.mode === undefined || trade.trade_mode === filter.mode) &&
    (filter.strategyId === undefined || trade.strategy_id === filter.strategyId) &&
    (filter.configId === undefined || trade.strategy_config_id === filter.configId)
  );
}
