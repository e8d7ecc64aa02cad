"use client";

/** What a validation found: each criterion with its value and threshold. */
import { CircleCheck, CircleX } from "lucide-react";

import { AnimatedCircularProgressBar } from "@/components/magicui/animated-circular-progress-bar";
import { inWords } from "@/components/trades/columns";
import { cn } from "@/lib/class-names";
import { rupees } from "@/lib/money";
import type { Criterion, Validation } from "@/lib/tables/live-validations";
import { moment } from "@/lib/time";

const MOST_SHOWN = 16;

export function ValidationReport({ report }: { report: Validation }) {
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
          <CriterionLine key={criterion.criterion} criterion={criterion} />
        ))}
      </ul>
    </>
  );
}

function CriterionLine({ criterion }: { criterion: Criterion }) {
  return (
    <li className="flex items-start gap-3 py-2.5 text-sm">
      {criterion.passed ? (
        <CircleCheck aria-label="met" className="text-gain mt-0.5 size-4 shrink-0" />
      ) : (
        <CircleX aria-label="not met" className="text-loss mt-0.5 size-4 shrink-0" />
      )}
      <div className="min-w-0 flex-1">
        <p className="font-medium">{inWords(criterion.criterion)}</p>
        <p className="text-muted text-xs first-letter:uppercase">{criterion.sentence}</p>
      </div>
      <p className="tabular text-right text-xs whitespace-nowrap">
        <span className="font-semibold" title={criterion.value ?? undefined}>
          {shown(criterion, criterion.value)}
        </span>
        <span className="text-muted block">needs {shown(criterion, criterion.threshold)}</span>
      </p>
    </li>
  );
}

/** Money as money, parts as percent, a digest by its beginning. */
function shown({ criterion }: Criterion, value: string | null): string {
  if (value === null) return "–";
  if (criterion === "net_profit") return rupees(value, { signed: true });
  if (criterion === "drawdown") return `${value} %`;
  return value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value;
}
