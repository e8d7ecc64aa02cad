"use client";

/** The candles that are stored of an instrument, as a chart. */
import { ChartCandlestick } from "lucide-react";
import { useState } from "react";

import { PriceChart } from "@/components/charts/lazy";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { inOrder } from "@/lib/live/quotes";
import { useQuery } from "@/lib/live/use-query";
import { TIMEFRAMES } from "@/lib/candle-download";
import { readCandles } from "@/lib/tables/candles";
import { readLastPrices } from "@/lib/tables/last-prices";

const NEWEST = 750;

export function StoredCandles() {
  const instruments = useQuery("instruments with prices", async () =>
    [...(await readLastPrices())].sort(inOrder),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [timeframe, setTimeframe] = useState<string>("1m");
  const key = chosen ?? instruments.data?.[0]?.instrument_key ?? null;
  const candles = useQuery(`stored ${key} ${timeframe}`, async () =>
    key === null ? [] : readCandles(key, timeframe, NEWEST),
  );
  const symbol = instruments.data?.find((each) => each.instrument_key === key)?.symbol ?? "";
  return (
    <Card
      title="Stored candles"
      action={
        <div className="flex flex-wrap gap-2">
          <select
            aria-label="Instrument"
            value={key ?? ""}
            onChange={(event) => setChosen(event.target.value)}
            className="bg-surface rounded-md border px-2 py-1 text-xs"
          >
            {(instruments.data ?? []).map((each) => (
              <option key={each.instrument_key} value={each.instrument_key}>
                {each.symbol}
              </option>
            ))}
          </select>
          <select
            aria-label="Interval of the stored candles"
            value={timeframe}
            onChange={(event) => setTimeframe(event.target.value)}
            className="bg-surface rounded-md border px-2 py-1 text-xs"
          >
            {TIMEFRAMES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </div>
      }
    >
      <Shown query={candles} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={ChartCandlestick} title="No candles of this interval are stored" />
          ) : (
            <PriceChart candles={rows.map((row) => ({ ...row, time: row.timestamp }))} label={symbol} />
          )
        }
      </Shown>
    </Card>
  );
}
