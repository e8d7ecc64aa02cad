/** What the API says about strategy code: `/convert` and `/strategies/{id}/validate-code`. */

export interface CodeFinding {
  readonly kind: string;
  readonly sentence: string;
  readonly line: number | null;
  /** Whether it keeps the code from running. */
  readonly stops: boolean;
}

export interface CodeExplanation {
  readonly text: string;
  readonly rules: readonly string[];
}

export interface DryRunStep {
  readonly candle_time: string;
  readonly signal: "buy" | "sell" | "hold";
  readonly reason: string | null;
  readonly indicators: Readonly<Record<string, number>>;
  readonly position: "LONG" | "SHORT" | null;
}

export interface DryRun {
  /** Whether the candles are real. */
  readonly candles: "stored" | "made_up";
  readonly symbol: string | null;
  readonly timeframe: string;
  readonly steps: readonly DryRunStep[];
  readonly printed: readonly string[];
}

export interface CodeCheck {
  readonly ok: boolean;
  readonly findings: readonly CodeFinding[];
  readonly explanation: CodeExplanation | null;
  readonly dry_run: DryRun | null;
}

export interface Conversion {
  readonly language: string;
  readonly note: string;
  readonly python_code: string | null;
  readonly check: CodeCheck | null;
}
