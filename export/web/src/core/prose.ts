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

const CALL = /^[\p{L}\p{N}_.:]+\(.*\)(?:[,;:]| \{)?$/u; // a line that is one call
const CALLS = /[\p{L}\p{N}_]\(/u;
const PAIR = /^[[{(, ]*"[^"]*" *:/; // of JSON
const PROMPTS = [">>> ", "$ ", "#include ", "</"];
const SPACES = " \t\r";
const BRACKETS = /^[{}[\](),]+$/;
const OPERATORS = "= += -= *= /= |= &= := == != <= >= => && ||".split(" ").map((mark) => ` ${mark} `);

/** Where code begins and ends, in order: between backticks, in blocks of indented lines, and lines that are code. */
export function codeIn(text: string): [start: number, end: number][] {
  const found = Array.from(text.matchAll(CODE), ({ index, 0: code }): [number, number] => [index, index + code.length]);
  let paragraph: { readonly line: string; readonly at: number }[] = [];
  let at = 0;
  for (const line of [...text.split("\n"), ""]) {
    if (bare(line)) {
      paragraph.push({ line, at });
    } else {
      const isBlock = paragraph.every((each) => /^(?: {4}|\t)/.test(each.line));
      const code = paragraph.filter((each) => isBlock || isCode(bare(each.line)));
      for (const each of code) found.push([each.at, each.at + each.line.length]);
      paragraph = [];
    }
    at += line.length + 1;
  }
  return found.sort(([one, oneEnd], [other, otherEnd]) => one - other || oneEnd - otherEnd);
}

/** A line without the white space around it. */
function bare(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && SPACES.includes(line.charAt(start))) start++;
  while (start < end && SPACES.includes(line.charAt(end - 1))) end--;
  return line.slice(start, end);
}

/** Whether a line without the white space around it is code or JSON. */
function isCode(line: string): boolean {
  return (
    PROMPTS.some((prompt) => line.startsWith(prompt)) ||
    BRACKETS.test(line) ||
    PAIR.test(line) ||
    CALL.test(line) ||
    OPERATORS.some((mark) => line.includes(mark)) ||
    (/[;{}]$/.test(line) && (line.includes("=") || CALLS.test(line)))
  );
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
  const isAfterDot = before.at(-1) === "." && before.at(-2) !== "."; // of an address or a file's name, not of "..."
  return !isAfterDot && !(after[0] === "." && LETTER_OR_DIGIT.test(after[1] ?? ""));
}
