/**
 * The database's clock as this page knows it: a computer's own may be minutes off.
 *
 * In:  answers of the database that say what time it was there.
 * Out: `databaseNow`, by the answer that took the shortest time of late.
 */

/** So much less an old comparison is trusted with each new one, in milliseconds of doubt. */
const AGEING_MS = 1;

let aheadMs = 0;
let doubtMs = Number.POSITIVE_INFINITY;

/** Takes an answer: the database's time, and ours before the question and after the answer. */
export function compareClocks(theirs: string, asked: number, answered: number): void {
  const doubt = (answered - asked) / 2;
  doubtMs += AGEING_MS;
  if (doubt > doubtMs) return;
  doubtMs = doubt;
  aheadMs = Date.parse(theirs) - (asked + answered) / 2;
}

/** Milliseconds since 1970 by the database's clock; by our own before the first comparison. */
export function databaseNow(): number {
  return Date.now() + aheadMs;
}
