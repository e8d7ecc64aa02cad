/** What was found in a piece of code: findings by line, what it does in words, a dry run. */
import { CircleCheck, CircleX, Info } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { cn } from "@/lib/class-names";
import type { CodeCheck, DryRun } from "@/lib/code";
import { counted } from "@/lib/money";
import { clock } from "@/lib/time";

const STEPS_SHOWN = 12;

export function CodeReport({ check, note }: { check: CodeCheck | null; note?: string }) {
  return (
    <section aria-label="Report on the code" className="flex flex-col gap-3 rounded-lg border p-4 text-sm">
      {note !== undefined && <p className="text-muted">{note}</p>}
      {check !== null && (
        <>
          <p className={cn("flex items-center gap-2 font-medium", check.ok ? "text-gain" : "text-loss")}>
            {check.ok ? <CircleCheck aria-hidden className="size-4" /> : <CircleX aria-hidden className="size-4" />}
            {check.ok ? "It can run." : "It cannot run like this."}
          </p>
          {check.findings.length > 0 && (
            <ul aria-label="Findings" className="flex flex-col gap-1.5">
              {check.findings.map((finding) => (
                <li key={`${finding.line} ${finding.sentence}`} className="flex gap-2">
                  <Info
                    aria-hidden
                    className={cn("mt-0.5 size-3.5 shrink-0", finding.stops ? "text-loss" : "text-warn")}
                  />
                  <span>
                    {finding.line !== null && <span className="text-muted">Line {finding.line}: </span>}
                    {finding.sentence}
                  </span>
                </li>
              ))}
            </ul>
          )}
          {check.explanation !== null && (
            <div>
              <h3 className="mb-1 font-medium">What it does</h3>
              <p className="text-muted leading-relaxed whitespace-pre-line">{check.explanation.text}</p>
            </div>
          )}
          {check.dry_run !== null && <Steps run={check.dry_run} />}
        </>
      )}
    </section>
  );
}

function Steps({ run }: { run: DryRun }) {
  const told = run.steps.filter((step) => step.signal !== "hold");
  return (
    <div>
      <h3 className="mb-1 font-medium">
        Dry run on {run.steps.length} {run.candles === "stored" ? "stored" : "made-up"} candles
        {run.symbol !== null && ` of ${run.symbol}`}
      </h3>
      <p className="text-muted mb-2">
        {told.length === 0 ? "It held all the way." : `${counted(told.length, "signal")}; the last ones:`}
      </p>
      <ul className="flex flex-col gap-1">
        {told.slice(-STEPS_SHOWN).map((step) => (
          <li key={step.candle_time} className="flex items-center gap-2 text-xs">
            <span className="tabular text-muted">{clock(step.candle_time)}</span>
            <Badge tone={step.signal === "buy" ? "gain" : "loss"}>{step.signal}</Badge>
            <span className="truncate">{step.reason}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
