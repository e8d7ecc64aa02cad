"use client";

/** A switch that shows what the database says; while a wish is on its way it pulses. */
import { motion } from "motion/react";

import { cn } from "@/lib/class-names";

interface SwitchProps {
  isOn: boolean;
  label: string;
  isPending?: boolean;
  disabled?: boolean;
  onChange: (wanted: boolean) => void;
}

export function Switch({ isOn, label, isPending = false, disabled, onChange }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      aria-busy={isPending}
      disabled={disabled === true || isPending}
      onClick={() => onChange(!isOn)}
      className={cn(
        "flex h-6 w-11 shrink-0 items-center rounded-full border p-0.5 transition-colors",
        "disabled:cursor-not-allowed disabled:opacity-60",
        isOn ? "bg-gain justify-end border-transparent" : "bg-raised border-muted/50 justify-start",
        isPending && "animate-pulse",
      )}
    >
      <motion.span
        layout
        transition={{ type: "spring", stiffness: 600, damping: 34 }}
        className={cn("size-4.5 rounded-full shadow-sm", isOn ? "bg-surface" : "bg-muted")}
      />
    </button>
  );
}
