/** `trading_signals`: what strategies wanted, and why it was done or refused. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface TradingSignal {
  readonly id: string;
  readonly strategy_config_id: string;
  readonly symbol: string;
  readonly signal_type: "LONG" | "SHORT" | "EXIT";
  readonly signal_strength: number | null;
  readonly price: string;
  readonly stop_loss: string | null;
  readonly target_price: string | null;
  readonly reason: string;
  readonly indicators: Readonly<Record<string, unknown>> | null;
  readonly candle_time: string;
  readonly generated_at: string;
  readonly executed: boolean;
  readonly refused_by: string | null;
  readonly refusal_reason: string | null;
}

/** The newest signals, of one config or of all. */
export async function readSignals(
  configId: string | null,
  limit: number,
): Promise<readonly TradingSignal[]> {
  let query = supabase()
    .from("trading_signals")
    .select(
      "id,strategy_config_id,symbol,signal_type,signal_strength,price::text,stop_loss::text,target_price::text,reason,indicators,candle_time,generated_at,executed,refused_by,refusal_reason",
    );
  if (configId !== null) query = query.eq("strategy_config_id", configId);
  const rows = rowsOf(
    await query.order("generated_at", { ascending: false }).order("id").limit(limit),
  );
  return rows as unknown as TradingSignal[];
}
