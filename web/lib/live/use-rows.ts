"use client";

/**
 * Rows that follow the user's events at once, without asking the database again.
 *
 * In:  a function that reads rows, and how a row is made of an event.
 * Out: a `Query` of the rows, each once, in the wished order.
 *
 * Applying an event twice, or one older than what was read, changes nothing: the newer of two
 * versions of a row stays.
 */
import { useState, useSyncExternalStore } from "react";

import { useUserEvents } from "./live-provider";
import { type Query, useQuery } from "./use-query";
import type { UserEvent } from "./user-events";

const DRAW_MS = 40;

export interface RowSource<Row> {
  /** The entity whose events change these rows. */
  readonly entity: string;
  /** Reads the rows. */
  readonly read: () => Promise<readonly Row[]>;
  /** The row an event carries; null when it does not belong to these rows. */
  readonly rowOf: (event: UserEvent) => Row | null;
  readonly idOf: (row: Row) => string;
  /** Grows with each change of a row. */
  readonly versionOf: (row: Row) => number;
  /** The order on the screen. */
  readonly compare: (one: Row, other: Row) => number;
}

/** Reads rows and keeps them current; `key` names what is read, such as a filter. */
export function useRows<Row>(key: string, source: RowSource<Row>): Query<readonly Row[]> {
  const [changed] = useState(() => new ChangedRows<Row>());
  useSyncExternalStore(changed.subscribe, changed.version, changed.version);
  const query = useQuery(key, source.read);

  useUserEvents((event) => {
    if (event.entity !== source.entity) return;
    const row = source.rowOf(event);
    if (row !== null) changed.add(key, source.idOf(row), row);
  });
  const data = query.data === null ? null : merged(query.data, changed.of(key), source);
  return { ...query, data };
}

/** Rows that events brought since the page was opened, by what was being shown. */
class ChangedRows<Row> {
  private key = "";
  private rows = new Map<string, Row>();
  private count = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly version = (): number => this.count;

  add(key: string, id: string, row: Row): void {
    if (this.key !== key) {
      this.key = key;
      this.rows = new Map();
    }
    this.rows.set(id, row);
    // One event is drawn at once; a burst of them a few times, not once for each.
    const wait = this.drawnAt + DRAW_MS - performance.now();
    if (wait <= 0) this.draw();
    else this.timer ??= setTimeout(() => this.draw(), wait);
  }

  private draw(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.drawnAt = performance.now();
    this.count += 1;
    this.listeners.forEach((listener) => listener());
  }

  of(key: string): Iterable<Row> {
    return this.key === key ? this.rows.values() : [];
  }
}

/** The newest version of each row of both, in order. */
export function merged<Row>(
  read: readonly Row[],
  changed: Iterable<Row>,
  source: Pick<RowSource<Row>, "idOf" | "versionOf" | "compare">,
): Row[] {
  const newest = new Map<string, Row>(read.map((row) => [source.idOf(row), row]));
  for (const row of changed) {
    const known = newest.get(source.idOf(row));
    if (known === undefined || source.versionOf(row) >= source.versionOf(known)) {
      newest.set(source.idOf(row), row);
    }
  }
  return [...newest.values()].sort(source.compare);
}
