/**
 * What a search has read: rows of the model after nodes, and what of each agrees with the letters typed.
 * `wordgru/search/rows.py` in TypeScript. search.ts says what the words mean, and what is read next.
 */
import type { Bytes } from "./bytes.js";
import type { LanguageModel } from "./model.js";
import type { SearchOptions } from "./suggestions.js";
import { END_OF_TEXT } from "./tokenizer.js";
import { halfCharacter, type Places, type Vocabulary } from "./vocabulary.js";

const ALONE = 3; // rows of a large call that take as long as a call of one
const LISTED = 96; // words of one row that are listed as found at most
const TINY = 2 ** -126; // the least float that is not 0 or nearly so

/** What the search needs of a model. */
export type Steps = Pick<LanguageModel, "step">;

/** A token sequence begun, as the model read it. */
export interface Node {
  /** Its ids after the context; none for the root. */
  readonly tokens: readonly number[];
  readonly spelled: Bytes;
  /** Its bytes as they are compared with what is typed. */
  readonly key: Bytes;
  /** log P(tokens | context), natural. */
  readonly logMass: number;
  /** P(next token). */
  readonly row: Float32Array;
  /** After its last token. */
  readonly state: Float32Array;
  /** Whether a word ended before what follows: two were typed as one, perhaps. */
  readonly isSecond: boolean;
}

/** Nodes by their tokens, each after its parent. */
export type Nodes = Map<string, Node>;
/**
 * Reads token sequences after a context, within a budget, and remembers their nodes.
 *
 * A call counts as half a batch of rows at least: it takes as long.
 */
export class Reader {
  rows = 0;
  #spent = 0; // of the budget

  constructor(
    private readonly model: Steps,
    private readonly vocabulary: Vocabulary,
    readonly nodes: Nodes,
    private readonly options: SearchOptions,
  ) {}

  /** Rows that may still be asked for. */
  get left(): number {
    return Math.max(this.options.maxRows - this.#spent, 0);
  }

  /** Make the root: what may follow the context. */
  async begin(state: Float32Array, last: number): Promise<void> {
    for (const answer of await this.#step([last], [state], 1)) {
      this.nodes.set(nameOf([]), { tokens: [], spelled: "", key: "", logMass: 0, isSecond: false, ...answer });
    }
  }

  /**
   * The node of a usual token of what is typed, read alone if it is not known; nothing once the budget is spent. It is
   * read whatever that counts, because without it nothing is found; a quarter of the budget is left, if it can be.
   */
  async #readUsual(node: Node, token: number): Promise<Node | undefined> {
    const { maxRows } = this.options;
    const known = this.nodes.get(nameOf([...node.tokens, token]));
    if (known || this.rows >= maxRows) return known;
    const [next] = await this.read([[node, token]], ALONE);
    this.#spent = Math.max(Math.min(this.#spent, maxRows - Math.floor(maxRows / 4)), this.rows);
    return next;
  }

  /** The nodes of tokens after nodes; the call counts as `least` rows at least. */
  async read(picks: readonly (readonly [parent: Node, token: number])[], least = 1): Promise<Node[]> {
    const answers = await this.#step(
      picks.map(([, token]) => token),
      picks.map(([{ state }]) => state),
      least,
    );
    return answers.map((answer, at) => {
      const [parent, token] = picks[at] as (typeof picks)[number];
      const bytes = this.vocabulary.tokenBytes[token] as Bytes;
      const spelled = parent.spelled + bytes;
      const tokens = [...parent.tokens, token];
      const logMass = parent.logMass + Math.log(Math.max(parent.row[token] as number, TINY));
      const isSecond = parent.isSecond || this.vocabulary.isFinal(token);
      const node = { tokens, spelled, key: parent.key + this.vocabulary.key(bytes), logMass, isSecond, ...answer };
      this.nodes.set(nameOf(tokens), node);
      return node;
    });
  }

  /** The nodes of a token sequence after the context, as far as the budget goes; read one by one. */
  async along(tokens: readonly number[]): Promise<Node[]> {
    const found: Node[] = [];
    let node = this.nodes.get(nameOf([]));
    for (const token of tokens) {
      node &&= await this.#readUsual(node, token);
      if (node) found.push(node);
    }
    return found;
  }

  #step(tokens: readonly number[], states: readonly Float32Array[], least: number): ReturnType<Steps["step"]> {
    this.rows += tokens.length;
    this.#spent += Math.max(tokens.length, least);
    return this.model.step(tokens, states);
  }
}

