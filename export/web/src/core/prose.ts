/**
 * Which words of a text are prose, and may be corrected: no numbers, code, addresses or words in capitals.
 * `wordgru/text/prose.py` in TypeScript.
 */
const BESIDE = "@/\\_#:=<>{}[]$%&~^+*|"; // marks beside a word that say it is something else
const LETTERS = /^\p{L}+$/u;
const UPPER = /\p{Uppercase}/u;
const LOWER = /[\p{Lowercase}\p{Lt}]/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u;

const CODE = /```[\s\S]*?(?:```|$(?![\s\S]))|`[^`\n]+`/g; // as Markdown marks it

/** Where code begins and ends that is marked as Markdown marks it, between backticks, in order. */
export function codeIn(text: string): [start: number, end: number][] {
  return Array.from(text.matchAll(CODE), ({ index, 0: code }) => [index, index + code.length]);
}

/** Whether the word of `text` from `start` to `end` (UTF-16 units) may be corrected. */
export function isProse(text: string, start: number, end: number): boolean {
  const word = text.slice(start, end);
  const letters = [...word];
  const before = [...text.slice(Math.max(start - 4, 0), start)].slice(-2);
  const after = [...text.slice(end, end + 4)].slice(0, 2);
  if (!LETTERS.test(word.replace(/['’]/g, ""))) return false;
  if (letters.length > 1 && UPPER.test(word) && !LOWER.test(word)) return false;
  if (letters.slice(1).some((char) => UPPER.test(char))) return false;
  if ([before.at(-1), after[0]].some((mark) => mark && BESIDE.includes(mark))) return false;
  const isAfterDot = before.at(-1) === "." && LETTER_OR_DIGIT.test(before[0] ?? "");
  return !isAfterDot && !(after[0] === "." && LETTER_OR_DIGIT.test(after[1] ?? ""));
}
