"use client";

/** Candles of what the strategy watches, its trades on them, and the indicators of its signals. */
import { CandlestickChart as ChartIcon } from "lucide-react";
import { useState } from "react";

import { PriceChart } from "@/components/charts/lazy";
import type { ChartLine, ChartMarker } from "@/components/charts/price-chart";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useInterval } from "@/lib/live/use-interval";
import { useQuery } from "@/lib/live/use-query";
import { useTrades } from "@/lib/live/use-trades";
import { readCandles, readInstrumentOf } from "@/lib/tables/candles";
import type { ConfigDetails } from "@/lib/tables/configs";
import { readSignals, type TradingSignal } from "@/lib/tables/signals";
import type { Trade } from "@/lib/tables/trades";

const CANDLES = 375;
const SIGNALS = 200;
const LOOK_MS = 5_000;
// Indicators on the scale of the price lie over the candles; others get a pane of their own.
const NEAR = 0.2;

export function LiveChart({ config }: { config: ConfigDetails }) {
  const [timeframe, setTimeframe] = useState(config.strategy.timeframes[0] ?? "1m");
  const chart = useQuery(`chart ${config.id} ${timeframe}`, () => readChart(config.id, timeframe));
  const trades = useTrades({ configId: config.id }, SIGNALS);
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
              Candles appear with the first signal of this strategy, or after a download on the data page.
            </Empty>
          ) : (
            <PriceChart
              candles={found.candles.map((candle) => ({ ...candle, time: candle.timestamp }))}
              markers={markersOf(trades.data ?? [], found.instrumentKey, found.candles[0]?.timestamp ?? "")}
              lines={found.lines}
              label={found.symbol}
            />
          )
        }
      </Shown>
    </Card>
  );
}

interface ChartData {
  readonly symbol: string;
  readonly instrumentKey: string;
  readonly candles: Awaited<ReturnType<typeof readCandles>>;
  readonly lines: readonly ChartLine[];
}

async function readChart(configId: string, timeframe: string): Promise<ChartData> {
  const instrument = await readInstrumentOf(configId);
  if (instrument === null) return { symbol: "Chart", instrumentKey: "", candles: [], lines: [] };
  const [candles, signals] = await Promise.all([
    readCandles(instrument.instrument_key, timeframe, CANDLES),
    readSignals(configId, SIGNALS),
  ]);
  const first = Date.parse(candles[0]?.timestamp ?? "");
  const shown = signals.filter((signal) => Date.parse(signal.candle_time) >= first).toReversed();
  const lines = linesOf(shown, candles.at(-1)?.close ?? 0);
  return { symbol: instrument.symbol, instrumentKey: instrument.instrument_key, candles, lines };
}

/** The indicators that signals carried, by name. */
function linesOf(signals: readonly TradingSignal[], price: number): ChartLine[] {
  const points = new Map<string, Map<string, number>>();
  for (const signal of signals) {
    for (const [name, value] of Object.entries(signal.indicators ?? {})) {
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const line = points.get(name) ?? new Map<string, number>();
      points.set(name, line.set(signal.candle_time, value));
    }
  }
  return [...points]
    .filter(([, line]) => line.size > 1)
    .map(([name, line]) => {
      const last = [...line.values()].at(-1) ?? 0;
      const isNear = Math.abs(last - price) < NEAR * price;
      const ordered = [...line].map(([time, value]) => ({ time, value }));
      return { name, pane: isNear ? "price" : "indicators", points: ordered };
    });
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
