/**
 * Personal words: decaying counts of what one person wrote, mixed with the model into one distribution.
 * `wordgru/sources/personal.py` in TypeScript; it says how the mixture is made.
 *
 * All counts are held in memory. In a browser they are kept in IndexedDB too: each change is one transaction, which
 * begins with what is there, so that two pages may share one store.
 */
import { type Bytes, toBytes, toShown } from "./bytes.js";
import { Counts, decayed, LEAST, STRENGTHS, type Weights } from "./counts.js";
import { Database } from "./database.js";
import { checkDay, type Days, spanOf, today } from "./days.js";
import { WordgruError } from "./errors.js";
import { BEGIN, fromLines, type Gram, gramsOf, inOrder, toLines, unitsOf, type Written } from "./grams.js";
import { Named, NamedWords } from "./named.js";
import { Range } from "./ranges.js";
import { checkUnicode, normalize } from "./words.js";

export { STRENGTHS };

/** The model's probability of a word that was written, where strengths are judged. */
export const USUAL = 0.1;

/** Of the weights of strengths, dealt out evenly at each word, so that none is lost for ever. */
export const SHARE = 0.01;

const CONTEXTS = 512; // histories kept in memory
const BYTES = new Range(100_000, { whole: true });

/** Where personal words are kept, and how many. */
export interface PersonalOptions {
  /** Size beyond which the oldest and least used words go, in bytes as IndexedDB takes them. Default 2,000,000. */
  readonly maxBytes?: number | undefined;
  /** Default: the browser's. */
  readonly indexedDB?: IDBFactory | undefined;
}

/** The counts of the words after a history, and their sum. */
type After = readonly [counts: ReadonlyMap<Bytes, number>, total: number];

/** Counts of one person's words, in a database of the browser or in memory alone. */
export class PersonalModel {
  readonly #counts = new Counts();
  readonly #database: Database | undefined;
  readonly #maxBytes: number;
  #after: { edition: number; known: Map<string, After>; words?: NamedWords } = { edition: -1, known: new Map() };

  /**
   * @param name of the IndexedDB database that keeps the words, made where there is none; without one nothing is kept.
   * @throws WordgruError if there is no IndexedDB here, or the size is out of its range.
   */
  constructor(name?: string, { maxBytes = 2_000_000, indexedDB = globalThis.indexedDB }: PersonalOptions = {}) {
    BYTES.check("maxBytes", maxBytes);
    this.#maxBytes = maxBytes;
    if (name === undefined) return;
    if (!indexedDB) {
      throw new WordgruError(
        `there is no IndexedDB here to keep the personal words '${name}' in; leave the name out, and keep what ` +
          "`export()` gives.",
      );
    }
    this.#database = new Database(name, indexedDB);
  }

  /** Close the database; what is asked next opens it again. */
  async close(): Promise<void> {
    await this.#database?.close();
  }

  // -- learning ------------------------------------------------------------------------------------------------

  /**
   * Count the words of `text`, which its writer has committed; return how many there were.
   *
   * Addresses of mail and the web, numbers of four digits or more and what looks like a key are left out.
   *
   * @param day when it was written, as "2026-11-01"; default: today.
   * @throws WordgruError if the text holds a lone surrogate, the day is none, or the store cannot be written.
   */
  async learn(text: string, { day = today() }: { readonly day?: string | undefined } = {}): Promise<number> {
    checkDay(day);
    return this.#count(text, 1, { day });
  }

  /**
   * Take back what `learn` counted of `text`.
   *
   * @param text as it was learnt.
   * @param since what `clock` said before it was learnt; without it, it is the last text that was learnt.
   */
  async unlearn(text: string, since?: number): Promise<void> {
    await this.#count(text, -1, { since });
  }

  /** How many words were learnt so far. */
  get clock(): Promise<number> {
    return this.#fresh().then(({ clock }) => clock);
  }

