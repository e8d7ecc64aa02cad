/** `strategy_logs`: what a strategy and its process said, newest first. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export type LogLevel = "debug" | "info" | "signal" | "trade" | "warning" | "error";

export interface StrategyLog {
  readonly id: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly logged_at: string;
}

export async function readLogs(configId: string, limit: number): Promise<readonly StrategyLog[]> {
  return rowsOf(
    await supabase()
      .from("strategy_logs")
      .select("id,level,message,logged_at")
      .eq("strategy_config_id", configId)
      .order("logged_at", { ascending: false })
      .limit(limit),
  );
}
