"use client";

/** A chart in an element: made, coloured by the theme, resized, removed. */
import {
  ColorType,
  createChart,
  type IChartApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { type RefObject, useEffect, useRef, useState } from "react";

import { clock, day } from "@/lib/time";

import { chartColour } from "./colours";

export interface ChartHandle {
  readonly ref: RefObject<HTMLDivElement | null>;
  /** Null until the element is there. */
  readonly chart: IChartApi | null;
  /** Grows when the theme changes: series are coloured anew. */
  readonly theme: number;
}

/** Makes a chart; times are shown in IST. */
export function useChart(): ChartHandle {
  const ref = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<IChartApi | null>(null);
  const [theme, setTheme] = useState(0);

  useEffect(() => {
    if (ref.current === null) return;
    const made = createChart(ref.current, { autoSize: true, ...lookOf() });
    setChart(made);
    const recolour = () => {
      made.applyOptions(lookOf());
      setTheme((times) => times + 1);
    };
    window.addEventListener("themechange", recolour);
    return () => {
      window.removeEventListener("themechange", recolour);
      setChart(null);
      // After those who drew on it have taken their series away, which happens in this turn.
      queueMicrotask(() => made.remove());
    };
  }, []);
  return { ref, chart, theme };
}

/** A moment as the chart's time: whole seconds UTC. */
export function chartTime(at: string): UTCTimestamp {
  return Math.floor(Date.parse(at) / 1000) as UTCTimestamp;
}

function lookOf() {
  const line = chartColour("--line", 0.6);
  return {
    layout: {
      background: { type: ColorType.Solid, color: "transparent" },
      textColor: chartColour("--muted"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      attributionLogo: true,
      panes: { separatorColor: line, separatorHoverColor: line },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: line } },
    rightPriceScale: { borderVisible: false },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      secondsVisible: false,
      tickMarkFormatter: (time: Time, kind: number) =>
        kind <= 2 ? day(dateOf(time)) : clock(dateOf(time)).slice(0, 5),
    },
    localization: { timeFormatter: (time: Time) => `${day(dateOf(time))} ${clock(dateOf(time))}` },
    crosshair: { vertLine: { labelVisible: true } },
  };
}

function dateOf(time: Time): Date {
  return new Date(Number(time) * 1000);
}
