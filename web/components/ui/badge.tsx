/** A word about a state; its colour repeats what the word says. */
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

export type Tone = "neutral" | "gain" | "loss" | "warn" | "accent" | "live";

const TONES: Record<Tone, string> = {
  neutral: "text-muted border-line bg-raised",
  gain: "text-gain border-gain/30 bg-gain/10",
  loss: "text-loss border-loss/30 bg-loss/10",
  warn: "text-warn border-warn/30 bg-warn/10",
  accent: "text-accent border-accent/30 bg-accent/10",
  live: "text-live border-live/40 bg-live/10",
};

export function Badge({
  tone = "neutral",
  hasDot = false,
  children,
  className,
}: {
  tone?: Tone;
  hasDot?: boolean;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span
      data-badge
      className={cn(
        "inline-flex h-5.5 items-center gap-1.5 rounded-full border px-2 text-[0.7rem] font-medium whitespace-nowrap",
        TONES[tone],
        className,
      )}
    >
      {hasDot && <span aria-hidden className="size-1.5 rounded-full bg-current" />}
      {children}
    </span>
  );
}
