"use client";

/** Where the rows end that are drawn: coming into sight draws more, as pressing does. */
import { useEffect, useEffectEvent, useRef } from "react";

import { count } from "@/lib/money";

export function ShowMore({ left, onMore }: { left: number; onMore: () => void }) {
  const ref = useRef<HTMLButtonElement>(null);
  const more = useEffectEvent(onMore);
  useEffect(() => {
    if (ref.current === null) return;
    const observer = new IntersectionObserver(([seen]) => seen?.isIntersecting === true && more());
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [left]);
  return (
    <button
      ref={ref}
      type="button"
      onClick={onMore}
      className="text-accent w-full py-3 text-sm font-medium"
    >
      Show more ({count(left)} left)
    </button>
  );
}
