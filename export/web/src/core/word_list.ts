/**
 * Word lists at run time: words of a field that are offered, and words that never are.
 * `wordgru/sources/word_list.py` in TypeScript.
 */
import { near } from "./alike.js";
import { type Bytes, toBytes } from "./bytes.js";
import { WordgruError } from "./errors.js";
import { folded, type KnownWords } from "./known.js";
import { Named, NamedWords } from "./named.js";
import { Range, shown } from "./ranges.js";
import { APOSTROPHES, isSpace, lines, normalize, spans } from "./words.js";

/**
 * Words of the model's text that a list is held against: a word of weight 1 gains as much probability as one has that is
 * written once in so many words.
 */
export const STRENGTH = 10_000;

/** What a word counts that the language does not know: most of them are slips, or put together from tokens. */
export const STRANGE = 0.01;

const [NEAR, CUT] = [4, 5] as const; // letters that a blocked word, and one cut short, has at least to block unknown ones
const WEIGHT = new Range(0, { most: 1e6 });
const MOST = 1_000_000; // words of a list; more of them would take minutes, and gigabytes

/** Words to offer, each with a weight, and words never to offer. Changes count from the next keystroke on. */
export class WordList {
  #weights = new Map<string, number>();
  readonly #blocked: Map<string, string>;
  #named: NamedWords | undefined;
  #cut: Set<string> | undefined; // beginnings of the blocked words

  /**
   * @param normalForm the form in which the model reads text.
   * @param blocked words in lower case that are never offered.
   * @param known the words of the language; without them, every word is one.
   */
  constructor(
    private readonly normalForm: (text: string) => string = normalize,
    blocked: Iterable<string> = [],
    private readonly known?: KnownWords,
  ) {
    this.#blocked = new Map(Array.from(blocked, (word) => [word, ""]));
  }

  /** The words that were added, and their weights. */
  get weights(): ReadonlyMap<string, number> {
    return new Map(this.#weights);
  }

  /** The words that are never offered, in lower case, and the reason that was given. */
  get blocked(): ReadonlyMap<string, string> {
    return new Map(this.#blocked);
  }

  /**
   * Offer `word` as if it were written `weight` times more often in 10,000 words; 0 takes it off the list.
   *
   * @throws WordgruError if it is not one word, or the weight is below 0, above a million, or no number, or the list is full.
   */
  add(word: string, weight = 1): void {
    WEIGHT.check(`the weight of ${shown(word)}`, weight);
    const key = this.#one(word);
    if (weight && this.#weights.size >= MOST && !this.#weights.has(key)) {
      throw new WordgruError("a list holds 1,000,000 words at most; take some off, or name fewer.");
    }
    this.#named = undefined;
    if (weight) this.#weights.set(key, weight);
    else this.#weights.delete(key);
  }

  /**
   * Never offer `word`, in whatever case and with either apostrophe; it can still be typed, and scores as ever.
   *
   * @throws WordgruError if it is not one word.
   */
  block(word: string, reason = ""): void {
    for (const form of marked(this.#one(word))) this.#blocked.set(form, reason);
    this.#cut = undefined;
  }

  /**
   * Take `word` off the words that are never offered, those of the bundle too.
   *
   * @throws WordgruError if it is not one word.
   */
  allow(word: string): void {
    for (const form of marked(this.#one(word))) this.#blocked.delete(form);
    this.#cut = undefined;
  }

  /** The language's words, in lower case, that `word` may be a slip of (`near`), typed with `letters`. */
  near(word: string, letters: readonly string[]): string[] {
    return this.known?.among(near(folded(word), letters)) ?? [];
  }

  /** Whether the language is said to know `word`. */
  knows(word: string): boolean {
    return this.known?.has(word) ?? false;
  }

  /**
   * What `word` counts: nothing if it is blocked, `STRANGE` if it is not known, else 1.
   *
   * Known are the words of the language and of the list; so is every word where nobody says. An unknown word that a
   * blocked one begins or ends early is blocked too.
   */
  factor(word: string): number {
    const lower = word.toLowerCase();
    if (this.#blocked.has(lower) || this.#blocked.has(lower.replace(/['’]s$/, ""))) return 0;
    if (!this.known || this.known.has(word) || this.#weights.has(word)) return 1;
    return this.#isNearBlocked([...lower]) ? 0 : STRANGE;
  }

  #isNearBlocked(letters: readonly string[]): boolean {
    this.#cut ??= new Set([...this.#blocked.keys()].flatMap((word) => beginnings([...word], CUT)));
    return this.#cut.has(letters.join("")) || beginnings(letters, NEAR).some((start) => this.#blocked.has(start));
  }

  /**
   * Add the words of a glossary: one a line, if you wish with a tab and a weight; return how many.
   *
   * Line ends of any kind, a byte order mark, decomposed accents and ’ are read as they are meant; empty lines and what
   * follows a `#` at a line's begin or after white space are left out.
   *
   * @throws WordgruError if a line is no word; then none of it is added.
   */
  read(text: string): number {
    const before = new Map(this.#weights);
    let count = 0;
    for (const [at, line] of lines(text.replace(/^\ufeff/, "")).entries()) {
      const entry = withoutComment(line).trim();
      if (!entry) continue;
      const [word = "", ...weight] = entry.split("\t");
      try {
        this.add(word, numberOf(weight.join("\t")));
      } catch (error) {
        this.#weights = before;
        this.#named = undefined;
        if (error instanceof WordgruError) throw new WordgruError(`line ${at + 1}: ${error.message}`);
        throw error;
      }
      count++;
    }
    return count;
  }

  /** The words for a search, in which each begins with `start`; undefined if there are none. */
  named(start: Bytes): Named | undefined {
    if (!this.#weights.size) return undefined;
    this.#named ??= new NamedWords(
      new Map(Array.from(this.#weights, ([word, weight]) => [toBytes(word), weight / STRENGTH])),
    );
    return new Named("glossary", start, this.#named);
  }

  /** `word` as it is offered. */
  #one(word: string): string {
    const text = typeof word === "string" ? this.normalForm(word).trim() : "";
    const [span, ...more] = spans(text);
    if (!span || more.length || span[0] !== 0 || span[1] !== text.length) {
      throw new WordgruError(
        `${shown(word)} is not one word; expected letters or digits, with single ' ’ or - inside.`,
      );
    }
    return text;
  }
}

/** The proper beginnings of a word that have so many letters at least. */
function beginnings(letters: readonly string[], least: number): string[] {
  return letters.slice(least).map((_, at) => letters.slice(0, least + at).join(""));
}

/** A word in lower case with each apostrophe, if it has one. */
function marked(word: string): string[] {
  return APOSTROPHES.map((mark) => word.toLowerCase().replace(/['’]/g, mark));
}

function withoutComment(line: string): string {
  const at = [...line.matchAll(/#/g)].find(({ index }) => index === 0 || isSpace(line[index - 1] as string))?.index;
  return line.slice(0, at);
}

function numberOf(text: string): number {
  const weight = text.trim() ? Number(text) : 1;
  if (Number.isNaN(weight)) {
    throw new WordgruError(`the weight is ${shown(text)}; expected a number after the tab.`);
  }
  return weight;
}
