/**
 * Figures as lines: over the candles where they are on the scale of the price, else beneath them.
 *
 * In:  figures along the candles, or those that signals carried (of a strategy that is code).
 * Out: lines for `PriceChart`; the part of a line that may differ from what the strategy had is
 *      dotted.
 */
import type { ChartLine } from "@/components/charts/chart-shapes";
import type { Indicators } from "@/lib/indicators";
import type { Candle } from "@/lib/tables/candles";
import type { TradingSignal } from "@/lib/tables/signals";

const NEAR = 0.2;
// These are read together: a band and what moves in it.
const BAND = new Set(["lower", "middle", "upper", "basis"]);

type Points = ChartLine["points"];

/** Lines of all figures, each with its dotted beginning where there is one. */
export function linesAlong(found: Indicators, price: number): ChartLine[] {
  return Object.entries(found.indicators).flatMap(([name, values]) => {
    const points = values.map((value, place) => ({ time: found.times[place] ?? "", value }));
    const exact = known(points.slice(found.settled));
    const before = known(points.slice(0, found.settled + 1)); // They meet at one candle.
    const pane = paneOf(name, (exact.at(-1) ?? before.at(-1))?.value ?? 0, price);
    return [
      ...(before.length > 1 ? [{ name, pane, points: before, isDotted: true }] : []),
      ...(exact.length > 0 ? [{ name, pane, points: exact }] : []),
    ];
  });
}

/** Lines through what signals carried, each at the candle it was decided on. */
export function linesOfSignals(signals: readonly TradingSignal[], candles: readonly Candle[]): ChartLine[] {
  const points = new Map<string, Map<string, number>>();
  for (const signal of signals.toReversed()) {
    const candle = candles.findLast((each) => each.timestamp < signal.candle_time);
    if (candle === undefined) continue;
    for (const [name, value] of Object.entries(signal.indicators ?? {})) {
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const line = points.get(name) ?? new Map<string, number>();
      points.set(name, line.set(candle.timestamp, value));
    }
  }
  const price = candles.at(-1)?.close ?? 0;
  return [...points]
    .filter(([, line]) => line.size > 1)
    .map(([name, line]) => ({
      name,
      pane: paneOf(name, [...line.values()].at(-1) ?? 0, price),
      points: [...line].map(([time, value]) => ({ time, value })),
    }));
}

function known(points: readonly { time: string; value: number | null }[]): Points {
  return points.flatMap(({ time, value }) => (value === null ? [] : [{ time, value }]));
}

function paneOf(name: string, value: number, price: number): string {
  if (Math.abs(value - price) < NEAR * price) return "price";
  return BAND.has(name) ? "band" : name;
}
