"use client";

/** Something done now and then, while the page is visible. */
import { useEffect, useEffectEvent } from "react";

export function useInterval(milliseconds: number, action: () => void): void {
  const latest = useEffectEvent(action);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") latest();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
