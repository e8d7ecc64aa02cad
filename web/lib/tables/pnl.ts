/** `pnl_by_trade` and `pnl_by_day`: profit after charges as it added up; money is text. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface PnlOfTrade {
  readonly trade_id: string;
  readonly exit_time: string;
  readonly trade_mode: "VIRTUAL" | "LIVE";
  readonly symbol: string;
  readonly pnl: string;
  readonly virtual_total: string;
  readonly live_total: string;
}

export interface PnlOfDay {
  readonly date: string;
  readonly virtual_pnl: string;
  readonly live_pnl: string;
  readonly virtual_trades: number;
  readonly live_trades: number;
  readonly virtual_total: string;
  readonly live_total: string;
}

/** The closed trades of today, oldest first, with the totals after each. */
export async function readPnlOfToday(strategyId: string | null): Promise<readonly PnlOfTrade[]> {
  const wanted = strategyId === null ? {} : { p_strategy_id: strategyId };
  // The database cuts at 1,000 rows, so it sends the newest first.
  return rowsOf(await supabase().rpc("pnl_by_trade", wanted)).toReversed();
}

/** The last 90 days, oldest first. */
export async function readPnlByDay(strategyId: string | null): Promise<readonly PnlOfDay[]> {
  const wanted = strategyId === null ? {} : { p_strategy_id: strategyId };
  const days = rowsOf(await supabase().rpc("pnl_by_day", wanted));
  return days.toSorted((one, other) => one.date.localeCompare(other.date));
}
