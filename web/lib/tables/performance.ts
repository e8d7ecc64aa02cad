/** `strategy_performance`: one row per strategy and day, virtual and live apart. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface PerformanceOfDay {
  readonly date: string;
  readonly virtual_pnl: string;
  readonly live_pnl: string;
  readonly virtual_trades: number;
  readonly live_trades: number;
  readonly virtual_equity: string;
  readonly live_equity: string | null;
  readonly measured: "VIRTUAL" | "LIVE";
  readonly win_rate: number | null;
  readonly max_drawdown: number;
  readonly sharpe_ratio: number | null;
  readonly profit_factor: number | null;
  readonly expectancy: string | null;
}

/** The last days of a strategy, newest first. */
export async function readPerformance(
  strategyId: string,
  days: number,
): Promise<readonly PerformanceOfDay[]> {
  return rowsOf(
    await supabase()
      .from("strategy_performance")
      .select(
        "date,virtual_pnl::text,live_pnl::text,virtual_trades,live_trades,virtual_equity::text,live_equity::text,measured,win_rate,max_drawdown,sharpe_ratio,profit_factor,expectancy::text",
      )
      .eq("strategy_id", strategyId)
      .order("date", { ascending: false })
      .limit(days),
  );
}
