/**
 * What a word is: one regular expression, which cuts normalised text into pre-tokens, and what follows from it.
 * `wordgru/text/words.py` in TypeScript; it says what each kind of pre-token holds.
 */

import { WordgruError } from "./errors.js";

/** What a pre-token is. */
export type Kind = "word" | "unspaced" | "emoji" | "marks" | "space";

export const APOSTROPHES = ["'", "’"] as const;

// All of these are what stands inside of a regular expression's class.
const INNER = String.raw`'’\-·׳״`;
// Thai, Lao; Tibetan; Burmese; Khmer; ideographic marks; Hiragana, Katakana; Han and its extensions
const UNSPACED = String.raw`\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}`;
const PICTURES = String.raw`\u203c\u2049\u231a-\u231b\u23e9-\u23fa\u25fd-\u25fe\u2600-\u27bf\u2b1b-\u2b1c\u2b50-\u2b55\u{1f000}-\u{1f1e5}\u{1f200}-\u{1faff}`;
const FLAGS = String.raw`\u{1f1e6}-\u{1f1ff}`;
/** Marks that show nothing and spell nothing: they are dropped from text. */
export const INVISIBLE = String.raw`\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff`;

const LETTER = String.raw`(?:(?![${UNSPACED}])[\p{L}\p{N}][\p{M}\u200c\u200d]*)`;
const PICTURE = String.raw`[${PICTURES}]\ufe0f?[\u{1f3fb}-\u{1f3ff}]?[\u{e0020}-\u{e007f}]*`;
const EMOJI = String.raw`(?:${PICTURE}(?:\u200d${PICTURE})*|[${FLAGS}]{2})`;
const JOINT = String.raw`(?:[${INNER}]|(?<=[\u0591-\u05ea])"(?=[\u05d0-\u05ea]))`;
/** The rule of a pre-token, as a tokenizer.json has it; the alternatives are tried in this order. */
export const PATTERN = [
  String.raw` ?${LETTER}+(?:${JOINT}${LETTER}+)*(?:(?<=[sS])['’](?!\S))?`,
  ` ?[${UNSPACED}]+`,
  ` ?${EMOJI}`,
  String.raw` ?(?:(?!${EMOJI})[^\s\p{L}\p{N}])+`,
  String.raw`\s+(?!\S)`,
  String.raw`\s+`,
]
  .join("|")
  .replace(/\\u(?:\{(\w+)\}|(\w{4}))/g, (_, long, short) => String.fromCodePoint(Number.parseInt(long ?? short, 16)));

// JavaScript's \s holds U+FEFF and lacks U+0085, unlike that of Unicode and of `tokenizers`
const RULE = PATTERN.replaceAll(String.raw`\s`, String.raw`\p{White_Space}`).replaceAll(
  String.raw`\S`,
  String.raw`\P{White_Space}`,
);
const PRE_TOKEN = new RegExp(RULE, "gu");
const ONE = new RegExp(`^(?:${RULE})`, "u");
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]$`, "u");
const IS_PICTURE = new RegExp(`^[${PICTURES}${FLAGS}]$`, "u");
const IS_LETTER_OR_MARK = /^[\p{L}\p{N}\p{M}]$/u;
const IS_LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u;
const IS_SPACE = /^[\s\x1c-\x1f\x85]$/; // but for U+FEFF, what Python calls a space
const DROPPED = new RegExp(`[${INVISIBLE}]`, "gu");
const OPENING = "([{<“‘«‹¿¡/#@$£€_*~`|\\=+";
const BEFORE_WORDS = "([{<“‘«‹¿¡#@$£€";
const QUOTES = "'\"";
const DASHES = "-–—";

/** `text` in NFC, with LF as line end and without invisible marks; what every tokenizer does first. */
export function normalize(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(DROPPED, "").normalize("NFC");
}

