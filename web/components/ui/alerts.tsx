"use client";

/**
 * Alerts that slide in: what was done, what was refused, what happened.
 *
 * Out: `useAlert()`, which shows one. Errors stay until they are closed; others leave by themselves.
 */
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { AnimatePresence, motion, useReducedMotion } from "motion/react";
import { usePathname } from "next/navigation";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import { createPortal } from "react-dom";

import { cn } from "@/lib/class-names";

type Kind = "done" | "error" | "info";

interface Alert {
  readonly id: number;
  readonly kind: Kind;
  readonly text: string;
}

type Show = (kind: Kind, text: string) => void;

const STAYS_MS = 5_000;
const AT_MOST = 4;
const ICONS = { done: CircleCheck, error: CircleAlert, info: Info };
const COLOURS = { done: "text-gain", error: "text-loss", info: "text-accent" };

const AlertContext = createContext<Show>(() => {});
let lastId = 0;

export function AlertProvider({ children }: { children: ReactNode }) {
  const [alerts, setAlerts] = useState<readonly Alert[]>([]);
  const close = useCallback(
    (id: number) => setAlerts((before) => before.filter((alert) => alert.id !== id)),
    [],
  );
  const [dialog, look] = useTopDialog();
  const show = useCallback<Show>(
    (kind, text) => {
      look();
      const id = ++lastId;
      setAlerts((before) => [...before.slice(1 - AT_MOST), { id, kind, text }]);
      if (kind !== "error") setTimeout(() => close(id), STAYS_MS);
    },
    [close, look],
  );
  const list = (
    <div
      role="log"
      aria-live="polite"
      aria-label="Alerts"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 max-lg:bottom-20"
    >
      <AnimatePresence>
        {alerts.map((alert) => (
          <OneAlert key={alert.id} alert={alert} onClose={() => close(alert.id)} />
        ))}
      </AnimatePresence>
    </div>
  );
  return (
    <AlertContext value={show}>
      {children}
      {dialog === null ? list : createPortal(list, dialog)}
    </AlertContext>
  );
}

/** The open dialog, or null: what is outside of it is behind it, and nobody could read or close it. */
function useTopDialog(): [Element | null, () => void] {
  const [dialog, setDialog] = useState<Element | null>(null);
  const look = useCallback(() => setDialog(document.querySelector("dialog:modal")), []);
  useEffect(() => {
    // Neither event bubbles; both are heard on their way down.
    document.addEventListener("toggle", look, true);
    document.addEventListener("close", look, true);
    return () => {
      document.removeEventListener("toggle", look, true);
      document.removeEventListener("close", look, true);
    };
  }, [look]);
  // A dialog may go with its page, without being closed.
  const path = usePathname();
  useEffect(() => {
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [path, look]);
  return [dialog, look];
}

/** The function that shows an alert. */
export function useAlert(): Show {
  return useContext(AlertContext);
}

function OneAlert({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const isStill = useReducedMotion();
  const Icon = ICONS[alert.kind];
  return (
    <motion.div
      layout
      role={alert.kind === "error" ? "alert" : "status"}
      initial={isStill ? false : { opacity: 0, x: 60 }}
      animate={{ opacity: 1, x: 0 }}
      {...(isStill ? {} : { exit: { opacity: 0, x: 60 } })}
      className="bg-surface pointer-events-auto flex items-start gap-2.5 rounded-lg border p-3 text-sm shadow-lg"
    >
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", COLOURS[alert.kind])} />
      <p className="min-w-0 flex-1 break-words">{alert.text}</p>
      <button type="button" aria-label="Close alert" onClick={onClose} className="text-muted">
        <X aria-hidden className="size-4" />
      </button>
    </motion.div>
  );
}
