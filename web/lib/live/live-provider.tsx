"use client";

/**
 * The only place that opens channels: the user's events, nudges from single tables, other topics.
 *
 * In:  the signed-in user's id.
 * Out: `useLive` (status), `useLag`, `useUserEvents` (each event once, in order), `useTableChanges`
 *      (something of a table changed: read again), `useTopic` (what is said there).
 */
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from "react";

import { supabase } from "@/lib/supabase";
import { userEvents } from "@/lib/tables/user-events";

import { databaseNow } from "./database-clock";
import { type LiveStatus, type UserEvent, UserEvents } from "./user-events";

const LOOK_AGAIN_MS = 5_000;

type Listener = (event: UserEvent) => void;

/** A notification that is told and not kept. */
export interface Passing {
  readonly title: string;
  readonly body: string;
}

type PassingListener = (passing: Passing) => void;

interface Broadcast {
  readonly at: string;
  readonly sequence?: number;
  readonly row: Readonly<Record<string, unknown>>;
}

interface Live {
  readonly status: LiveStatus;
  /** Grows when all rows have to be read anew; 0 until the first position is known. */
  readonly resets: number;
  readonly listen: (listener: Listener) => () => void;
  readonly listenPassing: (listener: PassingListener) => () => void;
}

const LiveContext = createContext<Live | null>(null);
// Apart from the rest, because it changes with every event.
const LagContext = createContext<number | null>(null);

export function LiveProvider({ userId, children }: { userId: string; children: ReactNode }) {
  const [status, setStatus] = useState<LiveStatus>("connecting");
  const [lagMs, setLagMs] = useState<number | null>(null);
  const [resets, setResets] = useState(0);
  const listeners = useRef(new Set<Listener>());
  const passingListeners = useRef(new Set<PassingListener>());

  useEffect(() => {
    const events = new UserEvents(userEvents, {
      apply: (event) => listeners.current.forEach((listener) => listener(event)),
      reset: () => setResets((times) => times + 1),
      status: setStatus,
    });
    const channel = supabase()
      .channel(`user:${userId}`, { config: { private: true } })
      .on<Broadcast>("broadcast", { event: "*" }, ({ payload }) => {
        if (isNumbered(payload)) events.receive(payload);
        else passingListeners.current.forEach((listener) => listener(passingOf(payload)));
        // With the next frame, which shows it.
        requestAnimationFrame(() => setLagMs(Math.max(0, databaseNow() - Date.parse(payload.at))));
      })
      .subscribe((state) => events.setSubscribed(state === "SUBSCRIBED"));
    const look = () => void events.catchUp();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    const sleepOn = onWakeUp(look);
    return () => {
      clearInterval(timer);
      sleepOn();
      void supabase().removeChannel(channel);
    };
  }, [userId]);

  const live = useMemo<Live>(
    () => ({
      status,
      resets,
      listen: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
      listenPassing: (listener) => {
        passingListeners.current.add(listener);
        return () => passingListeners.current.delete(listener);
      },
    }),
    [status, resets],
  );
  return (
    <LiveContext value={live}>
      <LagContext value={lagMs}>{children}</LagContext>
    </LiveContext>
  );
}

/** Milliseconds from the commit of the last event that was broadcast to this screen, or null. */
export function useLag(): number | null {
  return useContext(LagContext);
}

/** Status of the live data. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("useLive is used outside of LiveProvider");
  return live;
}

/** Calls `handler` for each event of the user, in order. */
export function useUserEvents(handler: Listener): void {
  const { listen } = useLive();
  const latest = useEffectEvent(handler);
  const subscribe = useRef(listen);
  useEffect(() => subscribe.current((event) => latest(event)), []);
}

/** Calls `handler` for each notification that is told and not kept. */
export function usePassing(handler: PassingListener): void {
  const { listenPassing } = useLive();
  const latest = useEffectEvent(handler);
  const subscribe = useRef(listenPassing);
  useEffect(() => subscribe.current((passing) => latest(passing)), []);
}

/** Calls `nudge` when rows of a table change; they may be lost, so it only says: read again. */
export function useTableChanges(
  table: string,
  filter: string | null,
  nudge: (row: Readonly<Record<string, unknown>>) => void,
): void {
  const latest = useEffectEvent(nudge);
  useEffect(() => {
    const wanted = { event: "*" as const, schema: "public", table, ...(filter ? { filter } : {}) };
    const channel = supabase()
      .channel(`changes:${table}:${filter ?? "all"}:${crypto.randomUUID()}`)
      .on("postgres_changes", wanted, ({ new: row }) => latest(row))
      .subscribe();
    return () => void supabase().removeChannel(channel);
  }, [table, filter]);
}

interface TopicHandlers<Message> {
  /** The topic was joined, for the first time or again: what was said before is missing. */
  readonly joined: () => void;
  readonly receive: (message: Message) => void;
}

/** Topics that are being left: the client knows one channel of a name at a time. */
const leaving = new Map<string, Promise<unknown>>();

/** Joins a private topic, other than the user's own, for as long as the component is there. */
export function useTopic<Message>(topic: string, handlers: TopicHandlers<Message>): void {
  const joined = useEffectEvent(handlers.joined);
  const receive = useEffectEvent(handlers.receive);
  useEffect(() => {
    let leave: (() => void) | null = () => undefined;
    void Promise.resolve(leaving.get(topic)).then(() => {
      if (leave === null) return;
      const channel = supabase()
        .channel(topic, { config: { private: true } })
        .on<Message & object>("broadcast", { event: "*" }, ({ payload }) => receive(payload))
        .subscribe((state) => state === "SUBSCRIBED" && joined());
      leave = () => leaving.set(topic, supabase().removeChannel(channel));
    });
    return () => {
      leave?.();
      leave = null;
    };
  }, [topic]);
}

/** Calls `action` when something may have been missed: the network, the focus or the page is back. */
export function useWakeUp(action: () => void): void {
  const latest = useEffectEvent(action);
  useEffect(() => onWakeUp(latest), []);
}

function onWakeUp(action: () => void): () => void {
  const actWhenVisible = () => {
    if (document.visibilityState === "visible") action();
  };
  window.addEventListener("online", action);
  window.addEventListener("focus", action);
  document.addEventListener("visibilitychange", actWhenVisible);
  return () => {
    window.removeEventListener("online", action);
    window.removeEventListener("focus", action);
    document.removeEventListener("visibilitychange", actWhenVisible);
  };
}

function isNumbered(broadcast: Broadcast): broadcast is UserEvent {
  return typeof broadcast.sequence === "number";
}

function passingOf({ row }: Broadcast): Passing {
  return { title: String(row["title"] ?? ""), body: String(row["body"] ?? "") };
}
