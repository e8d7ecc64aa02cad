/** What came of a download: new candles, and per day the minutes expected and received. */
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/class-names";
import type { DayOfCandles, Download } from "@/lib/candle-download";
import { count } from "@/lib/money";
import { longDay } from "@/lib/time";

export function Completeness({ pages }: { pages: readonly Download[] }) {
  const days = pages.flatMap((page) => page.days);
  const added = sum(pages, "added");
  const revised = sum(pages, "revised");
  const isComplete = pages.every((page) => page.is_complete);
  return (
    <Card
      title={pages[0]?.symbol ?? "Download"}
      action={
        <Badge tone={isComplete ? "gain" : "warn"} hasDot>
          {isComplete ? "complete" : "with gaps"}
        </Badge>
      }
    >
      <p className="text-muted mb-4 text-sm">
        {count(added)} candles are new, {count(revised)} replaced others.
      </p>
      <ul aria-label="Completeness by day" className="grid gap-2 sm:grid-cols-2 lg:grid-cols-4">
        {days.map((day) => (
          <Day key={day.day} day={day} />
        ))}
      </ul>
    </Card>
  );
}

function Day({ day }: { day: DayOfCandles }) {
  const part = day.expected === null || day.expected === 0 ? null : day.received / day.expected;
  return (
    <li className="rounded-lg border p-3 text-sm">
      <div className="flex justify-between gap-2">
        <span>{longDay(`${day.day}T00:00:00+05:30`)}</span>
        <span className="tabular text-muted">
          {day.received} of {day.expected ?? "?"}
        </span>
      </div>
      <div className="bg-raised mt-2 h-1.5 overflow-hidden rounded-full">
        <div
          className={cn("h-full rounded-full", part !== null && part >= 1 ? "bg-gain" : "bg-warn")}
          style={{ width: `${Math.min(1, part ?? 0) * 100}%` }}
        />
      </div>
    </li>
  );
}

function sum(pages: readonly Download[], what: "added" | "revised"): number {
  return pages.flatMap((page) => page.stored).reduce((total, stored) => total + stored[what], 0);
}
