/** Deployments of strategies: `list_configs`, `config_details`, `live_status`, their commands. */
import { supabase } from "@/lib/supabase";

import { DatabaseError, dataOf, done, rowsOf } from "./answers";
import type { Json } from "@/lib/database.types";

export type ConfigStatus = "ACTIVE" | "STOPPED" | "ERROR" | "PAUSED";
export type StrategyCommand = "START" | "STOP" | "RESTART" | "PAUSE" | "RESUME" | "UPDATE_CONFIG";
export type CommandStatus = "PENDING" | "EXECUTED" | "FAILED";
export type TradeMode = "VIRTUAL" | "LIVE";

export interface GivenCommand {
  readonly id: string;
  readonly command: StrategyCommand;
  readonly status: CommandStatus;
  readonly error_message: string | null;
  readonly created_at: string;
  readonly executed_at: string | null;
}

export interface Metric {
  readonly timestamp: string;
  readonly pnl: string;
  readonly positions_count: number;
  readonly orders_count: number;
  readonly success_rate: string | null;
  readonly metrics_json: Readonly<Record<string, unknown>>;
}

export interface StrategyOfConfig {
  readonly id: string;
  readonly name: string;
  readonly strategy_type: string;
  readonly status: string;
  readonly symbols: readonly string[];
  readonly asset_class: string;
  readonly timeframes: readonly string[];
  readonly total_pnl: string;
  readonly total_trades: number;
  readonly win_rate: string | null;
}

export interface ListedConfig {
  readonly id: string;
  readonly name: string;
  readonly is_default: boolean;
  readonly status: ConfigStatus;
  readonly trade_mode: TradeMode;
  readonly runner: "worker" | "cron";
  readonly auto_start: boolean;
  readonly portfolio_id: string | null;
  readonly error_message: string | null;
  readonly started_at: string | null;
  readonly created_at: string;
  readonly allowed_commands: readonly StrategyCommand[];
  readonly strategy_id: string;
  readonly strategy: StrategyOfConfig;
  readonly commands: readonly GivenCommand[];
  readonly metric: Metric | null;
}

export interface ConfigDetails extends Omit<ListedConfig, "metric" | "portfolio_id"> {
  readonly module_path: string;
  readonly class_name: string;
  readonly config_json: Readonly<Record<string, unknown>>;
  readonly portfolio: { readonly id: string; readonly name: string; readonly mode: string } | null;
  readonly code_digest: string | null;
  readonly metrics: readonly Metric[];
}

export interface LiveStatus {
  readonly status: ConfigStatus;
  readonly trade_mode: TradeMode;
  readonly error_message: string | null;
  readonly pid: number | null;
  readonly started_at: string | null;
  readonly heartbeat_age_seconds: number | null;
  readonly cpu_percent: number | null;
  readonly memory_bytes: number | null;
  readonly feed_age_seconds: number | null;
  readonly market_time: string;
  readonly open_trades: number;
  /** The newest few, newest first. */
  readonly metrics: readonly Metric[];
}

/** A page of configs, newest first; `after` is the last id of the page before. */
export async function readConfigs(
  status: ConfigStatus | null,
  limit: number,
  after: string | null = null,
): Promise<readonly ListedConfig[]> {
  const rows = rowsOf(
    await supabase().rpc("list_configs", {
      p_limit: limit,
      ...(status === null ? {} : { p_status: status }),
      ...(after === null ? {} : { p_cursor: after }),
    }),
  );
  return rows as unknown as ListedConfig[];
}

export async function readConfig(id: string): Promise<ConfigDetails> {
  return one<ConfigDetails>(await supabase().rpc("config_details", { p_config_id: id }));
}

export async function readLiveStatus(id: string): Promise<LiveStatus> {
  return one<LiveStatus>(await supabase().rpc("live_status", { p_config_id: id }));
}

export async function readMetrics(id: string, hours: number): Promise<readonly Metric[]> {
  const wanted = { p_config_id: id, p_hours: hours };
  return rowsOf(await supabase().rpc("config_metrics", wanted)) as unknown as Metric[];
}

/** Gives a command; the worker carries it out and the row says how it went. */
export async function giveCommand(
  configId: string,
  command: StrategyCommand,
  parameters: Record<string, Json> = {},
): Promise<void> {
  const row = { strategy_config_id: configId, command, parameters };
  done(await supabase().from("strategy_commands").insert(row));
}

/** Chooses the portfolio a deployment trades with. */
export async function linkPortfolio(configId: string, portfolioId: string): Promise<void> {
  const change = { portfolio_id: portfolioId };
  done(await supabase().from("strategy_configs").update(change).eq("id", configId));
}

/** Says what should be: simulation running or stopped; may be said again. */
export async function toggle(strategyId: string, configId: string, active: boolean): Promise<void> {
  dataOf(
    await supabase().rpc("toggle_strategy", {
      p_strategy_id: strategyId,
      p_config_id: configId,
      p_active: active,
    }),
  );
}

function one<Row>(answer: { data: unknown[] | null; error: null | { message: string; code: string } }): Row {
  const [row] = rowsOf(answer);
  if (row === undefined) throw new DatabaseError("there is no such config", "no_data");
  return row as Row;
}
