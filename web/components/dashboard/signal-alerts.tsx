"use client";

/** The newest signals: what was wanted, and whether it was done or why not. */
import { BellRing } from "lucide-react";

import { AnimatedList } from "@/components/magicui/animated-list";
import { inWords } from "@/components/trades/columns";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useTableChanges } from "@/lib/live/live-provider";
import { useQuery } from "@/lib/live/use-query";
import { useUser } from "@/lib/session";
import { readSignals, type TradingSignal } from "@/lib/tables/signals";
import { clock } from "@/lib/time";

const SHOWN = 6;

export function SignalAlerts() {
  const user = useUser();
  const signals = useQuery("newest signals", () => readSignals(null, SHOWN));
  useTableChanges("trading_signals", `user_id=eq.${user.id}`, signals.reload);
  return (
    <Card title="Signals">
      <Shown query={signals}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={BellRing} title="No signals yet" />
          ) : (
            <AnimatedList aria-label="Newest signals">
              {rows.map((signal) => (
                <SignalLine key={signal.id} signal={signal} />
              ))}
            </AnimatedList>
          )
        }
      </Shown>
    </Card>
  );
}

function SignalLine({ signal }: { signal: TradingSignal }) {
  const tone = { LONG: "gain", SHORT: "loss", EXIT: "neutral" } as const;
  return (
    <div className="flex items-start gap-3 border-b py-2 text-sm last:border-0">
      <Badge tone={tone[signal.signal_type]} className="w-14 shrink-0 justify-center">
        {signal.signal_type}
      </Badge>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2 text-[0.8125rem] font-medium">
          {signal.symbol}
          <span className="text-muted tabular text-xs font-normal">{clock(signal.candle_time)}</span>
        </p>
        <p className="text-muted line-clamp-2 text-xs">
          {signal.executed || signal.refusal_reason === null
            ? signal.reason
            : `${inWords(signal.refused_by ?? "refused")}: ${signal.refusal_reason}`}
        </p>
      </div>
      <Badge tone={signal.executed ? "gain" : "warn"}>{signal.executed ? "done" : "not done"}</Badge>
    </div>
  );
}
