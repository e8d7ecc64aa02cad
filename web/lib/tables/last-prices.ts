/** `last_prices`: what was last paid for each instrument somebody needs. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface LastPrice {
  readonly instrument_key: string;
  readonly symbol: string;
  readonly price: string;
  readonly previous_close: string | null;
  readonly traded_at: string;
}

export async function readLastPrices(limit: number): Promise<readonly LastPrice[]> {
  return rowsOf(
    await supabase()
      .from("last_prices")
      .select("instrument_key,symbol,price::text,previous_close::text,traded_at")
      .order("traded_at", { ascending: false })
      .limit(limit),
  );
}
