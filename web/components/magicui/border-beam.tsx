/** A light that runs around the border of what it stands in; the parent is `relative`. */
import type { CSSProperties } from "react";

import { cn } from "@/lib/class-names";

interface BorderBeamProps {
  size?: number;
  duration?: number;
  delay?: number;
  colorFrom?: string;
  colorTo?: string;
  className?: string;
  borderWidth?: number;
}

export function BorderBeam({
  size = 60,
  duration = 6,
  delay = 0,
  colorFrom = "var(--live)",
  colorTo = "var(--accent)",
  className,
  borderWidth = 1,
}: BorderBeamProps) {
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute inset-0 rounded-[inherit] border-(length:--width) border-transparent [mask-clip:padding-box,border-box] [mask-composite:intersect] [mask-image:linear-gradient(transparent,transparent),linear-gradient(#000,#000)]"
      style={{ "--width": `${borderWidth}px` } as CSSProperties}
    >
      <div
        className={cn(
          "animate-beam absolute aspect-square bg-linear-to-l from-(--from) via-(--to) to-transparent",
          className,
        )}
        style={
          {
            width: size,
            offsetPath: `rect(0 auto auto 0 round ${size}px)`,
            "--duration": duration,
            "--from": colorFrom,
            "--to": colorTo,
            animationDelay: `${-delay}s`,
          } as CSSProperties
        }
      />
    </div>
  );
}
