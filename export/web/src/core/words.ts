/**
 * What a word is: `wordgru/words.py` in TypeScript.
 *
 * A word is a maximal run of letters, digits and their combining marks, with single inner `'`, `’` or `-` between
 * letters. In scripts written without spaces the unit is what one piece of the tokenizer spells.
 */

/** The part that one character plays in words. */
export type Kind = "letter" | "combining" | "inner" | "unspaced" | "other";

/** Characters that belong to a word only between two of its letters. */
export const INNER = ["'", "’", "-"];

// Thai, Lao; Tibetan; Burmese; Khmer; ideographic marks; Hiragana, Katakana; Han and its extensions
const UNSPACED =
  /^[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]$/u;
const LETTER = /^[\p{L}\p{N}]$/u;
const COMBINING = /^\p{M}$/u;
const SPACE = /^[\s\x1c-\x1f\x85]$/; // but for U+FEFF, what Python calls a space
const OPENING = "([{<“‘«‹¿¡/#@$£€_*~`|\\=+";
const QUOTES = "'\"";
const DASHES = "-–—";

const kinds = new Map<string, Kind>();

/** The part that the character `char` plays in words. */
export function kind(char: string): Kind {
  let what = kinds.get(char);
  if (what === undefined) {
    what = look(char);
    kinds.set(char, what);
  }
  return what;
}

function look(char: string): Kind {
  if (INNER.includes(char)) return "inner";
  const letter = LETTER.test(char);
  const combining = COMBINING.test(char);
  if ((letter || combining) && UNSPACED.test(char)) return "unspaced";
  if (letter) return "letter";
  return combining ? "combining" : "other";
}

/** Whether `char` is white space. */
export function isSpace(char: string): boolean {
  return SPACE.test(char) && char !== "\ufeff";
}

/**
 * Split `text` before its unfinished last word: `"the ca"` becomes `["the ", "ca"]`.
 *
 * The unfinished word is what a letter typed next would belong to, so `"well-"` is one; after anything else, and in
 * unspaced scripts always, the second part is empty.
 */
export function splitLast(text: string): [head: string, unfinished: string] {
  const line = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n")) + 1;
  const start = line + startOfLastWord(`${text.slice(line)}a`);
  return [text.slice(0, start), text.slice(start)];
}

/** Where the last word of `text` begins, which ends with a letter. */
function startOfLastWord(text: string): number {
  const chars = [...text];
  let at = 0; // in characters
  let offset = 0; // in UTF-16 units
  let last = 0;
  while (at < chars.length) {
    const end = endOfRun(chars, at);
    if (kind(chars[at] as string) === "letter") last = offset;
    for (; at < end; at++) offset += (chars[at] as string).length;
  }
  return last;
}

/** Where the word, or the single character, that begins at `start` ends. */
function endOfRun(chars: readonly string[], start: number): number {
  let end = start + 1;
  if (kind(chars[start] as string) !== "letter") return end;
  for (; end < chars.length; end++) {
    const what = kind(chars[end] as string);
    if (what === "inner" && end + 1 < chars.length && kind(chars[end + 1] as string) === "letter") end++;
    else if (what !== "letter" && what !== "combining") break;
  }
  return end;
}

/** Whether a space is missing between `text` and the word that follows it. */
export function wantsSpace(text: string): boolean {
  const [before = "", last = ""] = lastTwo(text);
  if (!last || isSpace(last) || kind(last) === "unspaced") return false;
  if (QUOTES.includes(last)) return before !== "" && !isSpace(before) && !OPENING.includes(before);
  if (DASHES.includes(last)) return isSpace(before); // "well-" goes on at once, "this -" after a space
  return !OPENING.includes(last);
}

function lastTwo(text: string): [before: string, last: string] {
  const chars = [...text.slice(-4)].slice(-2);
  return chars.length < 2 ? ["", chars[0] ?? ""] : [chars[0] as string, chars[1] as string];
}

/** Whether all of `text` is written in scripts without spaces. */
export function isUnspaced(text: string): boolean {
  return [...text].every((char) => kind(char) === "unspaced");
}
