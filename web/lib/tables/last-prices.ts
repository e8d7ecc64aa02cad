/** `last_prices`: what was last paid for each instrument somebody needs. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

const PAGE = 1000;

/** As the table has it, and as a quote is broadcast. */
export interface LastPrice {
  readonly instrument_key: string;
  readonly symbol: string;
  readonly price: string;
  readonly previous_close: string | null;
  readonly updated_at: string;
}

/** All of them, page by page (PostgREST cuts at 1,000). */
export async function readLastPrices(): Promise<readonly LastPrice[]> {
  const rows: LastPrice[] = [];
  for (let from = 0; ; from += PAGE) {
    const page: LastPrice[] = rowsOf(
      await supabase()
        .from("last_prices")
        .select("instrument_key,symbol,price::text,previous_close::text,updated_at")
        .order("instrument_key")
        .range(from, from + PAGE - 1),
    );
    rows.push(...page);
    if (page.length < PAGE) return rows;
  }
}
