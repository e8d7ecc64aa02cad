"use client";

/** Equity by day, virtual and live apart, and beneath it how far each is below its peak. */
import { type IChartApi, LineSeries } from "lightweight-charts";
import { useEffect } from "react";

import { rupees } from "@/lib/money";

import { chartColour } from "./colours";
import { chartTime, useChart } from "./use-chart";

export interface EquityOfDay {
  /** The day in India, "2026-11-20". */
  readonly date: string;
  /** As text of the database. */
  readonly virtual: string;
  /** Null before the first live day. */
  readonly live: string | null;
}

interface Line {
  readonly name: string;
  readonly token: string;
  readonly points: readonly { readonly date: string; readonly value: number }[];
}

const DRAWDOWN_PANE = 1;

/** Days oldest first. A drawing may round; the figures beside it do not. */
export function EquityChart({ days }: { days: readonly EquityOfDay[] }) {
  const { ref, chart, theme } = useChart();
  useEffect(() => (chart === null ? undefined : draw(chart, linesOf(days))), [chart, theme, days]);
  return (
    <figure className="m-0">
      <div ref={ref} className="h-80 w-full" />
      <figcaption className="text-muted mt-2 text-xs">
        Equity of {days.length} days: <span className="text-accent">virtual</span>,{" "}
        <span className="text-live">live</span>; beneath it the drawdown from the peak
      </figcaption>
    </figure>
  );
}

function linesOf(days: readonly EquityOfDay[]): readonly Line[] {
  const virtual = days.map(({ date, virtual: equity }) => ({ date, value: Number(equity) }));
  const live = days.flatMap(({ date, live: equity }) =>
    equity === null ? [] : [{ date, value: Number(equity) }],
  );
  return [
    { name: "virtual", token: "--accent", points: virtual },
    { name: "live", token: "--live", points: live },
  ].filter(({ points }) => points.length > 0);
}

/** Draws everything; returns what takes it away. */
function draw(chart: IChartApi, lines: readonly Line[]): () => void {
  const drawn = lines.flatMap(({ name, token, points }) => {
    const look = { color: chartColour(token), priceLineVisible: false, title: name } as const;
    const equity = chart.addSeries(LineSeries, {
      ...look,
      lineWidth: 2,
      priceFormat: { type: "custom", minMove: 0.01, formatter: inRupees },
    });
    equity.setData(points.map(({ date, value }) => ({ time: timeOf(date), value })));
    const below = chart.addSeries(
      LineSeries,
      {
        ...look,
        lineWidth: 1,
        priceFormat: { type: "custom", minMove: 0.01, formatter: inPercent },
      },
      DRAWDOWN_PANE,
    );
    below.setData(drawdownOf(points).map(({ date, value }) => ({ time: timeOf(date), value })));
    return [equity, below];
  });
  chart.timeScale().fitContent();
  return () => drawn.forEach((series) => chart.removeSeries(series));
}

/** Percent below the highest equity so far: 0 at a peak, −4.2 after a loss. */
function drawdownOf(points: Line["points"]): Line["points"] {
  let peak = Number.NEGATIVE_INFINITY;
  return points.map(({ date, value }) => {
    peak = Math.max(peak, value);
    return { date, value: peak > 0 ? (100 * (value - peak)) / peak : 0 };
  });
}

function timeOf(date: string) {
  return chartTime(`${date}T00:00:00+05:30`);
}

function inRupees(value: number): string {
  return rupees(value.toFixed(2), { decimals: 0 });
}

function inPercent(value: number): string {
  return `${value.toFixed(1)} %`;
}
