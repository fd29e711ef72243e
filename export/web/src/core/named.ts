/** Words that another source than the model names. `wordgru/search/named.py` in TypeScript. */
import type { Bytes } from "./bytes.js";
import { largestOf, sum } from "./rows.js";
import type { Source } from "./suggestions.js";
import { Trie } from "./trie.js";
import { compare, folded, placeOf } from "./vocabulary.js";

/** Words in the order of their keys, and their shares. */
interface Sorted {
  readonly keys: readonly Bytes[];
  readonly words: readonly Bytes[];
  readonly shares: Float64Array;
}

/** Words as a trie. */
interface Weighted {
  readonly trie: Trie;
  /** Their shares in its order. */
  readonly shares: Float64Array;
  /** The same, added up from 0 on. */
  readonly summed: Float64Array;
  /** The largest of them. */
  readonly most: number;
}

/** Words and their shares, looked up by what they begin with, in either case or in one. */
export class NamedWords {
  #plain: Sorted | undefined;
  #folded: Sorted | undefined;
  #trie: Weighted | undefined;

  /** @param shares word, without a space before it → its share. */
  constructor(readonly shares: ReadonlyMap<Bytes, number>) {}

  /** The words that begin with `start` and their shares; with `fold` in either case, `start` being lower case. */
  beginning(start: Bytes, fold: boolean): [words: readonly Bytes[], shares: Float64Array] {
    if (fold) this.#folded ??= sorted(this.shares, folded);
    else this.#plain ??= sorted(this.shares, (word) => word);
    const { keys, words, shares } = (fold ? this.#folded : this.#plain) as Sorted;
    const low = placeOf(keys, start);
    const high = placeOf(keys, `${start}\xff`); // no byte of UTF-8 is 255
    return [words.slice(low, high), shares.subarray(low, high)];
  }

  /** The words as a trie, and their shares in its order. */
  get trie(): Weighted {
    if (!this.#trie) {
      const trie = new Trie([...this.shares.keys()]);
      const shares = Float64Array.from(trie.strings, (word) => this.shares.get(word) as number);
      const summed = new Float64Array(shares.length + 1);
      let most = 0;
      for (const [at, share] of shares.entries()) {
        summed[at + 1] = (summed[at] as number) + share;
        most = Math.max(most, share);
      }
      this.#trie = { trie, shares, summed, most };
    }
    return this.#trie;
  }
}

/** What `Named.agreeing` finds. */
export interface Agreeing {
  /** Word, with what it begins with → its share, of those that are listed. */
  readonly found: ReadonlyMap<Bytes, number>;
  /** The sum of all shares. */
  readonly total: number;
  /** The most that a word has that is not listed. */
  readonly rest: number;
}

/** What a source adds at one place. A share is measured where the model's words that begin with `start` have 1. */
export class Named {
  #added: NamedWords | undefined;

  /**
   * @param source what gives the words.
   * @param start what each word here begins with: the space before it, or nothing.
   * @param common words that have a share everywhere.
   * @param more word → its share of this place alone.
   * @param scale what the shares of `common` count here.
   */
  constructor(
    readonly source: Source,
    readonly start: Bytes,
    readonly common: NamedWords,
    private readonly more: ReadonlyMap<Bytes, number> = new Map(),
    readonly scale = 1,
  ) {}

  /** The words of this place alone, as `common` is. */
  get added(): NamedWords {
    this.#added ??= new NamedWords(this.more);
    return this.#added;
  }

  /**
   * The words that begin with `typed`.
   *
   * @param typed the space before the word and the letters; lower case with `fold`.
   * @param most words of `common` to list.
   * @param fold whether letters of either case agree.
   */
  agreeing(typed: Bytes, most: number, fold: boolean): Agreeing {
    const { start, scale } = this;
    if (!typed.startsWith(start) && !start.startsWith(typed)) return { found: new Map(), total: 0, rest: 0 };
    const letters = typed.slice(start.length);
    const [words, shares] = this.common.beginning(letters, fold);
    const listed = largestOf(shares, most);
    const found = new Map(listed.map((at) => [start + words[at], scale * (shares[at] as number)]));
    const isListed = new Set(listed.length < shares.length ? listed : []);
    const rest = isListed.size
      ? shares.reduce((top, share, at) => (isListed.has(at) ? top : Math.max(top, share)), 0)
      : 0;
    let total = scale * sum(shares);
    for (const [word, share] of this.more) {
      if (!(fold ? folded(word) : word).startsWith(letters)) continue;
      const has = found.get(start + word) ?? scale * (this.common.shares.get(word) ?? 0);
      found.set(start + word, has + share);
      total += share;
    }
    return { found, total, rest: scale * rest };
  }
}

function sorted(shares: ReadonlyMap<Bytes, number>, keyOf: (word: Bytes) => Bytes): Sorted {
  const pairs = Array.from(shares.keys(), (word) => [keyOf(word), word] as const);
  pairs.sort(([key, word], [other, another]) => compare(key, other) || compare(word, another));
  const words = pairs.map(([, word]) => word);
  return {
    keys: pairs.map(([key]) => key),
    words,
    shares: Float64Array.from(words, (word) => shares.get(word) as number),
  };
}
