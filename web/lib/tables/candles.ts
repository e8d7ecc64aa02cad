/** `market_data`: stored candles, oldest first. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface Candle {
  readonly symbol: string;
  readonly timestamp: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly origin: string;
}

/** The newest candles of an instrument, at most `limit`; prices as numbers, for drawing only. */
export async function readCandles(
  instrumentKey: string,
  timeframe: string,
  limit: number,
): Promise<readonly Candle[]> {
  const rows = rowsOf(
    await supabase()
      .from("market_data")
      .select("symbol,timestamp,open,high,low,close,volume,origin")
      .eq("instrument_key", instrumentKey)
      .eq("timeframe", timeframe)
      .order("timestamp", { ascending: false })
      .limit(limit),
  );
  return (rows as unknown as Candle[]).toReversed();
}

export interface StoredSeries {
  readonly instrument_key: string;
  readonly symbol: string;
}

/** The instrument whose stored symbol is the one of the newest signal or trade of a config. */
export async function readInstrumentOf(configId: string): Promise<StoredSeries | null> {
  const [trade] = rowsOf(
    await supabase()
      .from("trading_signals")
      .select("instrument_key,symbol")
      .eq("strategy_config_id", configId)
      .order("generated_at", { ascending: false })
      .limit(1),
  );
  return trade ?? null;
}
