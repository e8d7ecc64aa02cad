"use client";

/** A dialog of the browser's own: it traps the focus, closes with Escape, and tells why it opened. */
import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";

interface DialogProps {
  isOpen: boolean;
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the foot. */
  actions?: ReactNode;
}

export function Dialog({ isOpen, title, onClose, children, actions }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onClose={onClose}
      className="bg-surface text-ink m-auto w-[min(36rem,calc(100vw-2rem))] rounded-card border p-0 shadow-2xl backdrop:bg-black/55 backdrop:backdrop-blur-[2px] open:animate-[appear_0.2s_ease-out]"
    >
      {isOpen && (
        <div className="flex max-h-[85dvh] flex-col">
          <header className="flex items-center justify-between border-b px-5 py-3.5">
            <h2 id={titleId} className="font-semibold">
              {title}
            </h2>
            <button
              type="button"
              aria-label="Close"
              onClick={onClose}
              className="text-muted hover:text-ink hover:bg-raised rounded-md p-1.5"
            >
              <X aria-hidden className="size-4" />
            </button>
          </header>
          <div className="overflow-y-auto px-5 py-4">{children}</div>
          {actions !== undefined && (
            <footer className="flex flex-wrap justify-end gap-2 border-t px-5 py-3.5">
              {actions}
            </footer>
          )}
        </div>
      )}
    </dialog>
  );
}
