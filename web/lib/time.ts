/** Times on the screen are Indian Standard Time, whatever the browser's own zone is. */

const ZONE = "Asia/Kolkata";
const CLOCK = new Intl.DateTimeFormat("en-IN", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("en-IN", { timeZone: ZONE, day: "2-digit", month: "short" });
const LONG_DAY = new Intl.DateTimeFormat("en-IN", {
  timeZone: ZONE,
  day: "2-digit",
  month: "short",
  year: "numeric",
});
const ISO_DAY = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE });

/** "14:05:09". */
export function clock(at: string | Date): string {
  return CLOCK.format(new Date(at));
}

/** "20 Nov". */
export function day(at: string | Date): string {
  return DAY.format(new Date(at));
}

/** "20 Nov 2026". */
export function longDay(at: string | Date): string {
  return LONG_DAY.format(new Date(at));
}

/** "20 Nov, 14:05:09". */
export function moment(at: string | Date | null | undefined): string {
  return at === null || at === undefined ? "–" : `${day(at)}, ${clock(at)}`;
}

/** The date in India, "2026-11-20". */
export function indianDate(at: string | Date): string {
  return ISO_DAY.format(new Date(at));
}

/** "3 s", "4 min", "2 h", "5 d". */
export function age(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
