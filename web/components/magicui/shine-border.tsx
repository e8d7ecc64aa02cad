/** A border that shimmers; the parent is `relative`. */
import type { ComponentPropsWithoutRef, CSSProperties } from "react";

import { cn } from "@/lib/class-names";

interface ShineBorderProps extends ComponentPropsWithoutRef<"div"> {
  borderWidth?: number;
  duration?: number;
  shineColor?: string | string[];
}

export function ShineBorder({
  borderWidth = 1,
  duration = 14,
  shineColor = "var(--accent)",
  className,
  style,
  ...props
}: ShineBorderProps) {
  const colors = Array.isArray(shineColor) ? shineColor.join(",") : shineColor;
  return (
    <div
      aria-hidden
      className={cn(
        "animate-shine pointer-events-none absolute inset-0 size-full rounded-[inherit] bg-size-[300%_300%] will-change-[background-position]",
        className,
      )}
      style={
        {
          "--duration": `${duration}s`,
          padding: borderWidth,
          backgroundImage: `radial-gradient(transparent, transparent, ${colors}, transparent, transparent)`,
          mask: "linear-gradient(#fff 0 0) content-box, linear-gradient(#fff 0 0)",
          maskComposite: "exclude",
          ...style,
        } as CSSProperties
      }
      {...props}
    />
  );
}
