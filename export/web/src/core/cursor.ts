/** The text before a cursor, cut where the word begins that is being typed. `wordgru/text/cursor.py` in TypeScript. */
import { WordgruError } from "./errors.js";
import type { Tokenizer } from "./tokenizer.js";
import { isOne, kind, splitLast } from "./words.js";

const BEFORE = 600; // characters of what was sent before that a new text is read after; they grow to twice as many

/** `text` cut after its last white space. */
export function lastLinePart(text: string): [before: string, part: string] {
  const start = Math.max(...[" ", "\n", "\r", "\t"].map((mark) => text.lastIndexOf(mark))) + 1;
  return [text.slice(0, start), text.slice(start)];
}

/** The text before its unfinished last word, and that word; or the last two, if one space is between them. */
export function parted(text: string, tokenizer: Tokenizer, count = 1): [before: string, unfinished: string] {
  const [before, tail] = lastLinePart(text);
  const [rest, unfinished] = splitLast(tokenizer.normalize(tail));
  if (count === 2 && unfinished && !rest && before.endsWith(" ")) {
    const [head, first] = parted(before.slice(0, -1), tokenizer);
    return first ? [head, `${first} ${unfinished}`] : [before, unfinished];
  }
  return [before + rest, unfinished];
}

/** Where the unfinished last word begins in a text as it was typed, which normalising may change. */
export function wordStart(text: string, unfinished: string, tokenizer: Tokenizer): number {
  let [start, at] = [text.length, text.length];
  for (const char of [...text.slice(-4 * unfinished.length - 64)].reverse()) {
    if (/\p{Surrogate}/u.test(char)) break; // the window begins inside a character
    at -= char.length;
    const seen = tokenizer.normalize(text.slice(at));
    if (seen.length > unfinished.length) break;
    if (seen === unfinished) start = at;
  }
  return start;
}

/** What was written before a text, normalised, as whole lines, or the end of it. */
export function asBefore(text: string): string {
  let kept = text.replace(/^[ \n\t]+|[ \n\t]+$/g, "");
  const characters = kept.length > 2 * BEFORE ? [...kept] : [];
  if (characters.length > 2 * BEFORE) {
    kept = characters.slice(-BEFORE).join("");
    const cut = kept.includes("\n") ? kept.indexOf("\n") : kept.indexOf(" ");
    kept = (cut >= 0 && kept.slice(cut + 1)) || kept;
  }
  return kept && `${kept}\n`;
}

/**
 * The letters with which a word begins, as the model sees them.
 *
 * @throws WordgruError if they are no part of a word.
 */
export function asPrefix(prefix: string, tokenizer: Tokenizer): string {
  const seen = tokenizer.normalize(prefix);
  const unspaced = !seen.startsWith(" ") && isOne(seen) && kind(seen) === "unspaced";
  if (!unspaced && splitLast(seen)[1] !== seen) {
    throw new WordgruError(
      `the prefix '${prefix}' is no beginning of a word; expected letters or digits, with single ' ’ or - between ` +
        "them. Put what stands before the word into the context.",
    );
  }
  return seen;
}