/** @throws WordgruError if `text` holds a lone surrogate. */
export function checkUnicode(text: string): void {
  const lone = /\p{Surrogate}/u.exec(text);
  if (!lone) return;
  const code = lone[0].charCodeAt(0).toString(16).toUpperCase();
  throw new WordgruError(
    `the text holds a lone surrogate (U+${code} at character ${[...text.slice(0, lone.index)].length}), which is ` +
      "not Unicode text; remove it (String.prototype.toWellFormed replaces it).",
  );
}

/** The lines of `text`, whichever mark ends them. */
export function lines(text: string): string[] {
  return text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
}

/** The pre-tokens of `text` (normalised) and where each begins. */
export function preTokens(text: string): [preToken: string, start: number][] {
  return Array.from(text.matchAll(PRE_TOKEN), ({ 0: preToken, index }) => [preToken, index]);
}

/** What a pre-token is. */
export function kind(preToken: string): Kind {
  if (isBlank(preToken)) return "space";
  const first = String.fromCodePoint(preToken.codePointAt(preToken.startsWith(" ") ? 1 : 0) as number);
  if (IS_PICTURE.test(first)) return "emoji";
  if (isUnspaced(first) && IS_LETTER_OR_MARK.test(first)) return "unspaced";
  return IS_LETTER_OR_DIGIT.test(first) ? "word" : "marks";
}

/** Whether `preToken` is a single pre-token: what no text is cut into is not offered. */
export function isOne(preToken: string): boolean {
  return preToken !== "" && ONE.exec(preToken)?.[0] === preToken;
}

/** Where the words of `text` are; a run of a script without spaces is one span. */
export function spans(text: string): [start: number, end: number, unspaced: boolean][] {
  const found: [number, number, boolean][] = [];
  for (const [preToken, start] of preTokens(text)) {
    const what = kind(preToken);
    if (what !== "word" && what !== "unspaced") continue;
    found.push([start + Number(preToken.startsWith(" ")), start + preToken.length, what === "unspaced"]);
  }
  return found;
}

/**
 * Split `text` before its unfinished last word: `"the ca"` becomes `["the ", "ca"]`.
 *
 * The unfinished word is what a letter typed next would belong to, so `"well-"` is one; after anything else, and in
 * scripts without spaces always, the second part is empty.
 */
export function splitLast(text: string): [before: string, unfinished: string] {
  const line = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"), text.lastIndexOf("\t")) + 1;
  const tail = text.slice(line);
  const last = tail.match(/\p{L}(?=\P{L}*$)/u)?.[0] ?? "a";
  const [preToken, at] = preTokens(tail + (isUnspaced(last) ? "a" : last)).at(-1) as [string, number];
  const start = line + at + Number(preToken.startsWith(" "));
  return [text.slice(0, start), text.slice(start)];
}

/** Whether a space stands before a pre-token that follows a word: not before closing marks. */
export function takesSpace(preToken: string): boolean {
  if (kind(preToken) !== "marks") return true;
  const first = [...preToken].find((char) => !isSpace(char)) as string;
  return BEFORE_WORDS.includes(first);
}

/** Whether a space is missing between `text` and the word that follows it. */
export function wantsSpace(text: string): boolean {
  const [before, last] = lastTwo(text);
  if (!last || isSpace(last) || isUnspaced(last)) return false;
  // a straight quote opens after a space or another opening mark, else it closes
  if (QUOTES.includes(last)) return before !== "" && !isSpace(before) && !OPENING.includes(before);
  if (DASHES.includes(last)) return isSpace(before); // "well-" goes on at once, "this -" after a space
  return !OPENING.includes(last);
}

/** Whether the character `char` is white space. */
export function isSpace(char: string): boolean {
  return IS_SPACE.test(char) && char !== "\ufeff";
}

/** Whether `text` holds nothing but white space. */
export function isBlank(text: string): boolean {
  return [...text].every(isSpace);
}

/** Whether the character `char` is of a script written without spaces between words. */
export function isUnspaced(char: string): boolean {
  return IS_UNSPACED.test(char);
}

function lastTwo(text: string): [before: string, last: string] {
  const chars = [...text.slice(-4)];
  return [chars.at(-2) ?? "", chars.at(-1) ?? ""];
}
