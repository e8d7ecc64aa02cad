/** A button; while something is under way it says so and cannot be pressed twice. */
import { LoaderCircle } from "lucide-react";
import type { ComponentPropsWithoutRef } from "react";

import { cn } from "@/lib/class-names";

interface ButtonProps extends ComponentPropsWithoutRef<"button"> {
  look?: "primary" | "quiet" | "danger" | "plain";
  size?: "small" | "normal";
  isBusy?: boolean;
}

const LOOKS = {
  primary: "bg-accent text-accent-ink hover:brightness-110 border-transparent",
  quiet: "bg-raised hover:border-muted/60",
  danger: "bg-live border-transparent text-white hover:brightness-110 dark:text-black",
  plain: "hover:bg-raised border-transparent bg-transparent",
};

const SIZES = { small: "h-8 px-2.5 text-xs gap-1.5", normal: "h-10 px-4 text-sm gap-2" };

export function Button({
  look = "quiet",
  size = "normal",
  isBusy = false,
  disabled,
  className,
  children,
  type = "button",
  ...props
}: ButtonProps) {
  return (
    <button
      type={type}
      disabled={disabled === true || isBusy}
      aria-busy={isBusy}
      className={cn(
        "inline-flex items-center justify-center rounded-lg border font-medium whitespace-nowrap transition",
        "active:scale-[0.98] disabled:cursor-not-allowed disabled:opacity-55",
        LOOKS[look],
        SIZES[size],
        className,
      )}
      {...props}
    >
      {isBusy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}
