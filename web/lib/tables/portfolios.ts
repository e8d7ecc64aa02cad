/** `portfolios`: the money strategies trade with. */
import { supabase } from "@/lib/supabase";

import { done, rowsOf } from "./answers";

export interface Portfolio {
  readonly id: string;
  readonly name: string;
  readonly mode: "paper" | "live";
  readonly initial_capital: string;
  readonly balance: string;
  readonly created_at: string;
}

export async function readPortfolios(): Promise<readonly Portfolio[]> {
  return rowsOf(
    await supabase()
      .from("portfolios")
      .select("id,name,mode,initial_capital::text,balance::text,created_at")
      .order("created_at"),
  );
}

export async function createPortfolio(name: string, initialCapital: string): Promise<void> {
  // As text on the wire: Postgres reads it exactly.
  const row = { name, initial_capital: initialCapital as unknown as number };
  done(await supabase().from("portfolios").insert(row));
}

export async function renamePortfolio(id: string, name: string): Promise<void> {
  done(await supabase().from("portfolios").update({ name }).eq("id", id));
}