/** A node among the letters typed: what of its row agrees with them. */
export class Row {
  /** Of the row in its search. */
  number = 0;
  /** Of the node. */
  mass = 1;
  /** Place of the first open token that agrees, in the vocabulary's order. */
  readonly low: number;
  /** Masses of the open tokens that agree, from `low` on; 0 for those that were read. */
  readonly open: Float64Array;
  /** Open tokens that spell a part of the letters: place → mass. They agree only in part. */
  readonly inner = new Map<number, number>();
  /** What the open tokens have together, before any was read. */
  allOpen: number;
  /** Of the row that agrees for sure. */
  readonly share: number;
  readonly #wordIds: Int32Array; // of the tokens that end a word and agree
  readonly #words: Float32Array; // their probabilities
  readonly #allWords: number; // the sum of these

  constructor(
    readonly node: Node,
    vocabulary: Vocabulary,
    typed: Bytes,
  ) {
    const { finals, opens } = vocabulary;
    const rest = typed.slice(node.key.length);
    const [low, high] = opens.range(rest);
    this.low = low;
    this.open = new Float64Array(opens.of(node.row, low, high));
    for (const place of vocabulary.inner(rest)) this.inner.set(place, node.row[opens.ids[place] as number] as number);
    const [first, last] = finals.range(rest);
    this.#wordIds = finals.ids.subarray(first, last);
    this.#words = finals.of(node.row, first, last);
    const units = vocabulary.unitEnds(halfCharacter(node.spelled)).filter((place) => low <= place && place < high);
    if (units.length) {
      // of a script without spaces
      this.#wordIds = Int32Array.from([...this.#wordIds, ...units.map((place) => opens.ids[place] as number)]);
      this.#words = Float32Array.from(this.#wordIds, (id) => node.row[id] as number);
      for (const place of units) this.open[place - low] = 0;
    }
    this.#allWords = sum(this.#words);
    this.allOpen = sum(this.open);
    this.share = typed ? this.#allWords + this.allOpen : 1 - (node.row[END_OF_TEXT] as number);
  }

  /** Turn probabilities into masses. */
  weigh(mass: number): void {
    this.mass = mass;
    for (const [place, share] of this.inner) this.inner.set(place, mass * share);
    for (let at = 0; at < this.open.length; at++) (this.open[at] as number) *= mass;
    this.allOpen *= mass;
  }

