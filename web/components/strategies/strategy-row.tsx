"use client";

/** One deployment in the list. */
import { TriangleAlert, Wallet } from "lucide-react";
import Link from "next/link";

import { Commands } from "@/components/strategies/commands";
import { CommandBadge, ModeBadge, StatusBadge } from "@/components/strategies/status";
import { inWords } from "@/components/trades/columns";
import { Profit } from "@/components/ui/amount";
import { Badge } from "@/components/ui/badge";
import { typeName } from "@/lib/strategy-types";
import type { GivenCommand, ListedConfig } from "@/lib/tables/configs";
import { moment } from "@/lib/time";

export function StrategyRow({ config }: { config: ListedConfig }) {
  const { strategy } = config;
  return (
    <li className="bg-surface grid gap-4 rounded-card border p-4 lg:grid-cols-[1.3fr_0.8fr_1.2fr_auto] lg:items-center">
      <div className="min-w-0">
        <Link href={`/strategy/?id=${config.id}`} className="hover:text-accent font-semibold">
          {strategy.name}
          {!config.is_default && <span className="text-muted font-normal"> · {config.name}</span>}
        </Link>
        <p className="text-muted mt-0.5 truncate text-xs">
          {typeName(strategy.strategy_type)} · {strategy.symbols.join(", ")} · {strategy.timeframes.join(", ")}
        </p>
        <div className="mt-2 flex flex-wrap gap-1.5">
          <StatusBadge status={config.status} />
          <ModeBadge mode={config.trade_mode} />
          {config.runner === "cron" && <Badge tone="accent">Minute cron</Badge>}
          {config.portfolio_id === null && (
            <Badge tone="warn">
              <Wallet aria-hidden className="size-3" />
              No portfolio
            </Badge>
          )}
        </div>
        {config.error_message !== null && (
          <p className="text-loss mt-2 flex gap-1.5 text-xs">
            <TriangleAlert aria-hidden className="size-3.5 shrink-0" />
            {config.error_message}
          </p>
        )}
      </div>
      <dl className="grid gap-1.5 text-sm max-lg:grid-cols-2">
        <div>
          <dt className="text-muted text-xs">Last P&L</dt>
          <dd className="font-semibold">
            <Profit amount={config.metric?.pnl} />
          </dd>
        </div>
        <div>
          <dt className="text-muted text-xs">Total, after charges</dt>
          <dd>
            <Profit amount={strategy.total_pnl} />
          </dd>
        </div>
      </dl>
      <RecentCommands commands={config.commands} />
      <Commands config={config} name={strategy.name} />
    </li>
  );
}

export function RecentCommands({ commands }: { commands: readonly GivenCommand[] }) {
  if (commands.length === 0) return <p className="text-muted text-xs">No commands yet</p>;
  return (
    <ul aria-label="Recent commands" className="flex flex-col gap-1 text-xs">
      {commands.map((given) => (
        <li key={given.id}>
          <span className="flex items-center gap-2">
            <span className="w-24 font-medium">{inWords(given.command)}</span>
            <CommandBadge status={given.status} />
            <span className="text-muted">{moment(given.created_at)}</span>
          </span>
          {given.error_message !== null && <p className="text-loss mt-0.5">{given.error_message}</p>}
        </li>
      ))}
    </ul>
  );
}
