/** What a price chart is given, apart from the library that draws it. */

export interface ChartCandle {
  readonly time: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface ChartMarker {
  readonly time: string;
  readonly kind: "buy" | "sell";
  readonly text: string;
}

export interface ChartLine {
  readonly name: string;
  /** Lines of one pane share it; "price" lies over the candles. */
  readonly pane: string;
  readonly points: readonly { readonly time: string; readonly value: number }[];
  /** Drawn so where it may differ from what was seen. */
  readonly isDotted?: boolean;
}

const LINE_TOKENS = ["--accent", "--warn", "--gain", "--loss"];

/** The colour token of a line: lines of one name have one. */
export function lineToken(lines: readonly ChartLine[], name: string): string {
  const names = [...new Set(lines.map((line) => line.name))];
  return LINE_TOKENS[names.indexOf(name) % LINE_TOKENS.length] ?? "--accent";
}
