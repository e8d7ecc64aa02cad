/** `live_mode_validations`: each time a deployment was held against the live gate. */
import { supabase } from "@/lib/supabase";

import { rowsOf } from "./answers";

export interface Criterion {
  readonly criterion: string;
  readonly value: string | null;
  readonly threshold: string;
  readonly passed: boolean;
  readonly sentence: string;
}

export interface Validation {
  readonly validation_status: "PASSED" | "FAILED";
  readonly criteria: readonly Criterion[];
  readonly validated_at: string;
  readonly expires_at: string;
}

/** The newest validation of a deployment; null before the first. */
export async function readLastValidation(configId: string): Promise<Validation | null> {
  const [row] = rowsOf(
    await supabase()
      .from("live_mode_validations")
      .select("validation_status,criteria:validation_results,validated_at,expires_at")
      .eq("strategy_config_id", configId)
      .order("validated_at", { ascending: false })
      .order("id", { ascending: false })
      .limit(1),
  );
  return row === undefined ? null : (row as unknown as Validation);
}
