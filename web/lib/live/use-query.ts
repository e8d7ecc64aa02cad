"use client";

/**
 * Rows on the screen: read once, and again whenever something they show has changed.
 *
 * In:  a function that reads, and the entities whose events make it read again.
 * Out: `Query`: loading, ready or failed; what was ready stays on the screen while it is re-read.
 */
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";

import { useLive, useUserEvents } from "./live-provider";
import type { UserEvent } from "./user-events";

const GATHER_MS = 80;
// A stream of events leads to a reading now and then, not to one after the other.
const APART_MS = 400;

export interface Query<Data> {
  readonly data: Data | null;
  /** A sentence for the screen; what was read before stays in `data`. */
  readonly error: string | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

interface Result<Data> {
  readonly key: string;
  readonly data: Data | null;
  readonly error: string | null;
}

/**
 * Reads now, whenever `key` changes, after each reset of the live data, and when an event of one
 * of the `entities` arrives (several at once lead to one reading).
 */
export function useQuery<Data>(
  key: string,
  read: () => Promise<Data>,
  entities: readonly string[] = [],
): Query<Data> {
  const { resets } = useLive();
  const [result, setResult] = useState<Result<Data>>({ key, data: null, error: null });
  const latestRead = useEffectEvent(read);
  const turn = useRef(0);
  const readAt = useRef(Number.NEGATIVE_INFINITY);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  const start = useEffectEvent(async () => {
    const mine = ++turn.current;
    readAt.current = performance.now();
    try {
      const data = await latestRead();
      if (mine === turn.current) setResult({ key, data, error: null });
    } catch (error) {
      if (mine !== turn.current) return;
      setResult((before) => ({
        key,
        data: before.key === key ? before.data : null,
        error: sentenceOf(error),
      }));
    }
  });
  const [requests, setRequests] = useState(0);
  const reload = useCallback(() => setRequests((times) => times + 1), []);

  useEffect(() => {
    void start();
  }, [key, resets, requests]);

  useUserEvents((event: UserEvent) => {
    if (!entities.includes(event.entity) || timer.current !== null) return;
    const wait = Math.max(GATHER_MS, readAt.current + APART_MS - performance.now());
    timer.current = setTimeout(() => {
      timer.current = null;
      reload();
    }, wait);
  });
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );

  const isCurrent = result.key === key;
  return {
    data: isCurrent ? result.data : null,
    error: isCurrent ? result.error : null,
    isLoading: !isCurrent || (result.data === null && result.error === null),
    reload,
  };
}

/** The words of an error. */
export function sentenceOf(error: unknown): string {
  if (error instanceof TypeError) return "The server cannot be reached; trying again.";
  return error instanceof Error ? error.message : String(error);
}
