"use client";

/** Profit over time, above and below zero. */
import {
  BaselineSeries,
  type BaselineStyleOptions as BaselineSeriesOptions,
  type DeepPartial,
  type ISeriesApi,
  type SeriesOptionsCommon,
} from "lightweight-charts";
import { useEffect, useRef } from "react";

import { rupees } from "@/lib/money";

import { chartColour } from "./colours";
import { chartTime, useChart } from "./use-chart";

export interface PnlPoint {
  readonly time: string;
  /** Net P&L so far, as text of the database. */
  readonly total: string;
}

export function PnlCurve({ points, label }: { points: readonly PnlPoint[]; label: string }) {
  const { ref, chart, theme } = useChart();
  const last = points.at(-1);
  const series = useRef<ISeriesApi<"Baseline"> | null>(null);
  useEffect(() => {
    if (chart === null) return;
    const made = chart.addSeries(BaselineSeries, lookOf());
    series.current = made;
    return () => chart.removeSeries(made);
  }, [chart]);
  useEffect(() => series.current?.applyOptions(lookOf()), [theme]);
  useEffect(() => {
    if (chart === null) return;
    // A drawing may round; the figures beside it do not.
    const data = lastOfEachSecond(points).map(([time, value]) => ({ time, value }));
    series.current?.setData(data);
    chart.timeScale().fitContent();
  }, [chart, points]);
  return (
    <figure className="m-0">
      <div ref={ref} className="h-60 w-full" />
      <figcaption className="sr-only">
        {label}: {points.length} points
        {last !== undefined && `, now ${rupees(last.total, { signed: true })}`}
      </figcaption>
    </figure>
  );
}

function lookOf(): DeepPartial<BaselineSeriesOptions & SeriesOptionsCommon> {
  return {
    baseValue: { type: "price", price: 0 },
    topLineColor: chartColour("--gain"),
    topFillColor1: chartColour("--gain", 0.25),
    topFillColor2: chartColour("--gain", 0.02),
    bottomLineColor: chartColour("--loss"),
    bottomFillColor1: chartColour("--loss", 0.02),
    bottomFillColor2: chartColour("--loss", 0.25),
    lineWidth: 2,
    priceFormat: {
      type: "custom",
      minMove: 0.01,
      formatter: (value: number) => rupees(value.toFixed(2), { decimals: 0 }),
    },
  };
}

/** The chart takes one value per second, in order: of several the last. */
function lastOfEachSecond(points: readonly PnlPoint[]) {
  return [...new Map(points.map(({ time, total }) => [chartTime(time), Number(total)]))];
}
