/**
 * Rupees as text in, rupees as text out: money is never computed with in floating point.
 *
 * The database sends `numeric` as text (`pnl::text`). What has to be added up is added as whole
 * paise in `bigint`. Shown the Indian way: ₹12,34,567.50.
 */

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Whole paise of an amount such as "-1234.5"; null when it is no decimal number of whole paise. */
export function toPaise(amount: string): bigint | null {
  const match = DECIMAL.exec(amount.trim());
  if (match === null) return null;
  const [, sign = "", rupees = "0", fraction = ""] = match;
  if (/[1-9]/.test(fraction.slice(2))) return null;
  const paise = BigInt(rupees) * 100n + BigInt(fraction.slice(0, 2).padEnd(2, "0"));
  return sign === "-" ? -paise : paise;
}

/** The text of an amount of paise, such as "-1234.50". */
export function fromPaise(paise: bigint): string {
  const positive = paise < 0n ? -paise : paise;
  const text = `${positive / 100n}.${(positive % 100n).toString().padStart(2, "0")}`;
  return paise < 0n ? `-${text}` : text;
}

/** The sum of amounts; those not known yet (null) are left out. */
export function sumOf(amounts: Iterable<string | null>): string {
  let total = 0n;
  for (const amount of amounts) {
    if (amount === null) continue;
    const paise = toPaise(amount);
    if (paise === null) throw new RangeError(`${amount} is no amount of whole paise`);
    total += paise;
  }
  return fromPaise(total);
}

/** Orders amounts, those not known last; for lists that are sorted by one. */
export function comparePaise(one: string | null, other: string | null): number {
  const first = one === null ? null : toPaise(one);
  const second = other === null ? null : toPaise(other);
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  return first < second ? -1 : first > second ? 1 : 0;
}

/** -1, 0 or 1. */
export function signOf(amount: string): -1 | 0 | 1 {
  const negative = amount.trim().startsWith("-");
  return /[1-9]/.test(amount) ? (negative ? -1 : 1) : 0;
}

/** Digits in groups of the Indian system: 1234567 becomes 12,34,567. */
export function groupIndian(digits: string): string {
  if (digits.length <= 3) return digits;
  const head = digits.slice(0, -3).replace(/\B(?=(\d\d)+$)/g, ",");
  return `${head},${digits.slice(-3)}`;
}

/** "₹12,34,567.50"; with `signed`, "+₹120.00" and "−₹120.00". "–" when not known. */
export function rupees(
  amount: string | null | undefined,
  options: { signed?: boolean; decimals?: number } = {},
): string {
  if (amount === null || amount === undefined) return "–";
  const match = DECIMAL.exec(amount.trim());
  if (match === null) return amount;
  const [, , whole = "0", fraction = ""] = match;
  const decimals = options.decimals ?? 2;
  const shown = fraction.slice(0, decimals).padEnd(decimals, "0");
  const sign = { "-1": "−", "0": "", "1": options.signed ? "+" : "" }[`${signOf(amount)}`];
  return `${sign}₹${groupIndian(whole.replace(/^0+(?=\d)/, ""))}${decimals > 0 ? `.${shown}` : ""}`;
}

/** A price without the currency sign: "24,150.05"; of some currencies "83.1275". */
export function price(value: string | null | undefined): string {
  const [, fraction = ""] = value?.split(".") ?? [];
  return rupees(value, { decimals: Math.max(2, fraction.replace(/0+$/, "").length) }).replace("₹", "");
}

/** A computed figure: a whole one as it is, two decimals from 100 up, four below. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return count(value);
  const decimals = Math.abs(value) < 100 ? 4 : 2;
  return rupees(value.toFixed(decimals), { decimals }).replace("₹", "");
}

/** "1 trade", "1,200 trades". */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? "" : "s"}`;
}

/** A count with Indian grouping. */
export function count(value: number): string {
  const whole = Math.trunc(Math.abs(value)).toString();
  return `${value < 0 ? "−" : ""}${groupIndian(whole)}`;
}
