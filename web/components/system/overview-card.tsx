"use client";

/** Deployments by state and the last commands. */
import { CommandBadge, StatusBadge } from "@/components/strategies/status";
import { inWords } from "@/components/trades/columns";
import { Card } from "@/components/ui/card";
import { Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import type { ConfigStatus } from "@/lib/tables/configs";
import { readOverview, type RecentCommand } from "@/lib/tables/overview";
import { moment } from "@/lib/time";

const STATES: readonly ConfigStatus[] = ["ACTIVE", "PAUSED", "STOPPED", "ERROR"];

export function OverviewCard() {
  const overview = useQuery("overview", readOverview, ["strategy_configs", "strategy_commands"]);
  return (
    <Card title="Overview">
      <Shown query={overview} lines={6}>
        {(found) => (
          <>
            <dl className="mb-4 grid grid-cols-2 gap-3 sm:grid-cols-4">
              {STATES.map((status) => (
                <div key={status} className="bg-raised/60 rounded-lg border p-3">
                  <dt>
                    <StatusBadge status={status} />
                  </dt>
                  <dd className="tabular mt-1.5 text-xl font-semibold">{found.configs_by_status[status]}</dd>
                </div>
              ))}
            </dl>
            <h3 className="mb-2 text-sm font-medium">Recent commands</h3>
            <Commands commands={found.recent_commands} />
          </>
        )}
      </Shown>
    </Card>
  );
}

function Commands({ commands }: { commands: readonly RecentCommand[] }) {
  if (commands.length === 0) return <p className="text-muted text-sm">None yet.</p>;
  return (
    <ul className="divide-y text-sm">
      {commands.map((given) => (
        <li key={given.id} className="py-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="w-28 font-medium">{inWords(given.command)}</span>
            <span className="min-w-40 flex-1 truncate">
              {given.strategy_name} <span className="text-muted">· {given.config_name}</span>
            </span>
            <CommandBadge status={given.status} />
            <span className="text-muted tabular text-xs">{moment(given.created_at)}</span>
          </div>
          {given.error_message !== null && <p className="text-loss mt-1 text-xs">{given.error_message}</p>}
        </li>
      ))}
    </ul>
  );
}
