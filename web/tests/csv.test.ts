/** An exported file opens as what it is: quoted, and without formulas. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { toCsv } from "../lib/csv.ts";

test("cells are quoted where they must be", () => {
  assert.equal(
    toCsv(["a", "b"], [["x,y", 'say "no"'], [null, 3]]),
    'a,b\r\n"x,y","say ""no"""\r\n,3\r\n',
  );
});

test("a cell cannot become a formula, and a negative amount stays a number", () => {
  assert.equal(
    toCsv(["a"], [["=1+1"], ["@sum"], ["-cmd"], ["-80.50"]]),
    "a\r\n'=1+1\r\n'@sum\r\n'-cmd\r\n-80.50\r\n",
  );
});
