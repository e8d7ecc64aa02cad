"use client";

/** Candles: downloaded from the broker's history page by page, with what is missing. */
import { type FormEvent, useState } from "react";

import { Completeness } from "@/components/data/completeness";
import { StoredCandles } from "@/components/data/stored-candles";
import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SelectField, TextField } from "@/components/ui/field";
import { callApi } from "@/lib/api";
import { type CandleRequest, type Download, TIMEFRAMES } from "@/lib/candle-download";
import { useSettings } from "@/lib/session";
import { indianDate } from "@/lib/time";

const WEEK_MS = 7 * 86_400_000;

export default function DataPage() {
  const settings = useSettings();
  const [isBusy, carryOut] = useWish();
  const [pages, setPages] = useState<readonly Download[]>([]);
  const [[weekAgo, today]] = useState(lastWeek);

  const download = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const request: CandleRequest = {
      symbol: String(form.get("symbol")).trim().toUpperCase(),
      timeframe: String(form.get("timeframe")),
      first_day: String(form.get("first_day")),
      last_day: String(form.get("last_day")),
    };
    setPages([]);
    await carryOut(async () => {
      let next: string | null = request.first_day;
      while (next !== null) {
        const body: CandleRequest = { ...request, first_day: next };
        const page: Download = await callApi(settings, { method: "POST", path: "/data/candles", body });
        setPages((before) => [...before, page]);
        next = page.next_day;
      }
    }, `${request.symbol} is downloaded.`);
  };

  return (
    <div className="flex flex-col gap-4">
      <Card title="Download candles">
        <form
          onSubmit={(event) => void download(event)}
          className="grid gap-4 sm:grid-cols-2 lg:grid-cols-[1fr_8rem_11rem_11rem_auto]"
        >
          <TextField
            label="Symbol"
            name="symbol"
            required
            defaultValue="NIFTY-FUT"
            hint="NIFTY-FUT, BANKNIFTY, RELIANCE …"
          />
          <SelectField label="Interval" name="timeframe" defaultValue="1m">
            {TIMEFRAMES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </SelectField>
          <TextField label="First day" name="first_day" type="date" required defaultValue={weekAgo} max={today} />
          <TextField label="Last day" name="last_day" type="date" required defaultValue={today} max={today} />
          <Button type="submit" look="primary" isBusy={isBusy} className="h-11">
            Download
          </Button>
        </form>
      </Card>
      {pages.length > 0 && <Completeness pages={pages} />}
      <StoredCandles />
    </div>
  );
}

function lastWeek(): [string, string] {
  const now = Date.now();
  return [indianDate(new Date(now - WEEK_MS)), indianDate(new Date(now))];
}
