/** What is learnt of a text, and how it is written down. `wordgru/sources/grams.py` in TypeScript. */
import { toBytes } from "./bytes.js";
import { isDay } from "./days.js";
import { WordgruError } from "./errors.js";
import { compare } from "./vocabulary.js";
import { isBlank, kind, preTokens } from "./words.js";

/** History where a message or line begins. */
export const BEGIN = "\n";

const GAP = "\0"; // history in place of what is not learnt
const LONGEST = 48; // characters of a word that is learnt
const RUN = /[^\s\x1c-\x1f\x85]+/g;
const ADDRESS = /@[^\s\x1c-\x1f\x85]|:\/\/|www\./; // inside a run without white space
const DIGITS = /\p{Nd}(?:\P{Nd}?\p{Nd}){3,}/gu; // four or more, with single characters between them
const DIGIT = /\p{Nd}/u;
const KEY = 12; // characters of a run with a digit in it that looks like a key

/** One word after a history. */
export interface Gram {
  /** The units before it, in lower case, joined by a space: none, one or two; a line's begin is a line end. */
  readonly history: string;
  /** As it was written. */
  readonly word: string;
  /** How often, decayed. */
  readonly count: number;
  /** When it was learnt, as "2026-11-01"; without one today. */
  readonly day?: string | undefined;
}

/** A word of a text, and a history of it. */
export interface Written {
  /** The how-maniest word it is. */
  readonly number: number;
  readonly history: string;
  /** Units of `history`. */
  readonly size: number;
  readonly word: string;
}

/** The grams of units. */
export function* gramsOf(units: Iterable<string>): Iterable<Written> {
  let number = 0;
  let history = [BEGIN];
  for (const unit of units) {
    if (unit !== BEGIN && unit !== GAP && kind(unit) === "word") {
      number++;
      for (let size = 0; size <= history.length; size++) {
        const before = history.slice(history.length - size);
        if (!before.includes(GAP)) yield { number, history: before.join(" "), size, word: unit };
      }
    }
    history = [...history, unit.toLowerCase()].slice(-2);
  }
}

/** Words, marks and emoji of normalised text; line ends; a gap for what is not learnt. */
export function* unitsOf(text: string): Iterable<string> {
  const hidden = new Uint8Array(text.length);
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const isKey = run.length >= KEY && DIGIT.test(run) && [...run].length >= KEY;
    if (isKey || ADDRESS.test(run)) hidden.fill(1, index, index + run.length);
  }
  for (const { 0: digits, index } of text.matchAll(DIGITS)) hidden.fill(1, index, index + digits.length);
  for (const [preToken, start] of preTokens(text)) {
    const unit = preToken.replace(/^ +| +$/g, "");
    if (unit.includes("\n")) yield BEGIN;
    else if (unit && !isBlank(unit)) {
      const at = start + preToken.indexOf(unit);
      const isHidden = hidden.subarray(at, at + unit.length).includes(1);
      yield isHidden || (unit.length > LONGEST && [...unit].length > LONGEST) ? GAP : unit;
    }
  }
}

/** The words alone first, the most frequent first, each by its days. */
export function inOrder(grams: readonly Gram[]): Gram[] {
  const totals = new Map<string, number>();
  const name = ({ history, word }: Gram) => `${history.length} ${history}${word}`;
  for (const gram of grams) totals.set(name(gram), (totals.get(name(gram)) ?? 0) + gram.count);
  return [...grams].sort(
    (one, other) =>
      Number(one.history !== "") - Number(other.history !== "") ||
      (totals.get(name(other)) as number) - (totals.get(name(one)) as number) ||
      compare(toBytes(one.history), toBytes(other.history)) ||
      compare(toBytes(one.word), toBytes(other.word)) ||
      compare(one.day ?? "", other.day ?? ""),
  );
}

/** Grams as JSON lines, as `wordgru words export` prints them. */
export function toLines(grams: readonly Gram[]): string {
  const line = ({ history, word, count, day }: Gram) =>
    `{"history": ${JSON.stringify(history)}, "word": ${JSON.stringify(word)}, "count": ${count}, "day": "${day}"}\n`;
  return grams.map(line).join("");
}

/**
 * The grams of JSON lines.
 *
 * @throws WordgruError if a line is none.
 */
export function fromLines(text: string): Gram[] {
  const grams: Gram[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (!line.trim()) continue;
    try {
      const { history, word, count, day } = JSON.parse(line);
      if (typeof history !== "string" || typeof word !== "string" || typeof count !== "number") throw new Error();
      if (day && !isDay(day)) throw new Error();
      grams.push({ history, word, count, day: day || undefined });
    } catch {
      throw new WordgruError(
        `line ${at + 1}: expected {"history": …, "word": …, "count": …, "day": …} as \`wordgru words export\` prints it. ` +
          "Nothing was added.",
      );
    }
  }
  return grams;
}
