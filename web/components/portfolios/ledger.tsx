"use client";

/** The entries of one portfolio's ledger. */
import { BookOpenText } from "lucide-react";

import { Profit } from "@/components/ui/amount";
import { Card } from "@/components/ui/card";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty, Shown } from "@/components/ui/states";
import { inWords } from "@/components/trades/columns";
import { useQuery } from "@/lib/live/use-query";
import { comparePaise } from "@/lib/money";
import { type LedgerEntry, readLedger } from "@/lib/tables/ledger-entries";
import type { Portfolio } from "@/lib/tables/portfolios";
import { moment } from "@/lib/time";

const NEWEST = 200;
const COLUMNS: readonly Column<LedgerEntry>[] = [
  {
    id: "at",
    head: "When (IST)",
    cell: (entry) => moment(entry.occurred_at),
    compare: (one, other) => Date.parse(one.occurred_at) - Date.parse(other.occurred_at),
  },
  {
    id: "kind",
    head: "What",
    cell: (entry) => inWords(entry.kind),
    compare: (one, other) => one.kind.localeCompare(other.kind),
    isTitle: true,
  },
  { id: "note", head: "Of", cell: (entry) => entry.note ?? entry.order?.symbol ?? "–" },
  {
    id: "amount",
    head: "Amount",
    cell: (entry) => <Profit amount={entry.amount} />,
    compare: (one, other) => comparePaise(one.amount, other.amount),
    isNumber: true,
  },
];

export function Ledger({ portfolio }: { portfolio: Portfolio }) {
  const entries = useQuery(`ledger ${portfolio.id}`, () => readLedger(portfolio.id, NEWEST), ["trades"]);
  return (
    <Card title={`Ledger of ${portfolio.name}`}>
      <Shown query={entries} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={BookOpenText} title="No entries yet" />
          ) : (
            <DataTable rows={rows} columns={COLUMNS} idOf={(entry) => entry.id} caption="Ledger" />
          )
        }
      </Shown>
    </Card>
  );
}
