import { Range } from "./ranges.js";
import type { Suggestion } from "./suggestions.js";

const SEEN = 200; // characters of the text that say how its writer writes
const SHOUTED = 4; // letters of a first word that say that what follows is in capitals too; "OK" does not
const LEAST = new Range(0, { most: 1 });
const LONGEST_RUN = 2048; // characters without white space that are looked at; addresses of the web are seldom longer
const SPACE = String.raw`\p{White_Space}\x1c-\x1f`; // as in Python; JavaScript's \s has U+FEFF too
const ADDRESS = new RegExp(
  String.raw`^(?:.*@.*|[a-zA-Z][a-zA-Z0-9+.-]*://.*|[wW]{3}\..*|.+\.[\p{L}\p{N}_]+/.*` + // of mail and of the web
    String.raw`|(?:~|\.{1,2})?/.+|[a-zA-Z]:\\.*)$`, // paths
  "u",
);
const DOTTED = "İ"; // who writes it has I as the capital of ı
const I = /^i(?:['’](?:m|ll|ve|d|s))?$/;
const LONE_I = new RegExp(String.raw`(?<![\p{L}\p{N}_'’.])i(?=['’,;:!?${SPACE}])`, "u");
const SPACES = new RegExp(`[${SPACE}]`, "u");

/** How offers follow the one who types. */
export interface TypistOptions {
  /** Who writes in capitals, "HERE IS MY CA", is offered words in capitals. Default true. */
  readonly capitals: boolean;
  /** In English the word "i" is offered as "I", unless the text writes it small, or the personal words do. Default true. */
  readonly loneI: boolean;
  /** Whether words are offered inside e-mail addresses, web addresses and paths. Default false. */
  readonly addresses: boolean;
  /** Less probable words are not offered. Default 0. */
  readonly minProbability: number;
}

const DEFAULTS: TypistOptions = { capitals: true, loneI: true, addresses: false, minProbability: 0 };

/** Offers as the model gives them. */
export const AS_READ: TypistOptions = { ...DEFAULTS, capitals: false, loneI: false, addresses: true };

/** All options of a typist, checked. */
export function typistOptions(given: Partial<TypistOptions> = {}): TypistOptions {
  const options = { ...DEFAULTS, ...given };
  LEAST.check("minProbability", options.minProbability);
  return options;
}

/** Whether `text` ends inside an e-mail or web address, a name with @, or a path. */
export function isInAddress(text: string): boolean {
  return ADDRESS.test(endOf(text, LONGEST_RUN).split(SPACES).at(-1) as string);
}

/**
 * Whether nothing is offered for `letters` after `head`, as inside an address.
 *
 * @param isPrefix the letters are not in the text: they begin a word of their own where it ends with one.
 */
export function offersNothing(typist: TypistOptions, head: string, letters: string, isPrefix: boolean): boolean {
  const goesOn = !isPrefix || !/[\p{L}\p{N}]$/u.test(head);
  return goesOn && !typist.addresses && isInAddress(head + letters);
}

/** Whether the word that begins with `prefix` after the text `head` is written in capitals, as those before it. */
export function isInCapitals(head: string, prefix: string): boolean {
  const before = endOf(head, SEEN);
  if (/\p{Lowercase}/u.test(before) || (prefix && !isUpper(prefix))) return false;
  const count = before.split(SPACES).filter((word) => [...word].length > 1 && isUpper(word)).length;
  const { length } = [...prefix];
  return count > 1 || (length > 1 && (count === 1 || length >= SHOUTED));
}

function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

/** `text` in small letters, as one writes who wrote `seen`. */
export function inSmall(text: string, seen: string): string {
  return (endOf(seen, SEEN).includes(DOTTED) ? text.replaceAll(DOTTED, "i").replaceAll("I", "ı") : text).toLowerCase();
}

/** `word` in capitals, as one writes who wrote `seen`. */
export function inCapitals(word: string, seen: string): string {
  return (endOf(seen, SEEN).includes(DOTTED) ? word.replaceAll("i", DOTTED) : word).toUpperCase();
}

/** `word` with a capital if it is "i" or a contraction of it, unless `text` writes it small. */
export function withCapitalI(word: string, text: string): string {
  return I.test(word) && !LONE_I.test(endOf(text, SEEN)) ? `I${word.slice(1)}` : word;
}

/** The last characters of `text`. */
function endOf(text: string, count: number): string {
  return [...text.slice(-2 * count)].slice(-count).join("");
}

/** Offers of the same word as one, most probable first; with `fold` in any case, in that of the likeliest. */
export function asOne(items: readonly Suggestion[], fold = false): Suggestion[] {
  const one = new Map<string, Suggestion>();
  for (const item of items) {
    const key = fold ? item.word.toLowerCase() : item.word;
    const same = one.get(key);
    one.set(key, same ? { ...same, probability: same.probability + item.probability } : item);
  }
  return [...one.values()].sort((item, other) => other.probability - item.probability);
}
