"use client";

/** One deployment on the dashboard: what it does, what it made, and its switch. */
import { TriangleAlert } from "lucide-react";
import Link from "next/link";

import { BorderBeam } from "@/components/magicui/border-beam";
import { ModeBadge, StatusBadge } from "@/components/strategies/status";
import { useWish } from "@/components/strategies/use-wish";
import { Profit } from "@/components/ui/amount";
import { Switch } from "@/components/ui/switch";
import { counted } from "@/lib/money";
import { type ListedConfig, toggle } from "@/lib/tables/configs";

export function StrategyCard({ config }: { config: ListedConfig }) {
  const [isAsking, carryOut] = useWish();
  const isOn = config.status === "ACTIVE";
  const isPending = isAsking || config.commands[0]?.status === "PENDING";
  return (
    <article className="bg-surface relative flex flex-col gap-3 overflow-hidden rounded-card border p-4">
      {config.trade_mode === "LIVE" && isOn && <BorderBeam />}
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="truncate text-sm font-semibold">
            <Link href={`/strategy/?id=${config.id}`} className="hover:text-accent">
              {config.strategy.name}
            </Link>
          </h3>
          <p className="text-muted truncate text-xs">
            {config.is_default ? "" : `${config.name} · `}
            {config.strategy.symbols.join(", ")} · {config.strategy.timeframes.join(", ")}
          </p>
        </div>
        <Switch
          isOn={isOn}
          isPending={isPending}
          label={`Simulation of ${config.strategy.name}`}
          onChange={(wanted) => void carryOut(() => toggle(config.strategy_id, config.id, wanted))}
        />
      </div>
      <div className="flex items-end justify-between gap-2">
        <div>
          <p className="text-muted text-xs">Net P&L</p>
          <Profit amount={config.strategy.total_pnl} className="text-lg font-semibold" />
        </div>
        <p className="text-muted text-right text-xs">
          {counted(config.strategy.total_trades, "trade")}
          <br />
          {config.strategy.win_rate === null ? "no win rate yet" : `${config.strategy.win_rate} % won`}
        </p>
      </div>
      <div className="flex flex-wrap gap-1.5">
        <StatusBadge status={config.status} />
        <ModeBadge mode={config.trade_mode} />
      </div>
      {config.error_message !== null && (
        <p className="text-loss flex gap-1.5 text-xs">
          <TriangleAlert aria-hidden className="size-3.5 shrink-0" />
          <span className="line-clamp-2">{config.error_message}</span>
        </p>
      )}
    </article>
  );
}
