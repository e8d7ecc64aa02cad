"use client";

/** Every trade, newest first: filtered, sorted, exported; it grows while one looks. */
import { Download, Receipt } from "lucide-react";
import { useState } from "react";

import { TRADE_COLUMNS } from "@/components/trades/columns";
import { Profit } from "@/components/ui/amount";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { DataTable } from "@/components/ui/data-table";
import { SelectField } from "@/components/ui/field";
import { Empty, Shown } from "@/components/ui/states";
import { save, toCsv } from "@/lib/csv";
import { useTrades } from "@/lib/live/use-trades";
import { count, counted, sumOf } from "@/lib/money";
import type { Trade, TradeFilter } from "@/lib/tables/trades";
import { indianDate } from "@/lib/time";

const MOST = 1000;
const CSV_COLUMNS = [
  "id",
  "trade_mode",
  "symbol",
  "trade_type",
  "side",
  "quantity",
  "status",
  "entry_time",
  "entry_price",
  "stop_loss",
  "target_price",
  "entry_delta",
  "stop_premium",
  "target_premium",
  "exit_time",
  "exit_price",
  "exit_reason",
  "gross_pnl",
  "charges",
  "pnl",
] as const satisfies readonly (keyof Trade)[];

export default function Trades() {
  const [mode, setMode] = useState<"" | "VIRTUAL" | "LIVE">("");
  const [status, setStatus] = useState<"" | "OPEN" | "CLOSED">("");
  const [search, setSearch] = useState("");
  const filter: TradeFilter = { mode: mode || undefined, status: status || undefined };
  const query = useTrades(filter, MOST);
  const wanted = search.trim().toLowerCase();
  const shown = query.data?.filter((trade) => trade.symbol.toLowerCase().includes(wanted)) ?? null;

  return (
    <Card
      title={shown === null ? "Trades" : counted(shown.length, "trade")}
      action={
        <Button
          size="small"
          disabled={shown === null || shown.length === 0}
          onClick={() => shown !== null && exportTrades(shown)}
        >
          <Download aria-hidden className="size-3.5" />
          Export CSV
        </Button>
      }
    >
      <div className="mb-4 grid gap-3 sm:grid-cols-[1fr_10rem_10rem]">
        <label className="block">
          <span className="sr-only">Find a symbol</span>
          <input
            type="search"
            value={search}
            placeholder="Find a symbol"
            onChange={(event) => setSearch(event.target.value)}
            className="bg-surface focus:border-accent h-11 w-full rounded-lg border px-3 text-sm max-sm:text-base"
          />
        </label>
        <SelectField label="Mode" value={mode} onChange={(event) => setMode(event.target.value as typeof mode)}>
          <option value="">Virtual and live</option>
          <option value="VIRTUAL">Virtual</option>
          <option value="LIVE">Live</option>
        </SelectField>
        <SelectField
          label="State"
          value={status}
          onChange={(event) => setStatus(event.target.value as typeof status)}
        >
          <option value="">Open and closed</option>
          <option value="OPEN">Open</option>
          <option value="CLOSED">Closed</option>
        </SelectField>
      </div>
      <Shown query={{ ...query, data: shown }} lines={8}>
        {(trades) =>
          trades.length === 0 ? (
            <Empty icon={Receipt} title="No trades here yet">
              Trades appear by themselves as soon as a running strategy makes one.
            </Empty>
          ) : (
            <>
              <p className="text-muted mb-2 text-right text-sm">
                Net of these: <Profit amount={sumOf(trades.map((trade) => trade.pnl))} className="font-semibold" />
                {trades.length >= MOST && ` (the newest ${count(MOST)})`}
              </p>
              <DataTable rows={trades} columns={TRADE_COLUMNS} idOf={(trade) => trade.id} caption="Trades" />
            </>
          )
        }
      </Shown>
    </Card>
  );
}

function exportTrades(trades: readonly Trade[]): void {
  const rows = trades.map((trade) => CSV_COLUMNS.map((name) => trade[name]));
  save(`trades-${indianDate(new Date())}.csv`, toCsv(CSV_COLUMNS, rows));
}
