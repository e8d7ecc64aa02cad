/** What stands where rows would be: loading, nothing yet, or what went wrong. */
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/lib/class-names";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("bg-raised animate-pulse rounded-md", className)} />;
}

export function Loading({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 py-1">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} className="h-9 w-full" />
      ))}
    </div>
  );
}

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-8 text-center">
      <span className="bg-raised text-muted grid size-11 place-items-center rounded-full">
        <Icon aria-hidden className="size-5" />
      </span>
      <p className="text-sm font-medium">{title}</p>
      {children !== undefined && <p className="text-muted max-w-sm text-sm">{children}</p>}
      {action}
    </div>
  );
}

/** An error in words, and the way to try again. */
export function Failed({ message, onRetry }: { message: string; onRetry?: () => void }) {
  return (
    <div
      role="alert"
      className="border-loss/30 bg-loss/10 flex flex-wrap items-center gap-3 rounded-lg border px-3 py-2.5 text-sm"
    >
      <CircleAlert aria-hidden className="text-loss size-4 shrink-0" />
      <p className="min-w-0 flex-1 break-words">{message}</p>
      {onRetry !== undefined && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface QueryLike<Data> {
  readonly data: Data | null;
  readonly error: string | null;
  readonly reload: () => void;
}

/** Loading, failed, or what `children` makes of the data; a failed re-reading is told above it. */
export function Shown<Data>({
  query,
  lines,
  children,
}: {
  query: QueryLike<Data>;
  lines?: number;
  children: (data: Data) => ReactNode;
}) {
  return (
    <>
      {query.error !== null && <Failed message={query.error} onRetry={query.reload} />}
      {query.data !== null
        ? children(query.data)
        : query.error === null && <Loading {...(lines === undefined ? {} : { lines })} />}
    </>
  );
}
