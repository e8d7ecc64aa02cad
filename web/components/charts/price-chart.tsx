"use client";

/** Candles with volume, the trades on them, and lines of indicators, each group in its own pane. */
import {
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  LineSeries,
  LineStyle,
  type SeriesMarker,
  type Time,
} from "lightweight-charts";
import { useEffect, useMemo } from "react";

import { price as priceOf } from "@/lib/money";

import { type ChartCandle, type ChartLine, type ChartMarker, lineToken } from "./chart-shapes";
import { chartColour } from "./colours";
import { chartTime, useChart } from "./use-chart";

interface PriceChartProps {
  candles: readonly ChartCandle[];
  markers?: readonly ChartMarker[];
  lines?: readonly ChartLine[];
  label: string;
}

const VOLUME_SHARE = { top: 0.8, bottom: 0 };
const HEIGHT = 384;
const PANE_HEIGHT = 88;
// The candles' share of the height, to one of each pane beneath.
const PRICE_STRETCH = 4;
// Candles of room to the right: the texts of the newest marks are as wide.
const ROOM = 5;
const IN_RUPEES = {
  type: "custom",
  minMove: 0.01,
  formatter: (value: number) => priceOf(value.toFixed(2)),
} as const;
const AS_FIGURES = {
  type: "custom",
  minMove: 0.0001,
  formatter: (value: number) => priceOf(value.toFixed(4)),
} as const;

export function PriceChart({ candles, markers = [], lines = [], label }: PriceChartProps) {
  const { ref, chart, theme } = useChart();
  const last = candles.at(-1);
  // Drawn anew as a whole: a few hundred candles take a few milliseconds.
  const content = useMemo(() => ({ candles, markers, lines }), [candles, markers, lines]);
  useEffect(() => {
    if (chart === null) return;
    return draw(chart, content.candles, content.markers, content.lines);
  }, [chart, theme, content]);
  return (
    <figure className="m-0">
      <div ref={ref} className="w-full" style={{ height: HEIGHT + PANE_HEIGHT * panesOf(lines).length }} />
      <figcaption className="sr-only">
        {label}: {candles.length} candles
        {last !== undefined && `, the last one closed at ${last.close}`}, {markers.length} trade marks
      </figcaption>
    </figure>
  );
}

/** Draws everything; returns what takes it away. */
function draw(
  chart: IChartApi,
  candles: readonly ChartCandle[],
  markers: readonly ChartMarker[],
  lines: readonly ChartLine[],
): () => void {
  const up = chartColour("--gain");
  const down = chartColour("--loss");
  const price = chart.addSeries(CandlestickSeries, {
    upColor: up,
    downColor: down,
    borderVisible: false,
    wickUpColor: up,
    wickDownColor: down,
    priceFormat: IN_RUPEES,
  });
  price.setData(candles.map((candle) => ({ ...candle, time: chartTime(candle.time) })));
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: VOLUME_SHARE });
  volume.setData(
    candles.map((candle) => ({
      time: chartTime(candle.time),
      value: candle.volume,
      color: chartColour(candle.close >= candle.open ? "--gain" : "--loss", 0.35),
    })),
  );
  createSeriesMarkers(price, markers.map(markerOf));
  const drawn = drawLines(chart, lines);
  chart.timeScale().applyOptions({ rightOffset: ROOM });
  chart.timeScale().scrollToRealTime();
  return () => {
    for (const series of [...drawn, volume, price]) chart.removeSeries(series);
  };
}

function drawLines(chart: IChartApi, lines: readonly ChartLine[]) {
  const panes = panesOf(lines);
  const drawn = lines.map((line) => {
    const series = chart.addSeries(
      LineSeries,
      {
        color: chartColour(lineToken(lines, line.name)),
        lineWidth: 2,
        lineStyle: line.isDotted === true ? LineStyle.Dotted : LineStyle.Solid,
        title: line.name,
        priceLineVisible: false,
        lastValueVisible: false,
        priceFormat: line.pane === "price" ? IN_RUPEES : AS_FIGURES,
      },
      line.pane === "price" ? 0 : panes.indexOf(line.pane) + 1,
    );
    series.setData(line.points.map(({ time, value }) => ({ time: chartTime(time), value })));
    return series;
  });
  chart.panes()[0]?.setStretchFactor(PRICE_STRETCH);
  return drawn;
}

/** The panes beneath the candles. */
function panesOf(lines: readonly ChartLine[]): string[] {
  return [...new Set(lines.map((line) => line.pane).filter((pane) => pane !== "price"))];
}

function markerOf(marker: ChartMarker): SeriesMarker<Time> {
  const isBuy = marker.kind === "buy";
  return {
    time: chartTime(marker.time),
    position: isBuy ? "belowBar" : "aboveBar",
    shape: isBuy ? "arrowUp" : "arrowDown",
    color: chartColour(isBuy ? "--gain" : "--loss"),
    text: marker.text,
  };
}
