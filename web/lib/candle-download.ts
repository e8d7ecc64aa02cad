/** What `POST /data/candles` takes and answers. */

export const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;

export interface CandleRequest {
  readonly symbol: string;
  readonly timeframe: string;
  readonly first_day: string;
  readonly last_day: string;
}

export interface DayOfCandles {
  readonly day: string;
  /** Minutes of the session until now; null where its hours are not known. */
  readonly expected: number | null;
  readonly received: number;
}

export interface Download {
  readonly symbol: string;
  readonly timeframe: string;
  readonly first_day: string;
  readonly last_day: string;
  readonly stored: readonly {
    readonly timeframe: string;
    readonly added: number;
    readonly revised: number;
    readonly unchanged: number;
  }[];
  readonly days: readonly DayOfCandles[];
  readonly is_complete: boolean;
  readonly outside_hours: number;
  /** Where the next page begins; null after the last. */
  readonly next_day: string | null;
}
