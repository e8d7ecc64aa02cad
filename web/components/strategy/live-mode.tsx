"use client";

/** The live gate: each criterion with its value and threshold, then the confirmation. */
import { CircleCheck, CircleX, ShieldCheck } from "lucide-react";
import { useState } from "react";

import { AnimatedCircularProgressBar } from "@/components/magicui/animated-circular-progress-bar";
import { LiveConfirmation } from "@/components/strategy/live-confirmation";
import { useWish } from "@/components/strategies/use-wish";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/states";
import { cn } from "@/lib/class-names";
import { callApi } from "@/lib/api";
import { useSettings } from "@/lib/session";
import type { ConfigDetails } from "@/lib/tables/configs";
import { moment } from "@/lib/time";

interface Criterion {
  readonly criterion: string;
  readonly value: string | null;
  readonly threshold: string;
  readonly passed: boolean;
  readonly sentence: string;
}

interface Validation {
  readonly validation_status: "PASSED" | "FAILED";
  readonly criteria: readonly Criterion[];
  readonly validated_at: string;
  readonly expires_at: string;
}

export function LiveMode({ config }: { config: ConfigDetails }) {
  const settings = useSettings();
  const [report, setReport] = useState<Validation | null>(null);
  const [isConfirming, setIsConfirming] = useState(false);
  const [isBusy, carryOut] = useWish();
  const isLive = config.trade_mode === "LIVE";

  const validate = () =>
    carryOut(async () => {
      const path = `/live-trading/validate/${config.strategy_id}?config_id=${config.id}`;
      setReport(await callApi<Validation>(settings, { method: "POST", path }));
    });

  return (
    <div className="grid gap-4 lg:grid-cols-[1fr_20rem]">
      <Card
        title="What it takes to trade live"
        action={
          <Button size="small" isBusy={isBusy} onClick={() => void validate()}>
            Validate now
          </Button>
        }
      >
        {report === null ? (
          <Empty icon={ShieldCheck} title="Not validated in this visit">
            Live trading has to be earned: profit after charges, enough good trades, a small drawdown,
            days without errors, a connected broker account.
          </Empty>
        ) : (
          <Report report={report} />
        )}
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
          disabled={!isLive && report?.validation_status !== "PASSED"}
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

function Report({ report }: { report: Validation }) {
  const met = report.criteria.filter((criterion) => criterion.passed).length;
  const hasPassed = report.validation_status === "PASSED";
  return (
    <>
      <div className="mb-4 flex items-center gap-4">
        <AnimatedCircularProgressBar
          value={met}
          max={report.criteria.length}
          gaugePrimaryColor={hasPassed ? "var(--gain)" : "var(--warn)"}
          gaugeSecondaryColor="var(--raised)"
          label="Criteria met"
          className="size-20 text-base"
        />
        <div>
          <p className={cn("font-semibold", hasPassed ? "text-gain" : "text-warn")}>
            {hasPassed ? "Passed" : "Not yet"}
          </p>
          <p className="text-muted text-xs">
            {moment(report.validated_at)}
            {hasPassed && `, good until ${moment(report.expires_at)}`}
          </p>
        </div>
      </div>
      <ul aria-label="Criteria" className="divide-y">
        {report.criteria.map((criterion) => (
          <li key={criterion.criterion} className="flex items-start gap-3 py-2.5 text-sm">
            {criterion.passed ? (
              <CircleCheck aria-label="met" className="text-gain mt-0.5 size-4 shrink-0" />
            ) : (
              <CircleX aria-label="not met" className="text-loss mt-0.5 size-4 shrink-0" />
            )}
            <p className="min-w-0 flex-1">{criterion.sentence}</p>
            <p className="tabular text-right text-xs">
              <span className="font-semibold">{criterion.value ?? "–"}</span>
              <span className="text-muted block">needs {criterion.threshold}</span>
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
