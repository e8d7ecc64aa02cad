"use client";

/** Form fields whose label floats up when there is something in them; errors stand beneath. */
import { type ComponentPropsWithoutRef, type ReactNode, useId } from "react";

import { cn } from "@/lib/class-names";

interface Common {
  label: string;
  error?: string | undefined;
  hint?: ReactNode;
}

const BOX =
  // Of less than 16 px a phone would enlarge the page whenever somebody writes.
  "peer bg-surface w-full rounded-lg border px-3 text-sm max-sm:text-base transition placeholder:text-transparent " +
  "hover:border-muted/60 focus:border-accent disabled:opacity-60 aria-invalid:border-loss";
const LABEL =
  "text-muted pointer-events-none absolute left-2.5 bg-surface px-1 transition-all " +
  "-top-2 text-[0.7rem]";
const LABEL_INSIDE =
  "peer-placeholder-shown:top-3 peer-placeholder-shown:text-sm " +
  "peer-focus:-top-2 peer-focus:text-[0.7rem] peer-focus:text-accent";

export function TextField({
  label,
  error,
  hint,
  className,
  ...props
}: Common & ComponentPropsWithoutRef<"input">) {
  const id = useId();
  return (
    <Framed id={id} error={error} hint={hint} className={className}>
      <input
        id={id}
        placeholder=" "
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className={cn(BOX, "h-11")}
        {...props}
      />
      <label htmlFor={id} className={cn(LABEL, LABEL_INSIDE)}>
        {label}
      </label>
    </Framed>
  );
}

export function TextArea({
  label,
  error,
  hint,
  className,
  ...props
}: Common & ComponentPropsWithoutRef<"textarea">) {
  const id = useId();
  return (
    <Framed id={id} error={error} hint={hint} className={className}>
      <textarea
        id={id}
        placeholder=" "
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className={cn(BOX, "min-h-24 py-3")}
        {...props}
      />
      <label htmlFor={id} className={cn(LABEL, LABEL_INSIDE)}>
        {label}
      </label>
    </Framed>
  );
}

export function SelectField({
  label,
  error,
  hint,
  className,
  children,
  ...props
}: Common & ComponentPropsWithoutRef<"select">) {
  const id = useId();
  return (
    <Framed id={id} error={error} hint={hint} className={className}>
      <select
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className={cn(BOX, "h-11 truncate pr-7")}
        {...props}
      >
        {children}
      </select>
      <label htmlFor={id} className={LABEL}>
        {label}
      </label>
    </Framed>
  );
}

interface FramedProps {
  id: string;
  error: string | undefined;
  hint: ReactNode;
  className: string | undefined;
  children: ReactNode;
}

function Framed({ id, error, hint, className, children }: FramedProps) {
  return (
    <div className={cn("relative", className)}>
      {children}
      <p
        id={`${id}-note`}
        className={cn("px-1 text-xs", error === undefined ? "text-muted" : "text-loss", (error ?? hint) !== undefined && "mt-1")}
      >
        {error ?? hint}
      </p>
    </div>
  );
}
