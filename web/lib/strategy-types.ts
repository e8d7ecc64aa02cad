/** The types of strategies and what they take, as the strategies describe themselves. */
import described from "@/lib/strategy-types.json";

/** One parameter: a field of a form. */
export interface FieldSchema {
  readonly type: "integer" | "number" | "string" | "boolean";
  readonly title: string;
  readonly default: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

export interface FormSchema {
  readonly properties: Readonly<Record<string, FieldSchema>>;
}

export interface StrategyType {
  readonly name: string;
  readonly summary: string;
  readonly brings_code: boolean;
  readonly parameters: FormSchema;
  readonly risk_defaults: Readonly<Record<string, string | number | boolean>>;
}

export const STRATEGY_TYPES = described.types as unknown as readonly StrategyType[];
export const RISK_PARAMETERS = described.risk_parameters as unknown as FormSchema;

/** The type of a name; undefined when this build does not know it. */
export function typeOf(name: string): StrategyType | undefined {
  return STRATEGY_TYPES.find((each) => each.name === name);
}

/** "mean_reversion" as "Mean reversion"; names of three letters or less are abbreviations. */
export function typeName(name: string): string {
  if (name.length <= 3) return name.toUpperCase();
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
