"use client";

/** The four figures at the top: active strategies, total P&L, open positions, orders today. */
import { Activity, IndianRupee, Layers, ListOrdered } from "lucide-react";

import { Stat } from "@/components/dashboard/stat";
import { BlurFade } from "@/components/magicui/blur-fade";
import { NumberTicker } from "@/components/magicui/number-ticker";
import { Profit } from "@/components/ui/amount";
import { cn } from "@/lib/class-names";
import { counted, rupees, signOf } from "@/lib/money";
import type { Overview } from "@/lib/tables/overview";

export function KeyFigures({ overview }: { overview: Overview }) {
  const configs = overview.configs_by_status;
  const stopped = configs.STOPPED + configs.PAUSED + configs.ERROR;
  return (
    <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
      <BlurFade className="h-full">
        <Stat
          icon={Activity}
          name="Active strategies"
          note={configs.ERROR > 0 ? `${configs.ERROR} with an error` : `${stopped} not running`}
        >
          <NumberTicker value={configs.ACTIVE} />
        </Stat>
      </BlurFade>
      <BlurFade className="h-full" delay={0.04}>
        <Stat
          icon={IndianRupee}
          name="Total P&L, after charges"
          note={
            <>
              today <Profit amount={overview.pnl_today} />
            </>
          }
        >
          <MoneyTicker amount={overview.pnl_total} />
        </Stat>
      </BlurFade>
      <BlurFade className="h-full" delay={0.08}>
        <Stat
          icon={Layers}
          name="Open positions"
          note={
            <>
              not realised <Profit amount={overview.unrealised_pnl} />
            </>
          }
        >
          <NumberTicker value={overview.open_trades} />
        </Stat>
      </BlurFade>
      <BlurFade className="h-full" delay={0.12}>
        <Stat icon={ListOrdered} name="Orders today" note={`${counted(overview.trades_today, "trade")} closed`}>
          <NumberTicker value={overview.orders_today} />
        </Stat>
      </BlurFade>
    </div>
  );
}

/** Runs to the amount; what stands there in the end is the database's own text. */
function MoneyTicker({ amount }: { amount: string }) {
  const colour = { "-1": "text-loss", "0": "text-muted", "1": "text-gain" }[`${signOf(amount)}`];
  return (
    <NumberTicker
      value={Number(amount)}
      decimalPlaces={2}
      format={(value) => rupees(value.toFixed(2), { signed: true })}
      className={cn(colour)}
    >
      {rupees(amount, { signed: true })}
    </NumberTicker>
  );
}
