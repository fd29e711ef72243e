/** One word and its probability after the context and the letters typed. */
export interface Suggestion {
  /** The whole word, the letters already typed included. */
  readonly word: string;
  /** P(word | context, prefix), short of the truth by at most the search's tolerance. */
  readonly probability: number;
  /** Its most probable spelling; the first piece may begin with a space. */
  readonly pieces: readonly string[];
}

/** The words found. A plain object: it can be posted to another thread. */
export interface Suggestions {
  /** Most probable first. */
  readonly items: readonly Suggestion[];
  /** True if it is proved that these are the most probable words, in this order; false if a budget ended the search. */
  readonly exact: boolean;
  /** The probability that lies in spellings not looked into, out of 1. */
  readonly unexplored: number;
  /** Spellings looked into: rows given to the model, or remembered. */
  readonly expanded: number;
}

/** What is asked, and how far the search goes. */
export interface SuggestOptions {
  /** How many words, at least 1. Default 5. */
  readonly k?: number;
  /** Letters typed match letters of either case. Default false. */
  readonly ignoreCase?: boolean;
  /** A word's probability may be short of the truth by this much; less probable words may be missing. Default 0.003. */
  readonly tolerance?: number;
  /** Spellings to look into at most; beyond, the result is not exact. Default 512. */
  readonly maxExpanded?: number;
  /** Time to take at most; beyond, the result is not exact. Default: no limit. */
  readonly maxMilliseconds?: number;
  /** Offer the words of the bundle's block list too. Default false. */
  readonly allowBlocked?: boolean;
}

/** The options of a search, complete. */
export interface SearchOptions {
  readonly k: number;
  readonly ignoreCase: boolean;
  readonly tolerance: number;
  readonly maxExpanded: number;
  readonly maxMilliseconds: number;
  /** Words, in lower case, that are never offered. */
  readonly blocked: ReadonlySet<string>;
}
