/** The database's clock is taken from the answer that leaves the least doubt. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { compareClocks, databaseNow } from "../lib/live/database-clock.ts";

function ahead(): number {
  return Math.round((databaseNow() - Date.now()) / 1000);
}

function answer(aheadMs: number, tookMs: number): void {
  const now = Date.now();
  compareClocks(new Date(now + tookMs / 2 + aheadMs).toISOString(), now, now + tookMs);
}

test("a quick answer counts for more than a slow one, until it is old", () => {
  assert.equal(ahead(), 0);
  answer(60_000, 400);
  assert.equal(ahead(), 60);
  answer(30_000, 20);
  assert.equal(ahead(), 30);
  answer(90_000, 2_000); // A slow one is not believed.
  assert.equal(ahead(), 30);
  for (let times = 0; times < 300; times += 1) answer(90_000, 400);
  assert.equal(ahead(), 90); // The computer's clock was set meanwhile.
});
