"use client";

/** Candles of what the strategy watches, its trades on them, and its indicators at every candle. */
import { CandlestickChart as ChartIcon } from "lucide-react";
import { useMemo, useState } from "react";

import { PriceChart } from "@/components/charts/lazy";
import { type ChartLine, type ChartMarker, lineToken } from "@/components/charts/chart-shapes";
import { ChartReader } from "@/components/strategy/chart-reader";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useInterval } from "@/lib/live/use-interval";
import { useQuery } from "@/lib/live/use-query";
import { useTrades } from "@/lib/live/use-trades";
import { figure } from "@/lib/money";
import { useSettings } from "@/lib/session";
import type { ConfigDetails } from "@/lib/tables/configs";
import type { Trade } from "@/lib/tables/trades";

const TRADES = 200;
const LOOK_MS = 5_000;

export function LiveChart({ config }: { config: ConfigDetails }) {
  const [timeframe, setTimeframe] = useState(config.strategy.timeframes[0] ?? "1m");
  const settings = useSettings();
  const reader = useMemo(() => new ChartReader(settings, config, timeframe), [settings, config, timeframe]);
  const chart = useQuery(`chart ${config.id} ${timeframe}`, () => reader.read());
  const trades = useTrades({ configId: config.id }, TRADES);
  useInterval(LOOK_MS, chart.reload);
  const choices = [...new Set(["1m", "5m", "15m", ...config.strategy.timeframes])];
  return (
    <Card
      title={chart.data?.symbol ?? "Chart"}
      action={
        <label className="text-muted flex items-center gap-2 text-xs">
          Interval
          <select
            value={timeframe}
            onChange={(event) => setTimeframe(event.target.value)}
            className="bg-surface rounded-md border px-2 py-1"
          >
            {choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        </label>
      }
    >
      <Shown query={chart} lines={6}>
        {(found) =>
          found.candles.length === 0 ? (
            <Empty icon={ChartIcon} title="No candles yet">
              Candles appear when a strategy watches an instrument, or after a download on the data page.
            </Empty>
          ) : (
            <>
              <PriceChart
                candles={found.candles.map((candle) => ({ ...candle, time: candle.timestamp }))}
                markers={markersOf(trades.data ?? [], found.instrumentKey, found.candles[0]?.timestamp ?? "")}
                lines={found.lines}
                label={found.symbol}
              />
              {found.lines.length > 0 && <Figures lines={found.lines} />}
              {found.remark !== null && <p className="text-muted mt-2 text-xs">{found.remark}</p>}
            </>
          )
        }
      </Shown>
    </Card>
  );
}

/** The figures at the last candle, in numbers. */
function Figures({ lines }: { lines: readonly ChartLine[] }) {
  const newest = new Map(lines.map((line) => [line.name, line.points.at(-1)?.value]));
  return (
    <dl
      aria-label="Indicators at the last candle"
      className="text-muted mt-3 flex flex-wrap gap-x-5 gap-y-1 text-xs"
    >
      {[...newest].map(([name, value]) => (
        <div key={name} className="flex items-center gap-1.5">
          <dt className="flex items-center gap-1.5">
            <span
              aria-hidden
              className="size-2 rounded-full"
              style={{ background: `var(${lineToken(lines, name)})` }}
            />
            {name}
          </dt>
          <dd className="text-ink tabular">{value === undefined ? "–" : figure(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function markersOf(trades: readonly Trade[], instrumentKey: string, from: string): ChartMarker[] {
  const marks = trades
    .filter((trade) => trade.instrument_key === instrumentKey)
    .flatMap((trade): ChartMarker[] => {
      const isBuy = trade.side === "BUY";
      const entry: ChartMarker = {
        time: trade.entry_time,
        kind: isBuy ? "buy" : "sell",
        text: isBuy ? "Buy" : "Sell",
      };
      if (trade.exit_time === null) return [entry];
      return [entry, { time: trade.exit_time, kind: isBuy ? "sell" : "buy", text: "Close" }];
    });
  return marks
    .filter((mark) => Date.parse(mark.time) >= Date.parse(from))
    .sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
}
