/** One figure of the dashboard with its name. */
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

interface StatProps {
  icon: LucideIcon;
  name: string;
  children: ReactNode;
  note?: ReactNode;
  className?: string;
}

export function Stat({ icon: Icon, name, children, note, className }: StatProps) {
  return (
    <div className={cn("bg-surface relative h-full overflow-hidden rounded-card border p-4", className)}>
      <div className="text-muted flex items-center gap-2 text-xs font-medium">
        <span className="bg-raised text-accent grid size-7 place-items-center rounded-lg">
          <Icon aria-hidden className="size-3.5" />
        </span>
        <h2>{name}</h2>
      </div>
      <p className="tabular mt-2.5 text-xl font-semibold tracking-tight sm:text-2xl">{children}</p>
      {note !== undefined && <p className="text-muted mt-1 text-xs">{note}</p>}
    </div>
  );
}
