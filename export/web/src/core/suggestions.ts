/** What a search is asked and what it answers. */
import type { Bytes } from "./bytes.js";
import { WordgruError } from "./errors.js";
import { Range, shown } from "./ranges.js";

/** Who gives a word to one model's search: the model, the person's own words, or a word list. */
export type Source = "model" | "personal" | "glossary";

/** One word and its probability after the context and the letters typed. */
export interface Suggestion {
  /** The whole word, the letters already typed included. */
  readonly word: string;
  /** P(word | context, prefix), short of the truth by at most the search's tolerance. */
  readonly probability: number;
  /** Its most probable spelling; the first token may begin with a space. Half a character shows as U+FFFD. */
  readonly tokens: readonly string[];
  /**
   * Who gives it: "model", "personal", "glossary", of several models the name of each; one that gives less than a tenth
   * of it is not told.
   */
  readonly sources: readonly string[];
}

/** The words found. A plain object: it can be posted to another thread. */
export interface Suggestions {
  /** Most probable first. */
  readonly items: readonly Suggestion[];
  /** True if it is proved that these are the most probable words, in this order; false if a budget ended the search. */
  readonly exact: boolean;
  /** Log P(the letters typed | the text before the word), natural, as far as it is known. */
  readonly logEvidence: number;
  /** Share of what agrees with the letters typed that lies in spellings not looked into. */
  readonly unexplored: number;
  /** Rows of the model that were asked for. */
  readonly rows: number;
  /** Whether a space is missing between the text and these words. */
  readonly space: boolean;
  /** With a typing model, the word to put in place of the letters typed if the word ends here. */
  readonly autocorrect?: string | undefined;
}

/** The answer where nothing is offered. */
export const NO_OFFERS: Suggestions = { items: [], exact: false, unexplored: 1, rows: 0, space: false, logEvidence: 0 };

/** One word of an answer. */
export interface Found {
  /** Its bytes, those held back before the word included. */
  readonly spelled: Bytes;
  /** Out of what agrees with the bytes typed. */
  readonly probability: number;
  /** Its most probable spelling. */
  readonly tokens: readonly number[];
  /** What of `probability` it has from each source that names it. */
  readonly named: ReadonlyMap<Source, number>;
}

/** What a search found. */
export interface Answer {
  /** Most probable first. */
  readonly words: readonly Found[];
  /** Whether it is proved that they are the most probable. */
  readonly exact: boolean;
  /** Share, of all that agrees with the bytes typed, of spellings that were not looked into. */
  readonly unexplored: number;
  /** Rows of the model that were asked for. */
  readonly rows: number;
  /** Log P(the bytes typed | context), natural, as far as it is known. */
  readonly logEvidence: number;
}

/** How a search is done. */
export interface SearchOptions {
  /**
   * Share of what agrees with the letters typed by which a word's probability may be short of the truth, and by which a
   * word that is not offered may be ahead of the last one offered. Default 0.003.
   */
  readonly tolerance: number;
  /**
   * Rows of the model to ask for at most, where a call counts as half a batch of rows at least; then the answer is not
   * exact. Default 64.
   */
  readonly maxRows: number;
  /** Time to take at most; then the answer is not exact. Default: no limit. */
  readonly maxSeconds: number | undefined;
  /** Letters typed match letters of either case, and words that differ in case alone take one place. Default false. */
  readonly ignoreCase: boolean;
  /**
   * Marks and emoji that may come next are offered too; probabilities are then out of all that may follow.
   * Default false.
   */
  readonly punctuation: boolean;
  /** Rows asked for in one call of the model at most. Default 8. */
  readonly batch: number;
}

/** What is asked, and how the search is done. */
export interface SuggestOptions extends Partial<SearchOptions> {
  /** How many words, 1 to 256. Default 3. */
  readonly k?: number | undefined;
}

/** What is asked after a context. */
export interface PrefixOptions extends SuggestOptions {
  /** Letters typed that are not in the text. At a session's cursor, without it the unfinished last word is the prefix. */
  readonly prefix?: string | undefined;
}

/** What is asked at the cursor of a text field. */
export interface SessionOptions extends PrefixOptions {
  /**
   * How surely a typist takes the word meant when it is offered, at least 0 and below 1. Words that this session
   * offered with fewer letters, and that were passed over, are less probable then:
   * P(types on | word meant and offered) = 1 - attention. Default 0: they are not.
   */
  readonly attention?: number | undefined;
  /** With a typing model, how probable a correction must be, 0 to 1. Default 0.9. */
  readonly threshold?: number | undefined;
}

/** How phrases are found. */
export interface PhraseOptions extends Partial<SearchOptions> {
  /** How many phrases at most, 1 to 256. Default 3. */
  readonly k?: number | undefined;
  /** Words of a phrase at most. Default 4. */
  readonly maxWords?: number | undefined;
  /** A phrase grows while its probability is at least this. Default 0.05. */
  readonly threshold?: number | undefined;
}

/** All options, checked. */
export interface Asked extends SearchOptions {
  readonly k: number;
  readonly prefix: string | undefined;
  readonly attention: number;
  readonly threshold: number;
}

const DEFAULTS: Asked = {
  k: 3,
  prefix: undefined,
  attention: 0,
  threshold: 0.9,
  tolerance: 3e-3,
  maxRows: 64,
  maxSeconds: undefined,
  ignoreCase: false,
  punctuation: false,
  batch: 8,
};

const K = new Range(1, { most: 256, whole: true });

const COUNT = new Range(1, { whole: true });

const SHARE = new Range(0, { most: 1 });

const RANGES: Readonly<Record<string, Range>> = {
  k: K,
  attention: new Range(0, { most: 1, below: true }),
  threshold: SHARE,
  tolerance: new Range(0, { most: 1, below: true }),
  maxRows: COUNT,
  maxSeconds: new Range(0, { above: true }),
  batch: COUNT,
};

/**
 * `given` with the defaults for what it leaves out. It may come from JavaScript, so names and types are checked too.
 *
 * @throws WordgruError if there is no such option, or a value is of another type or out of its range.
 */
export function withDefaults(given: SessionOptions): Asked {
  if (typeof given !== "object" || given === null) {
    throw new WordgruError(`the options are ${shown(given)}; expected an object, { k: 3 } for instance.`);
  }
  const kept = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of kept) check(name, value);
  return { ...DEFAULTS, ...Object.fromEntries(kept) };
}

/** The same for `phrases`. */
export function phraseDefaults(given: PhraseOptions): { maxWords: number; threshold: number; asked: Asked } {
  const { maxWords = 4, threshold = 0.05, ...others } = given ?? {};
  COUNT.check("maxWords", maxWords);
  SHARE.check("threshold", threshold);
  return { maxWords, threshold, asked: withDefaults(others) };
}

function check(name: string, value: unknown): void {
  if (!Object.hasOwn(DEFAULTS, name)) {
    throw new WordgruError(`${name} is no option of a search; expected ${Object.keys(DEFAULTS).join(", ")}.`);
  }
  if (RANGES[name]) RANGES[name].check(name, value);
  else if (name === "prefix" ? typeof value !== "string" : typeof value !== "boolean") {
    throw new WordgruError(`${name} is ${shown(value)}; expected ${name === "prefix" ? "a string" : "true or false"}.`);
  }
}
