"use client";

/** The signals of one deployment, each with the figures it was made of. */
import { BellRing } from "lucide-react";

import { inWords } from "@/components/trades/columns";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { useTableChanges } from "@/lib/live/live-provider";
import { useQuery } from "@/lib/live/use-query";
import { figure, price } from "@/lib/money";
import { readSignals, type TradingSignal } from "@/lib/tables/signals";
import { moment } from "@/lib/time";

const SHOWN = 30;
const TONES = { LONG: "gain", SHORT: "loss", EXIT: "neutral" } as const;

export function Signals({ configId }: { configId: string }) {
  const signals = useQuery(`signals ${configId}`, () => readSignals(configId, SHOWN));
  useTableChanges("trading_signals", `strategy_config_id=eq.${configId}`, signals.reload);
  return (
    <Card title="Signals">
      <Shown query={signals}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={BellRing} title="No signals yet" />
          ) : (
            <ul tabIndex={0} aria-label="Signals, newest first" className="max-h-96 divide-y overflow-y-auto">
              {rows.map((signal) => (
                <SignalDetails key={signal.id} signal={signal} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Card>
  );
}

function SignalDetails({ signal }: { signal: TradingSignal }) {
  const figures = Object.entries(signal.indicators ?? {});
  return (
    <li className="py-2.5 text-sm">
      <details>
        <summary className="flex flex-wrap items-center gap-2">
          <Badge tone={TONES[signal.signal_type]}>{signal.signal_type}</Badge>
          <span className="font-medium">{signal.symbol}</span>
          <span className="tabular">at {price(signal.price)}</span>
          <span className="text-muted text-xs">{moment(signal.candle_time)}</span>
          {signal.signal_strength !== null && (
            <span className="text-muted text-xs">strength {signal.signal_strength}</span>
          )}
          <Badge tone={signal.executed ? "gain" : "warn"} className="ml-auto">
            {signal.executed ? "done" : inWords(signal.refused_by ?? "not done")}
          </Badge>
        </summary>
        <div className="mt-2 flex flex-col gap-2 pl-1">
          <p>{signal.reason}</p>
          {signal.refusal_reason !== null && <p className="text-warn">{signal.refusal_reason}</p>}
          <dl className="text-muted flex flex-wrap gap-x-5 gap-y-1 text-xs">
            {signal.stop_loss !== null && <Figure name="stop" value={price(signal.stop_loss)} />}
            {signal.target_price !== null && <Figure name="target" value={price(signal.target_price)} />}
            {figures.map(([name, value]) => (
              <Figure key={name} name={name} value={shown(value)} />
            ))}
          </dl>
        </div>
      </details>
    </li>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex gap-1.5">
      <dt>{name}</dt>
      <dd className="text-ink tabular">{value}</dd>
    </div>
  );
}

function shown(value: unknown): string {
  if (typeof value === "number") return figure(value);
  return value === null ? "–" : String(value);
}
