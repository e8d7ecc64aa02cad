/** A ring that fills up, such as the criteria of the live gate that are met. */
import { cn } from "@/lib/class-names";

interface AnimatedCircularProgressBarProps {
  max?: number;
  min?: number;
  value: number;
  gaugePrimaryColor: string;
  gaugeSecondaryColor: string;
  /** Read out instead of the bare number. */
  label: string;
  className?: string;
}

const RADIUS = 45;
const AROUND = 2 * Math.PI * RADIUS;

export function AnimatedCircularProgressBar({
  max = 100,
  min = 0,
  value,
  gaugePrimaryColor,
  gaugeSecondaryColor,
  label,
  className,
}: AnimatedCircularProgressBarProps) {
  const part = max === min ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min)));
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={value}
      className={cn("relative size-24 text-xl font-semibold", className)}
    >
      <svg viewBox="0 0 100 100" className="size-full -rotate-90" fill="none" strokeWidth="9">
        <circle cx="50" cy="50" r={RADIUS} stroke={gaugeSecondaryColor} />
        <circle
          cx="50"
          cy="50"
          r={RADIUS}
          stroke={gaugePrimaryColor}
          strokeLinecap="round"
          strokeDasharray={`${part * AROUND} ${AROUND}`}
          className="transition-[stroke-dasharray] duration-700 ease-out"
        />
      </svg>
      <span aria-hidden className="tabular absolute inset-0 m-auto size-fit">
        {value}/{max}
      </span>
    </div>
  );
}
