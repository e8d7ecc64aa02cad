"use client";

/** The live gate: each criterion with its value and threshold, then the confirmation. */
import { ShieldCheck } from "lucide-react";
import { useState } from "react";

import { LiveConfirmation } from "@/components/strategy/live-confirmation";
import { ValidationReport } from "@/components/strategy/validation-report";
import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Shown } from "@/components/ui/states";
import { callApi } from "@/lib/api";
import { useQuery } from "@/lib/live/use-query";
import { useSettings } from "@/lib/session";
import type { ConfigDetails } from "@/lib/tables/configs";
import { readLastValidation } from "@/lib/tables/live-validations";

export function LiveMode({ config }: { config: ConfigDetails }) {
  const settings = useSettings();
  const stored = useQuery(`validation ${config.id}`, async () => ({
    report: await readLastValidation(config.id),
  }));
  const [isConfirming, setIsConfirming] = useState(false);
  const [isBusy, carryOut] = useWish();
  const isLive = config.trade_mode === "LIVE";

  const validate = () =>
    carryOut(async () => {
      const path = `/live-trading/validate/${config.strategy_id}?config_id=${config.id}`;
      await callApi(settings, { method: "POST", path });
      stored.reload();
    });
  const hasPassed = stored.data?.report?.validation_status === "PASSED";

  return (
    <div className="grid items-start gap-4 lg:grid-cols-[1fr_20rem]">
      <Card
        title="What it takes to trade live"
        action={
          <Button size="small" isBusy={isBusy} onClick={() => void validate()}>
            Validate now
          </Button>
        }
      >
        <Shown query={stored} lines={6}>
          {({ report }) =>
            report === null ? (
              <Empty icon={ShieldCheck} title="Not validated yet">
                Live trading has to be earned: profit after charges, enough good trades, a small
                drawdown, days without errors, a connected broker account.
              </Empty>
            ) : (
              <ValidationReport report={report} />
            )
          }
        </Shown>
      </Card>
      <Card title={isLive ? "Trading live" : "In simulation"}>
        <p className="text-muted mb-4 text-sm leading-relaxed">
          {isLive
            ? "Orders of this deployment go to the broker. You can send it back to simulation at any time."
            : "No order leaves this system. Live mode is offered when every criterion is met; any edit takes it back."}
        </p>
        <Button
          look={isLive ? "quiet" : "danger"}
          className="w-full"
          disabled={!isLive && !hasPassed}
          onClick={() => setIsConfirming(true)}
        >
          {isLive ? "Back to simulation" : "Trade live…"}
        </Button>
      </Card>
      <LiveConfirmation
        config={config}
        isOpen={isConfirming}
        wanted={isLive ? "VIRTUAL" : "LIVE"}
        onClose={() => setIsConfirming(false)}
      />
    </div>
  );
}
