/** A strategy's figures at every stored candle, as the strategy itself computes them. */
import { callApi } from "@/lib/api";
import type { Settings } from "@/lib/settings";

export interface Indicators {
  readonly instrument_key: string;
  /** Starts of the candles, oldest first. */
  readonly times: readonly string[];
  /** By name, as long as `times`; null where a figure is not known yet. */
  readonly indicators: Readonly<Record<string, readonly (number | null)[]>>;
  /** Place of the first candle whose figures do not depend on where the stored candles begin. */
  readonly settled: number;
}

export interface Wanted {
  readonly strategyId: string;
  readonly configId: string;
  /** Null: the first of its symbols. */
  readonly instrumentKey: string | null;
  readonly timeframe: string;
  readonly limit: number;
}

export async function readIndicators(settings: Settings, wanted: Wanted): Promise<Indicators> {
  const query = new URLSearchParams({
    config_id: wanted.configId,
    timeframe: wanted.timeframe,
    limit: String(wanted.limit),
  });
  if (wanted.instrumentKey !== null) query.set("instrument_key", wanted.instrumentKey);
  const path = `/strategies/${wanted.strategyId}/indicators?${query}`;
  return callApi<Indicators>(settings, { method: "GET", path });
}
