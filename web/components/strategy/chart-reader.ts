/**
 * What the chart of a deployment shows: candles, and the figures at each of them.
 *
 * In:  a deployment and an interval.
 * Out: `read`, asked every few seconds; figures are asked for only when there is a new candle.
 */
import type { ChartLine } from "@/components/charts/chart-shapes";
import { type Indicators, readIndicators } from "@/lib/indicators";
import { sentenceOf } from "@/lib/live/use-query";
import type { Settings } from "@/lib/settings";
import { type Candle, readCandles, readInstrumentOf } from "@/lib/tables/candles";
import type { ConfigDetails } from "@/lib/tables/configs";
import { readSignals } from "@/lib/tables/signals";

import { linesAlong, linesOfSignals } from "./chart-lines";

const CANDLES = 375;
const SIGNALS = 200;

export interface ChartData {
  readonly symbol: string;
  readonly instrumentKey: string;
  readonly candles: readonly Candle[];
  readonly lines: readonly ChartLine[];
  /** Why there are no figures, or fewer than there could be; null where all is well. */
  readonly remark: string | null;
}

export class ChartReader {
  private found: Indicators | null = null;
  /** The last candle that the figures reach, milliseconds since 1970. */
  private foundAt = Number.NEGATIVE_INFINITY;
  private readonly settings: Settings;
  private readonly config: ConfigDetails;
  private readonly timeframe: string;

  constructor(settings: Settings, config: ConfigDetails, timeframe: string) {
    this.settings = settings;
    this.config = config;
    this.timeframe = timeframe;
  }

  async read(): Promise<ChartData> {
    const signalled = await readInstrumentOf(this.config.id);
    const key = signalled?.instrument_key ?? this.found?.instrument_key ?? null;
    let candles = key === null ? [] : await readCandles(key, this.timeframe, CANDLES);
    const problem = await this.refresh(key, candles.at(-1)?.timestamp ?? "");
    const instrumentKey = key ?? this.found?.instrument_key ?? "";
    if (key === null && instrumentKey !== "") {
      candles = await readCandles(instrumentKey, this.timeframe, CANDLES);
    }
    const lines = await this.lines(candles);
    return {
      symbol: candles.at(-1)?.symbol ?? signalled?.symbol ?? this.config.strategy.symbols[0] ?? "Chart",
      instrumentKey,
      candles,
      lines,
      remark: problem ?? this.remark(lines),
    };
  }

  /** Asks for the figures if there is a candle that they do not reach; returns what went wrong. */
  private async refresh(instrumentKey: string | null, newest: string): Promise<string | null> {
    const newestAt = Date.parse(newest);
    if (this.found?.instrument_key === instrumentKey && this.foundAt >= newestAt) return null;
    const { strategy, id: configId } = this.config;
    const { settings, timeframe } = this;
    const wanted = { strategyId: strategy.id, configId, instrumentKey, timeframe, limit: CANDLES };
    try {
      this.found = await readIndicators(settings, wanted);
      this.foundAt = Date.parse(this.found.times.at(-1) ?? newest);
      return null;
    } catch (error) {
      this.found = null;
      return `Indicators cannot be drawn: ${sentenceOf(error)}`;
    }
  }

  private async lines(candles: readonly Candle[]): Promise<readonly ChartLine[]> {
    if (this.config.strategy.strategy_type === "code") {
      return linesOfSignals(await readSignals(this.config.id, SIGNALS), candles);
    }
    return this.found === null ? [] : linesAlong(this.found, candles.at(-1)?.close ?? 0);
  }

  private remark(lines: readonly ChartLine[]): string | null {
    const { strategy } = this.config;
    if (strategy.strategy_type === "code" || this.found === null) return null;
    if (this.found.times.length === 0 && !strategy.timeframes.includes(this.timeframe)) {
      return `The strategy does not look at ${this.timeframe} candles: it has no indicators there.`;
    }
    if (!lines.some((line) => line.isDotted === true)) return null;
    return "Dotted: so few candles are stored before that a running strategy may have had other figures.";
  }
}
