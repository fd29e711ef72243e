import { WordgruError } from "./errors.js";

interface Limits {
  /** The largest. */
  readonly most?: number;
  /** It must be more than the smallest. */
  readonly above?: boolean;
  /** It must be less than the largest. */
  readonly below?: boolean;
  /** It must be a whole number. */
  readonly whole?: boolean;
}

/** What a number may be. */
export class Range {
  /** @param least the smallest. */
  constructor(
    private readonly least: number,
    private readonly limits: Limits = {},
  ) {}

  /**
   * Refuse what is not in the range; NaN is in none.
   *
   * @throws WordgruError if `value`, which is called `name`, is no such number.
   */
  check(name: string, value: unknown): void {
    if (!this.holds(value)) {
      throw new WordgruError(`${name} is ${shown(value)}; expected ${this}.`);
    }
  }

  /** In words: "a whole number of at least 1". */
  toString(): string {
    const { most, above, below, whole } = this.limits;
    const least = `${above ? "above" : "of at least"} ${this.least}`;
    return `a ${whole ? "whole " : ""}number ${least}${most === undefined ? "" : ` and ${below ? "below" : "at most"} ${most}`}`;
  }

  /** Whether `value` is such a number. */
  holds(value: unknown): value is number {
    if (typeof value !== "number") return false;
    const { most = Number.POSITIVE_INFINITY, above, below, whole } = this.limits;
    const isEnough = above ? value > this.least : value >= this.least;
    return isEnough && (below ? value < most : value <= most) && (!whole || Number.isInteger(value));
  }
}

/** `value` as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value ? "an object" : String(value);
}
