/** `system_overview()`: the figures of the dashboard, in one row; money is text. */
import { supabase } from "@/lib/supabase";

import type { CommandStatus, ConfigStatus, StrategyCommand } from "./configs";
import { DatabaseError, rowsOf } from "./answers";

export interface RecentCommand {
  readonly id: string;
  readonly strategy_config_id: string;
  readonly config_name: string;
  readonly strategy_name: string;
  readonly command: StrategyCommand;
  readonly status: CommandStatus;
  readonly error_message: string | null;
  readonly created_at: string;
  readonly executed_at: string | null;
}

export interface Overview {
  readonly market_time: string;
  readonly market_date: string;
  readonly simulated: boolean;
  readonly configs_by_status: Readonly<Record<ConfigStatus, number>>;
  readonly strategies_by_status: Readonly<Record<string, number>>;
  readonly recent_commands: readonly RecentCommand[];
  readonly pnl_today: string;
  readonly pnl_total: string;
  readonly virtual_pnl_total: string;
  readonly live_pnl_total: string;
  readonly trades_today: number;
  readonly open_trades: number;
  readonly unrealised_pnl: string;
  readonly orders_today: number;
}

export async function readOverview(): Promise<Overview> {
  const [row] = rowsOf(await supabase().rpc("system_overview"));
  if (row === undefined) throw new DatabaseError("the overview has no row", "no_data");
  return row as unknown as Overview;
}
