/** Designs: `available_strategies`, and what is made of them. */
import { supabase } from "@/lib/supabase";
import type { Json } from "@/lib/database.types";

import { dataOf, done, rowsOf } from "./answers";

export interface AvailableStrategy {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly strategy_type: string;
  readonly status: string;
  readonly symbols: readonly string[];
  readonly timeframes: readonly string[];
  readonly total_pnl: string;
  readonly configs: number;
  readonly active_configs: number;
}

export interface StrategyDesign {
  readonly id: string;
  readonly strategy_type: string;
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly risk_parameters: Readonly<Record<string, string | number | boolean>>;
  readonly python_code: string | null;
  readonly symbols: readonly string[];
  readonly timeframes: readonly string[];
  readonly capital_allocated: string;
  readonly max_positions: number;
}

export async function readAvailableStrategies(): Promise<readonly AvailableStrategy[]> {
  return rowsOf(await supabase().rpc("available_strategies"));
}

export async function readDesign(id: string): Promise<StrategyDesign> {
  const row = dataOf(
    await supabase()
      .from("strategies")
      .select(
        "id,strategy_type,config,risk_parameters,python_code,symbols,timeframes,capital_allocated::text,max_positions",
      )
      .eq("id", id)
      .single(),
  );
  return row as unknown as StrategyDesign;
}

/** Changes a design and its default config, or one config; the next decision uses it. */
export async function updateStrategy(
  strategyId: string,
  changes: Record<string, Json>,
  configId: string | null,
): Promise<void> {
  dataOf(
    await supabase().rpc("update_strategy", {
      p_strategy_id: strategyId,
      p_changes: changes,
      ...(configId === null ? {} : { p_config_id: configId }),
    }),
  );
}

/** Changes the code of a strategy; the next decision uses it, a live approval ends. */
export async function saveCode(strategyId: string, source: string): Promise<void> {
  done(await supabase().from("strategies").update({ python_code: source }).eq("id", strategyId));
}

/** Deploys a strategy once more, as it is designed. */
export async function deployAgain(strategyId: string, name: string): Promise<void> {
  const wanted = { p_strategy_id: strategyId, p_name: name, p_auto_start: true };
  dataOf(await supabase().rpc("create_config_from_strategy", wanted));
}

/** Hides a strategy and stops its configs; its name becomes free. */
export async function archiveStrategy(strategyId: string): Promise<void> {
  dataOf(await supabase().rpc("archive_strategy", { p_strategy_id: strategyId }));
}
