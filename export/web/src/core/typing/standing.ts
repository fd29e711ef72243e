/**
 * What was typed as it stands: how probable a word is that no model knows, by its case and what was written before.
 * `wordgru/typing/standing.py` in TypeScript.
 */
import type { Typing } from "./model.js";

const LETTER = 1 / 27; // probability of a letter in a word that nobody knows
const SEEN = 20_000; // characters before a word in which it is looked for
const CERTAIN = 0.5; // the most that a word has which was written before
const UPPER = /^\p{Uppercase}/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u;

/** What was typed, as a word of its own. */
export interface Standing {
  /** P(the next word is what was typed, and no model knows it). */
  readonly prior: number;
  /** P(it was meant so | the model expects it, and the language does not know it); none if it is known. */
  readonly share?: number;
  /** Whether it begins with a capital, and the language does not know it. */
  readonly isName?: boolean;
}

/** What a word typed in full after `head` has as it stands, if the language does not know it. */
export function standing({ shares }: Typing, head: string, typed: string): Standing {
  const isName = UPPER.test(typed);
  const count = written(head.slice(-SEEN), typed);
  const prior = count ? Math.min(shares.again * count, CERTAIN) : stranger(shares.unknown, typed);
  return { prior, share: isName ? shares.name : shares.coined, isName };
}

/** P(the next word is one that no model knows and nobody wrote before, of these letters); `unknown` is that of any. */
export function stranger(unknown: number, typed: string): number {
  return unknown * LETTER ** [...typed].length;
}

/** How often a word stands in a text, as it is typed or with the other case of its first letter. */
function written(text: string, word: string): number {
  const [first = ""] = word;
  const other = UPPER.test(first) ? first.toLowerCase() : first.toUpperCase();
  let count = 0;
  for (const form of new Set([word, other + word.slice(first.length)])) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
      const before = [...text.slice(Math.max(at - 2, 0), at)].at(-1) ?? "";
      const [after = ""] = text.slice(at + form.length, at + form.length + 2);
      if (!LETTER_OR_DIGIT.test(before) && !LETTER_OR_DIGIT.test(after)) count++;
    }
  }
  return count;
}
