/**
 * Letters that sound alike, and the spellings that are near one: one slip away, or two of the likeliest kinds.
 * `wordgru/text/alike.py` in TypeScript.
 */

/** Letters of which one is spelled as another. */
export const VOWELS = "aeiouy";

/** Letters that may not be heard. */
export const MUTE = `${VOWELS}hw`;

const PAIRS = ["cs", "ck", "sz", "kq", "gj", "fv", "dt", "bp", "mn"];

/** Of each consonant those that may sound like it. */
export const SOUNDS: ReadonlyMap<string, string> = new Map(
  Array.from(PAIRS.join(""), (char) => {
    const pairs = PAIRS.filter((pair) => pair.includes(char));
    return [char, pairs.map((pair) => pair.replace(char, "")).join("")];
  }),
);

const LEFT_OUT = "aeiouh"; // letters that are often left out
const LONGEST_TWICE = 16; // letters of a word that may have two slips

/**
 * Spellings in lower case that `word` may stand for, each once, the nearest kinds first.
 *
 * They are one letter away: less, more, another, or two swapped; or two slips of spelling: a letter too many, two
 * swapped, one that sounds alike, one of two equal ones, or, once, a vowel or h left out. Long words have one slip alone.
 *
 * @param letters of which one may be more, or another.
 */
export function near(word: string, letters: Iterable<string>): Set<string> {
  const found = new Set<string>();
  addOneLetter(word, [...new Set(letters)].sort(), found);
  if ([...word].length > LONGEST_TWICE) return found;
  const once = new Set<string>();
  addSlips(word, once);
  addLeftOut(word, once);
  for (const each of once) addSlips(each, found);
  return found;
}

function addOneLetter(word: string, letters: readonly string[], found: Set<string>): void {
  for (let at = 0; at <= word.length; at += charAt(word, at).length || 1) {
    const [begin, first, rest, second] = cut(word, at);
    found.add(begin + rest);
    if (second) found.add(begin + second + first + rest.slice(second.length));
    for (const char of letters) {
      found.add(begin + char + first + rest);
      found.add(begin + char + rest);
    }
  }
}

function addSlips(word: string, found: Set<string>): void {
  for (let at = 0; at < word.length; at += charAt(word, at).length) {
    const [begin, first, rest, second] = cut(word, at);
    found.add(begin + rest);
    found.add(begin + first + first + rest);
    for (const char of VOWELS.includes(first) ? VOWELS : (SOUNDS.get(first) ?? "")) found.add(begin + char + rest);
    if (second) found.add(begin + second + first + rest.slice(second.length));
  }
}

function addLeftOut(word: string, found: Set<string>): void {
  for (let at = 0; at <= word.length; at += charAt(word, at).length || 1) {
    for (const char of LEFT_OUT) found.add(word.slice(0, at) + char + word.slice(at));
  }
}

/** A word before a place, its character there, what stands after that, and the first character of it. */
function cut(word: string, at: number): [begin: string, first: string, rest: string, second: string] {
  const first = charAt(word, at);
  const after = at + first.length;
  return [word.slice(0, at), first, word.slice(after), charAt(word, after)];
}

function charAt(word: string, at: number): string {
  const point = word.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
}
