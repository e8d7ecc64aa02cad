"use client";

/** The user's audit trail: append-only, sealed, newest first. */
import { ScrollText } from "lucide-react";
import { useState } from "react";

import { inWords } from "@/components/trades/columns";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import { type AuditEntry, readAudit } from "@/lib/tables/system";
import { moment } from "@/lib/time";

const PAGE = 50;

export function AuditTrail() {
  const [before, setBefore] = useState<readonly number[]>([]);
  const from = before.at(-1) ?? null;
  const entries = useQuery(`audit ${from}`, () => readAudit(PAGE, from), from === null ? ["orders"] : []);
  return (
    <Card title="Audit trail">
      <Shown query={entries} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={ScrollText} title="Nothing was recorded yet" />
          ) : (
            <>
              <ol className="divide-y text-sm">
                {rows.map((entry) => (
                  <Entry key={entry.sequence} entry={entry} />
                ))}
              </ol>
              <div className="mt-3 flex justify-between">
                <Button size="small" disabled={from === null} onClick={() => setBefore(before.slice(0, -1))}>
                  Newer
                </Button>
                <Button
                  size="small"
                  disabled={rows.length < PAGE}
                  onClick={() => setBefore([...before, rows.at(-1)?.sequence ?? 0])}
                >
                  Older
                </Button>
              </div>
            </>
          )
        }
      </Shown>
    </Card>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  return (
    <li className="py-2">
      <details>
        <summary className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="text-muted tabular w-14 text-xs">#{entry.sequence}</span>
          <span className="font-medium">{inWords(entry.action)}</span>
          <span className="text-muted">{entry.entity.replaceAll("_", " ")}</span>
          <Badge>{entry.actor}</Badge>
          <span className="text-muted tabular ml-auto text-xs">{moment(entry.occurred_at)}</span>
        </summary>
        <pre tabIndex={0} className="bg-raised/60 mt-2 overflow-x-auto rounded-md p-3 text-xs">
          {JSON.stringify(entry.detail, null, 2)}
        </pre>
      </details>
    </li>
  );
}
