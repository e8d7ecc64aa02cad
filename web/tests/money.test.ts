/** Money stays text: sums are exact, groups are Indian, nothing passes through floating point. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { comparePaise, counted, figure, fromPaise, groupIndian, price, rupees, signOf, sumOf, toPaise } from "../lib/money.ts";

test("digits are grouped the Indian way", () => {
  assert.deepEqual(
    ["7", "999", "1000", "99999", "100000", "1234567", "1234567890"].map(groupIndian),
    ["7", "999", "1,000", "99,999", "1,00,000", "12,34,567", "1,23,45,67,890"],
  );
});

test("an amount is shown with its sign before the rupee", () => {
  assert.equal(rupees("1234567.5"), "₹12,34,567.50");
  assert.equal(rupees("-80.5"), "−₹80.50");
  assert.equal(rupees("80.5", { signed: true }), "+₹80.50");
  assert.equal(rupees("-0.00", { signed: true }), "₹0.00");
  assert.equal(rupees(null), "–");
  assert.equal(rupees("1999.99", { decimals: 0 }), "₹1,999");
});

test("a price keeps the decimals it has", () => {
  assert.equal(price("24150.0500"), "24,150.05");
  assert.equal(price("24150"), "24,150.00");
  assert.equal(price("83.1275"), "83.1275");
});

test("a computed figure has the decimals that say something", () => {
  assert.deepEqual([26034.51074, 123456.789, 11.05154, -0.25, 3, -100000].map(figure), [
    "26,034.51",
    "1,23,456.79",
    "11.0515",
    "−0.2500",
    "3",
    "−1,00,000",
  ]);
});

test("sums are exact where floating point is not", () => {
  assert.equal(sumOf(["0.10", "0.20", null, "-0.30"]), "0.00");
  const many = Array.from({ length: 100_000 }, () => "90071992547409.91");
  assert.equal(sumOf(many), "9007199254740991000.00");
});

test("every amount of whole paise survives the way there and back", () => {
  for (const paise of [0n, 1n, -1n, 99n, 100n, -12345n, 10n ** 18n + 7n]) {
    assert.equal(toPaise(fromPaise(paise)), paise);
  }
});

test("what is no amount of whole paise is refused, not rounded", () => {
  assert.deepEqual(["1.005", "1e3", "", "12,5", "NaN"].map(toPaise), [null, null, null, null, null]);
  assert.throws(() => sumOf(["1.005"]), /1\.005 is no amount of whole paise/);
});

test("the sign of an amount is read from its text", () => {
  assert.deepEqual(["-0.00", "0", "0.01", "-3"].map(signOf), [0, 0, 1, -1]);
});

test("amounts are ordered as amounts, and what is not known comes last", () => {
  const sorted = ["10.00", null, "-2.50", "9.99", "1234567.00"].sort(comparePaise);
  assert.deepEqual(sorted, ["-2.50", "9.99", "10.00", "1234567.00", null]);
});

test("what is counted is named in the number that fits", () => {
  assert.equal(counted(1, "trade"), "1 trade");
  assert.equal(counted(0, "trade"), "0 trades");
  assert.equal(counted(123_456, "trade"), "1,23,456 trades");
});
