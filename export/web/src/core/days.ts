/** Days on which words were learnt, as "2026-11-01". */
import { WordgruError } from "./errors.js";

/** The day of what was learnt without one, which is before every other. */
export const FIRST = "0001-01-01";

const LAST = "9999-12-31";
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** From one day to another, both included; without the one from the first, without the other to the last. */
export interface Days {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Whether a value is a day of the calendar. */
export function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !DAY.test(value) || value < FIRST) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return Number.isFinite(date.getTime()) && date.toISOString().startsWith(value);
}

/** Today, by this machine's clock. */
export function today(): string {
  const now = new Date();
  const [month, day] = [now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${now.getFullYear()}-${month}-${day}`;
}

/**
 * The first and the last of some days.
 *
 * @throws WordgruError if one is no day, or the first is after the last.
 */
export function spanOf({ since = FIRST, until = LAST }: Days): readonly [since: string, until: string] {
  checkDay(since);
  checkDay(until);
  if (since > until) throw new WordgruError(`the days ${since} to ${until} are none; expected the first one first.`);
  return [since, until];
}

/** @throws WordgruError if it is no day of the calendar. */
export function checkDay(day: unknown): asserts day is string {
  if (!isDay(day)) throw new WordgruError(`${JSON.stringify(day)} is no day; expected one as "2026-11-01".`);
}
