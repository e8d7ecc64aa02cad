/** `ledger_entries`: every rupee that moved, newest first. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface LedgerEntry {
  readonly id: string;
  readonly kind: string;
  readonly amount: string;
  readonly occurred_at: string;
  readonly note: string | null;
  readonly trade_id: string | null;
  readonly order: { readonly symbol: string } | null;
}

export async function readLedger(portfolioId: string, limit: number): Promise<readonly LedgerEntry[]> {
  return rowsOf(
    await supabase()
      .from("ledger_entries")
      .select("id,kind,amount::text,occurred_at,note,trade_id,order:orders(symbol)")
      .eq("portfolio_id", portfolioId)
      .order("occurred_at", { ascending: false })
      .order("id")
      .limit(limit),
  );
}