  /**
   * The tokens that end a word here with the most mass, and the most that another one may have.
   *
   * `few` of them at least; else none below the mass `lightest`.
   */
  words(few: number, lightest: number): [words: (readonly [token: number, mass: number])[], unlisted: number] {
    const words = this.#words;
    if (!few && this.mass * this.#allWords <= lightest) return [[], this.mass * this.#allWords];
    let least = Math.max(largest(words) / 2048, lightest / this.mass);
    let places = largestOf(words, words.length, least);
    const count = Math.min(Math.max(places.length, few), Math.max(few, LISTED), words.length);
    if (count !== places.length) {
      [places, least] = cutDown(words, places.length > count ? places : [...words.keys()], count);
    }
    if (count === words.length) least = 0;
    const listed = places.map((at) => [this.#wordIds[at] as number, this.mass * (words[at] as number)] as const);
    return [listed, this.mass * least];
  }

  /** The open token at a place is read now: its mass, which is in its own row from here on; 0 of an inner one. */
  take(place: number): number {
    if (this.inner.delete(place)) return 0;
    const mass = this.open[place - this.low] as number;
    this.open[place - this.low] = 0;
    return mass;
  }
}

/** An open token to read: its mass, the number of its row, its place in the vocabulary. */
export interface Choice {
  readonly mass: number;
  readonly row: number;
  readonly place: number;
}

/** The rows of the nodes that spell the same: their open masses lie on the same paths. */
export class Group {
  readonly rows: Row[] = [];
  /** The most that a word may have found in the rows without being listed. */
  unlisted = 0;
  /** The open mass of all rows. */
  open = 0;
  #path: Float64Array | undefined;
  #peak: number | undefined; // the most on any path, once it was asked for

  /**
   * @param low as of its rows.
   * @param light where no more than this is open, it is taken as what any word may miss here: half the rows that agree
   *   with some letters hardly do.
   */
  constructor(
    private readonly opens: Vocabulary["opens"],
    private readonly low: number,
    private readonly light: number,
  ) {}

  get #isLight(): boolean {
    return !this.#path && this.open <= this.light;
  }

  /**
   * For each open token that agrees, from `low` on, the sum of the open masses along its bytes, over all rows: what a
   * word through it may miss here.
   */
  get path(): Float64Array {
    if (this.#path) return this.#path;
    const size = (this.rows[0] as Row).open.length;
    const path = new Float64Array(size);
    const ended = new Float64Array(size + 1);
    for (const { open } of this.rows) {
      ended.fill(0); // each mass counts up to its end
      let along = 0;
      for (let at = 0; at < size; at++) {
        const mass = open[at] as number;
        if (mass) (ended[(this.opens.ends[this.low + at] as number) - this.low] as number) += mass;
        along += mass - (ended[at] as number);
        (path[at] as number) += along;
      }
    }
    this.#path = path;
    return path;
  }

  /** Add a row, weighed already. */
  add(row: Row): void {
    this.rows.push(row);
    this.open += row.allOpen;
    this.#path = undefined;
    this.#peak = undefined;
  }

  /** The open token at a place, of this mass, is read now. */
  take(place: number, mass: number): void {
    if (!mass) return;
    this.open = Math.max(this.open - mass, 0);
    const end = (this.opens.ends[place] as number) - this.low;
    if (this.#path) for (let at = place - this.low; at < end; at++) (this.#path[at] as number) -= mass;
    this.#peak = undefined;
  }

  /** The most that any word may miss here whose bytes from the nodes on begin with `key`. */
  peak(key: Bytes): number {
    if (this.#isLight) return this.open;
    const { path } = this;
    if (!key && path.length) {
      this.#peak ??= largest(path);
      return this.#peak;
    }
    const places = this.opens.range(key);
    const low = Math.max(places[0] - this.low, 0);
    const high = Math.min(places[1] - this.low, path.length);
    return low < high ? largest(path, low, high) : this.missing(key);
  }

  /** What the word whose bytes from the nodes on are `key` may miss here. */
  missing(key: Bytes): number {
    return this.#isLight ? this.open : (this.path[this.opens.deepest(key) - this.low] ?? 0);
  }

  /** The open tokens that `key` begins with. */
  *along(key: Bytes): Iterable<Choice> {
    for (let size = 1; size <= key.length; size++) {
      for (const place of between(this.opens.equal(key.slice(0, size)))) {
        for (const { open, number } of this.rows) {
          const mass = open[place - this.low] ?? 0;
          if (mass > 0) yield { mass, row: number, place };
        }
      }
    }
  }

  /** The heaviest open tokens of each row on paths above `limit`, at most so many of a row. */
  *over(limit: number, most: number): Iterable<Choice> {
    const { path } = this;
    for (const { open, number } of this.rows) {
      for (const at of largestOf(open, most, 0, (at) => (path[at] as number) > limit)) {
        yield { mass: open[at] as number, row: number, place: at + this.low };
      }
    }
  }
}

/** The heaviest of `choices`, the heaviest first. */
export function heaviest(choices: Iterable<Choice>, count: number): Choice[] {
  const sorted = [...choices].sort(
    (one, other) => other.mass - one.mass || other.row - one.row || other.place - one.place,
  );
  return sorted.slice(0, count);
}

type Values = Float64Array | Float32Array;

export function nameOf(tokens: readonly number[]): string {
  return tokens.join();
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at] as number;
  return total;
}

export function largest(values: Values, low = 0, high = values.length): number {
  let most = 0;
  for (let at = low; at < high; at++) if ((values[at] as number) > most) most = values[at] as number;
  return most;
}

/** Where the `count` largest of `values` above `least` are that fit, in no order; of equals the first. */
export function largestOf(values: Values, count: number, least = -1, fits?: (at: number) => boolean): number[] {
  const many = Math.max(2 * count, 64); // so many are held, and then cut down to `count`
  let held: number[] = [];
  let bar = least;
  for (let at = 0; at < values.length; at++) {
    if ((values[at] as number) <= bar || (fits && !fits(at))) continue;
    held.push(at);
    if (held.length === many) [held, bar] = cutDown(values, held, count);
  }
  return held.length > count ? cutDown(values, held, count)[0] : held;
}

/** The `count` of `places` with the largest values, and the smallest of these. */
export function cutDown(values: Values, places: readonly number[], count: number): [places: number[], bar: number] {
  const sorted = Float64Array.from(places, (at) => values[at] as number).sort();
  const bar = sorted[sorted.length - count] as number;
  let equal = count - sorted.reduce((larger, value) => larger + Number(value > bar), 0);
  const largest = places.filter((at) => (values[at] as number) > bar || (values[at] === bar && equal-- > 0));
  return [largest, bar];
}

function* between([low, high]: Places): Iterable<number> {
  for (let at = low; at < high; at++) yield at;
}
