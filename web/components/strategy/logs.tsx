"use client";

/** What the deployment says, as it comes. */
import { ScrollText } from "lucide-react";
import { useState } from "react";

import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { cn } from "@/lib/class-names";
import { useTableChanges } from "@/lib/live/live-provider";
import { useQuery } from "@/lib/live/use-query";
import { type LogLevel, readLogs } from "@/lib/tables/logs";
import { clock, day } from "@/lib/time";

const SHOWN = 200;
const COLOURS: Record<LogLevel, string> = {
  debug: "text-muted",
  info: "text-muted",
  signal: "text-accent",
  trade: "text-gain",
  warning: "text-warn",
  error: "text-loss",
};

export function Logs({ configId }: { configId: string }) {
  const logs = useQuery(`logs ${configId}`, () => readLogs(configId, SHOWN));
  const [level, setLevel] = useState<LogLevel | "">("");
  useTableChanges("strategy_logs", `strategy_config_id=eq.${configId}`, logs.reload);
  return (
    <Card
      title="Logs"
      action={
        <label className="text-muted flex items-center gap-2 text-xs">
          Level
          <select
            value={level}
            onChange={(event) => setLevel(event.target.value as LogLevel | "")}
            className="bg-surface rounded-md border px-2 py-1"
          >
            <option value="">all</option>
            {Object.keys(COLOURS).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      }
    >
      <Shown query={logs}>
        {(rows) => {
          const shown = rows.filter((row) => level === "" || row.level === level);
          return shown.length === 0 ? (
            <Empty icon={ScrollText} title="Nothing was said yet" />
          ) : (
            <ol
              tabIndex={0}
              aria-label="Log lines, newest first"
              className="max-h-80 overflow-y-auto font-mono text-xs leading-relaxed"
            >
              {shown.map((row) => (
                <li key={row.id} className="flex gap-3 py-0.5">
                  <time dateTime={row.logged_at} className="text-muted shrink-0">
                    {day(row.logged_at)} {clock(row.logged_at)}
                  </time>
                  <span className={cn("w-14 shrink-0", COLOURS[row.level])}>{row.level}</span>
                  <span className="min-w-0 break-words whitespace-pre-wrap">{row.message}</span>
                </li>
              ))}
            </ol>
          );
        }}
      </Shown>
    </Card>
  );
}
