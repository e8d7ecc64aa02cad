/** Times are India's, in whatever zone the browser is. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { age, clock, indianDate, moment } from "../lib/time.ts";

test("a moment is shown in IST", () => {
  assert.equal(clock("2026-11-20T03:45:09Z"), "09:15:09");
  assert.equal(moment("2026-11-20T20:00:00Z"), "21 Nov, 01:30:00");
  assert.equal(indianDate("2026-11-20T20:00:00Z"), "2026-11-21");
  assert.equal(moment(null), "–");
});

test("an age is told in the unit that fits", () => {
  assert.deepEqual([0, 59, 60, 3599, 3600, 90_000].map(age), ["0 s", "59 s", "1 min", "59 min", "1 h", "1 d"]);
});