  /**
   * Forget `word`, in every case and wherever it is history; without one everything. Return how many counts.
   *
   * @param word which; of one that is empty there is nothing.
   * @param days only what was learnt on these days, as `{ since: "2026-11-01", until: "2026-11-30" }`.
   * @throws WordgruError if a day is none, the first is after the last, or the store cannot be written.
   */
  async forget(word?: string, days: Days = {}): Promise<number> {
    const wanted = word === undefined ? undefined : normalize(word).trim().toLowerCase();
    const [since, until] = spanOf(days);
    return this.#write((counts) => {
      if (wanted === undefined && !days.since && !days.until) return counts.clear();
      const gone = [...counts].filter(
        (gram) =>
          gram.day >= since &&
          gram.day <= until &&
          (wanted === undefined ||
            (wanted && (gram.word.toLowerCase() === wanted || gram.history.split(" ").includes(wanted)))),
      );
      for (const gram of gone) counts.delete(gram);
      return gone.length;
    });
  }

  /** All that is kept, the words alone first, the most frequent first, each by its days. */
  async grams(): Promise<Gram[]> {
    const counts = await this.#fresh();
    return inOrder(Array.from(counts, ({ score, ...gram }) => ({ ...gram, count: counts.now(score) })));
  }

  /**
   * Add counts, of another device for instance; return how many.
   *
   * @throws WordgruError if one is no word with a count above 0; then none is added.
   */
  async add(grams: Iterable<Gram>): Promise<number> {
    const added = [...grams];
    for (const gram of added) {
      const { history, word, count } = gram;
      const isGram = typeof history === "string" && typeof word === "string" && word;
      if (!isGram || !Number.isFinite(count) || count <= 0) {
        throw new WordgruError(`${JSON.stringify(gram)}: expected a history, a word, and a count above 0.`);
      }
      if (gram.day !== undefined) checkDay(gram.day);
    }
    await this.#write((counts) => {
      for (const { history, word, count, day = today() } of added) counts.add(history, word, count, day);
      counts.prune(this.#maxBytes);
    });
    return added.length;
  }

  /** All counts as JSON lines, as `wordgru words export` prints them. */
  async export(): Promise<string> {
    return toLines(await this.grams());
  }

  /**
   * Add the counts of JSON lines; return how many.
   *
   * @throws WordgruError if a line is none; then nothing is added.
   */
  async import(lines: string): Promise<number> {
    return this.add(fromLines(lines));
  }

  // -- the mixture ---------------------------------------------------------------------------------------------

  /** Changes with whatever is learnt or forgotten, by other pages too. */
  async edition(): Promise<number> {
    return (await this.#fresh()).edition;
  }

  /**
   * What the words written before have beside the model, where a word begins after `text`.
   *
   * @returns word → what to add to the model's probability before all is divided by its sum.
   */
  async after(text: string): Promise<ReadonlyMap<string, number>> {
    const { found } = (await this.named(text, "")).agreeing("", Number.MAX_SAFE_INTEGER, false);
    return new Map(Array.from(found, ([word, share]) => [toShown(word), share]));
  }

  /** The same for a search, in which each word begins with `start`. */
  async named(text: string, start: Bytes): Promise<Named> {
    const counts = await this.#fresh();
    const written = [...unitsOf(text)];
    const weights = this.#judged(counts, gramsOf(written));
    const units = [BEGIN, ...written.map((unit) => unit.toLowerCase())];
    const [alone, sum] = this.#afterOf(counts, "");
    this.#after.words ??= new NamedWords(alone);
    let [everywhere, left] = shares(0, weights, sum);
    let gained = new Map<Bytes, number>();
    for (let size = 1; size < STRENGTHS.length && size <= units.length; size++) {
      const [found, total] = this.#afterOf(counts, units.slice(-size).join(" "));
      if (!found.size) continue;
      const [each, rest] = shares(size, weights, total);
      gained = new Map(Array.from(gained, ([word, mass]) => [word, rest * mass]));
      for (const [word, count] of found) gained.set(word, (gained.get(word) ?? 0) + each * count);
      everywhere *= rest;
      left *= rest;
    }
    const more = new Map(Array.from(gained, ([word, mass]) => [word, mass / left]));
    return new Named("personal", start, this.#after.words, more, everywhere / left);
  }

  /** The weights of the strengths, after they followed how well each foretells `grams`, which are not learnt. */
  #judged(counts: Counts, grams: Iterable<Written>): Weights {
    const weights = [...counts.weights];
    let usual = USUAL;
    let last = 0;
    for (const { number, history, size, word } of grams) {
      if (number !== last) usual = USUAL;
      last = number;
      const [found, total] = this.#afterOf(counts, history);
      if (!found.size) continue;
      const count = found.get(toBytes(word)) ?? 0;
      [weights[size], usual] = followed(size, weights[size] as readonly number[], count, total, usual);
    }
    return weights;
  }

  /** The counts of the words after a history; kept until the counts change. */
  #afterOf(counts: Counts, history: string): After {
    if (this.#after.edition !== counts.edition) this.#after = { edition: counts.edition, known: new Map() };
    const { known } = this.#after;
    const kept = known.get(history);
    if (kept) return kept;
    if (known.size >= CONTEXTS) known.clear();
    const found = after(counts, history);
    let total = 0;
    for (const count of found.values()) total += count;
    known.set(history, [found, total]);
    return [found, total];
  }

  // -- the store -----------------------------------------------------------------------------------------------

  async #count(
    text: string,
    sign: 1 | -1,
    { since, day = today() }: { readonly since?: number | undefined; readonly day?: string } = {},
  ): Promise<number> {
    checkUnicode(text);
    const grams = [...gramsOf(unitsOf(normalize(text)))];
    const learnt = grams.at(-1)?.number ?? 0;
    return this.#write((counts) => {
      const begun = since ?? counts.clock - (sign < 0 ? learnt : 0);
      if (sign < 0 && begun + learnt > counts.clock) return learnt; // all was forgotten since: the rest is another text's
      if (sign > 0) counts.weights = this.#judged(counts, grams);
      if (sign > 0) counts.clock += learnt;
      for (const { number, history, word } of grams) {
        const count = decayed(begun + number - counts.clock);
        if (sign > 0) counts.add(history, word, count, day);
        else counts.take(history, word, count);
      }
      counts.prune(this.#maxBytes);
      return learnt;
    });
  }

  async #write<T>(work: (counts: Counts) => T): Promise<T> {
    if (this.#database) return this.#database.write(this.#counts, work);
    const result = work(this.#counts);
    this.#counts.changes(); // which nobody keeps
    this.#counts.edition = Math.random();
    return result;
  }

  /** The counts as they are now. */
  async #fresh(): Promise<Counts> {
    await this.#database?.refresh(this.#counts);
    return this.#counts;
  }
}

/** The words after a history, and their counts. */
function after(counts: Counts, history: string): Map<Bytes, number> {
  const found = new Map<Bytes, number>();
  for (const [word, count] of counts.after(history)) {
    if (count >= LEAST) found.set(toBytes(word), count);
  }
  return found;
}

/** What a count of one is worth after a history of `size` units with counts of `total`, and what is left. */
function shares(size: number, weights: Weights, total: number): [each: number, left: number] {
  let [each, left] = [0, 0];
  for (const [at, strength] of (STRENGTHS[size] ?? []).entries()) {
    const share = (weights[size]?.[at] ?? 0) / (total + strength);
    each += share;
    left += share * strength;
  }
  return [each, left];
}

/** Weights after each strength made a word so probable, and how probable the mixture made it. */
function followed(
  size: number,
  weights: readonly number[],
  count: number,
  total: number,
  usual: number,
): [weights: readonly number[], probability: number] {
  const parts = (STRENGTHS[size] ?? []).map(
    (strength, at) => ((weights[at] as number) * (count + strength * usual)) / (total + strength),
  );
  const probability = parts.reduce((sum, part) => sum + part, 0);
  return [parts.map((part) => ((1 - SHARE) * part) / probability + SHARE / parts.length), probability];
}
