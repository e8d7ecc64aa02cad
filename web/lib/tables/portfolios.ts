/** `portfolios`: the money strategies trade with. */
import { supabase } from "@/lib/supabase";

import { done, rowsOf } from "./answers";

/** What all deployments of a portfolio may do together; percentages are of its initial capital. */
export interface PortfolioLimits {
  readonly max_open_trades: number;
  readonly daily_loss_limit_pct: string;
  readonly max_outlay_pct: string;
}

export interface Portfolio {
  readonly id: string;
  readonly name: string;
  readonly mode: "paper" | "live";
  readonly initial_capital: string;
  readonly balance: string;
  readonly limits: PortfolioLimits;
  readonly created_at: string;
}

export async function readPortfolios(): Promise<readonly Portfolio[]> {
  const rows = rowsOf(
    await supabase()
      .from("portfolios")
      .select(
        "id,name,mode,initial_capital::text,balance::text,max_open_trades,daily_loss_limit_pct::text,max_outlay_pct::text,created_at",
      )
      .order("created_at"),
  );
  return rows.map(({ max_open_trades, daily_loss_limit_pct, max_outlay_pct, ...portfolio }) => ({
    ...portfolio,
    limits: { max_open_trades, daily_loss_limit_pct, max_outlay_pct },
  }));
}

export async function createPortfolio(name: string, initialCapital: string): Promise<void> {
  // As text on the wire: Postgres reads it exactly.
  const row = { name, initial_capital: initialCapital as unknown as number };
  done(await supabase().from("portfolios").insert(row));
}

export async function renamePortfolio(id: string, name: string): Promise<void> {
  done(await supabase().from("portfolios").update({ name }).eq("id", id));
}

/** Changes limits; a running worker goes by them from its next start of a strategy. */
export async function limitPortfolio(id: string, limits: PortfolioLimits): Promise<void> {
  // Percentages as text on the wire: Postgres reads them exactly.
  const row = {
    max_open_trades: limits.max_open_trades,
    daily_loss_limit_pct: limits.daily_loss_limit_pct as unknown as number,
    max_outlay_pct: limits.max_outlay_pct as unknown as number,
  };
  done(await supabase().from("portfolios").update(row).eq("id", id));
}
