/** A surface with an optional head. */
import type { ComponentPropsWithoutRef, ReactNode } from "react";

import { cn } from "@/lib/class-names";

interface CardProps extends Omit<ComponentPropsWithoutRef<"section">, "title"> {
  title?: ReactNode;
  /** Beside the title, at the right. */
  action?: ReactNode;
}

export function Card({ title, action, className, children, ...props }: CardProps) {
  return (
    <section
      aria-label={typeof title === "string" ? title : undefined}
      className={cn(
        "bg-surface relative rounded-card border p-4 shadow-xs sm:p-5",
        className,
      )}
      {...props}
    >
      {(title !== undefined || action !== undefined) && (
        <header className="mb-3 flex min-h-7 flex-wrap items-center justify-between gap-2">
          <h2 className="text-sm font-semibold tracking-tight">{title}</h2>
          {action}
        </header>
      )}
      {children}
    </section>
  );
}
