"use client";

/** A number that runs to its value; the exact text stands there as soon as motion is reduced. */
import { useInView, useMotionValue, useReducedMotion, useSpring } from "motion/react";
import { type ComponentPropsWithoutRef, useEffect, useRef } from "react";

import { cn } from "@/lib/class-names";

interface NumberTickerProps extends ComponentPropsWithoutRef<"span"> {
  value: number;
  startValue?: number;
  direction?: "up" | "down";
  delay?: number;
  decimalPlaces?: number;
  /** What is written for a value on the way; the final text is `children` when given. */
  format?: (value: number) => string;
}

export function NumberTicker({
  value,
  startValue = 0,
  direction = "up",
  delay = 0,
  decimalPlaces = 0,
  format,
  children,
  className,
  ...props
}: NumberTickerProps) {
  const ref = useRef<HTMLSpanElement>(null);
  const isStill = useReducedMotion();
  const motionValue = useMotionValue(direction === "down" ? value : startValue);
  const spring = useSpring(motionValue, { damping: 60, stiffness: 180 });
  const isInView = useInView(ref, { once: true, margin: "0px" });
  const target = direction === "down" ? startValue : value;
  const written = typeof children === "string" ? children : null;

  useEffect(() => {
    if (!isInView || isStill) return;
    const timer = setTimeout(() => motionValue.set(target), delay * 1000);
    return () => clearTimeout(timer);
  }, [motionValue, isInView, delay, target, isStill]);

  useEffect(
    () =>
      spring.on("change", (latest) => {
        if (ref.current === null || isStill) return;
        const isThere = Math.abs(latest - target) < 0.5 * 10 ** -decimalPlaces;
        ref.current.textContent =
          isThere && written !== null ? written : textOf(latest, decimalPlaces, format);
      }),
    [spring, decimalPlaces, target, written, format, isStill],
  );

  return (
    <span ref={ref} className={cn("tabular inline-block", className)} {...props}>
      {written ?? textOf(isStill ? target : startValue, decimalPlaces, format)}
    </span>
  );
}

function textOf(value: number, decimals: number, format?: (value: number) => string): string {
  if (format !== undefined) return format(Number(value.toFixed(decimals)));
  return Intl.NumberFormat("en-IN", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(Number(value.toFixed(decimals)));
}
