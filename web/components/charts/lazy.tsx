"use client";

/** The charts, fetched when one is first shown: a page without a chart does not pay for them. */
import dynamic from "next/dynamic";

import { Skeleton } from "@/components/ui/states";

export const PriceChart = dynamic(
  async () => (await import("@/components/charts/price-chart")).PriceChart,
  { ssr: false, loading: () => <Skeleton className="h-80 w-full sm:h-96" /> },
);

export const PnlCurve = dynamic(
  async () => (await import("@/components/charts/pnl-curve")).PnlCurve,
  { ssr: false, loading: () => <Skeleton className="h-60 w-full" /> },
);

export const EquityChart = dynamic(
  async () => (await import("@/components/charts/equity-chart")).EquityChart,
  { ssr: false, loading: () => <Skeleton className="h-80 w-full" /> },
);
