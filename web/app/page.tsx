"use client";

/** The dashboard: everything at one look, and every figure as the database has it. */
import { CandlestickChart } from "lucide-react";
import Link from "next/link";

import { KeyFigures } from "@/components/dashboard/key-figures";
import { LiveTrades } from "@/components/dashboard/live-trades";
import { MarketTicker } from "@/components/dashboard/market-ticker";
import { PnlToday } from "@/components/dashboard/pnl-today";
import { SignalAlerts } from "@/components/dashboard/signal-alerts";
import { StrategyCard } from "@/components/dashboard/strategy-card";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useQuery } from "@/lib/live/use-query";
import { readConfigs } from "@/lib/tables/configs";
import { readOverview } from "@/lib/tables/overview";

const MOST_CARDS = 100;
const CHANGES = ["trades", "orders", "strategy_configs", "strategy_commands"];

export default function Dashboard() {
  const overview = useQuery("overview", readOverview, CHANGES);
  const configs = useQuery("configs", () => readConfigs(null, MOST_CARDS), CHANGES);
  return (
    <div className="flex flex-col gap-4">
      <MarketTicker />
      <Shown query={overview} lines={2}>
        {(figures) => <KeyFigures overview={figures} />}
      </Shown>
      <div className="grid gap-4 xl:grid-cols-[1fr_25rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <PnlToday />
          <section aria-label="Strategies">
            <Shown query={configs}>
              {(rows) =>
                rows.length === 0 ? (
                  <Card>
                    <Empty
                      icon={CandlestickChart}
                      title="No strategy yet"
                      action={
                        <Link href="/strategies/?new=type" className="text-accent text-sm font-medium">
                          Create the first one
                        </Link>
                      }
                    />
                  </Card>
                ) : (
                  <div className="grid gap-4 sm:grid-cols-2 2xl:grid-cols-3">
                    {rows.map((config) => (
                      <StrategyCard key={config.id} config={config} />
                    ))}
                  </div>
                )
              }
            </Shown>
          </section>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <LiveTrades />
          <SignalAlerts />
        </div>
      </div>
    </div>
  );
}
