/**
 * What agrees with the letters typed, weighed: rows of the model and the words of other sources, in one unit of mass.
 * `wordgru/search/weighed.py` in TypeScript.
 *
 * `Weighed` reads what it is told to and adds up; search.ts says what the words mean, and decides what is read.
 */
import type { Bytes } from "./bytes.js";
import type { Named } from "./named.js";
import { type Choice, Group, heaviest, type Node, nameOf, type Reader, Row, sum } from "./rows.js";
import type { Found, SearchOptions, Source } from "./suggestions.js";
import type { Vocabulary } from "./vocabulary.js";

const NAMED = 256; // words that a source names everywhere which a search looks at one by one
const FORGOTTEN = 0.01; // share of the tolerance below which a node that was read is taken as not read
const SMALLEST = 1e-9; // the least tolerance: sums of masses are no more exact

/** The tokens of a pre-token that is these bytes; the last one final. */
export type Spell = (preToken: Bytes) => readonly number[];

/** The groups whose nodes a word begins with, and what of it follows them. */
export type Along = readonly (readonly [group: Group, rest: Bytes])[];

/** The most that a word may gain which is these bytes, as they are compared. */
export type Bound = (key: Bytes) => number;

/** Everything read so far that agrees with some letters. */
export class Weighed {
  /** By their numbers, each after its parent. */
  readonly rows: Row[] = [];
  readonly #rowOf = new Map<string, Row>(); // by the tokens of its node
  /** By the key of their nodes. */
  readonly groups = new Map<Bytes, Group>();
  /** Word → mass of its spellings, of the rows that list it. */
  found = new Map<Bytes, number>();
  readonly #keys = new Map<Bytes, Bytes>(); // word → its bytes as they are compared, token by token
  readonly #shares = new Map<Source, ReadonlyMap<Bytes, number>>(); // source → word → mass that it gives
  /** Word → mass that it has beside the model's. */
  readonly named = new Map<Bytes, number>();
  /** The most that any other word may have beside it. */
  unnamed = 0;
  #scale = 0; // log of what has mass 1, so that no mass underflows however improbable the letters are
  /** Mass of all that agrees with the letters for sure. */
  agreeing = 0;
  #unlisted: Row[] = []; // rows of which the words are still to be listed
  #few = 0; // how many words each row lists at least

  /**
   * @param reader asks the model.
   * @param typed the letters, as they are compared.
   */
  constructor(
    readonly reader: Reader,
    readonly vocabulary: Vocabulary,
    private readonly typed: Bytes,
    private readonly options: SearchOptions,
    private readonly spell: Spell,
  ) {}

  /** The mass by which a word may be short of the truth. */
  get allowed(): number {
    return Math.max(this.options.tolerance, SMALLEST) * this.agreeing;
  }

  /** The mass of the open tokens that spell a part of the letters: nobody knows yet what of it agrees. */
  get inner(): number {
    return this.rows.reduce((total, { inner }) => total + sum([...inner.values()]), 0);
  }

  /** Log P(the letters | context), natural, as far as it is known. */
  get logAgreeing(): number {
    return Math.log(Math.max(this.agreeing, 1e-300)) + this.#scale;
  }

  /** Share, of all that agrees, of spellings that were not looked into. */
  get unexplored(): number {
    const { inner } = this;
    const open = this.rows.reduce((total, row) => total + sum(row.open), inner);
    const whole = this.agreeing + inner;
    return whole > 0 ? Math.min(open / whole, 1) : 1;
  }

  // -- reading -------------------------------------------------------------------------------------------------

  /** Read the tokens of `chain`, and weigh all nodes that agree; the others are forgotten. Then the sources. */
  async begin(chain: readonly number[], sources: readonly Named[]): Promise<void> {
    const { typed } = this;
    const { nodes } = this.reader;
    await this.reader.along(chain);
    for (const [name, { key, isSecond }] of nodes) {
      if (isSecond || !(key.startsWith(typed) || typed.startsWith(key))) nodes.delete(name);
    }
    const rows = Array.from(nodes.values(), (node) => new Row(node, this.vocabulary, typed));
    const outer = rows.filter((row) => this.#isOuter(row) && row.share);
    const masses = outer.map(({ node, share }) => node.logMass + Math.log(share));
    if (typed) this.#scale = Math.max(...(masses.length ? masses : rows.map(({ node }) => node.logMass)));
    for (const row of rows) {
      if (this.#isOuter(row) || !this.#isLight(row)) this.#add(row);
      else nodes.delete(nameOf(row.node.tokens));
    }
    for (const { node } of this.rows) {
      const token = node.tokens.at(-1);
      if (token !== undefined) this.#take(this.#row(node.tokens.slice(0, -1)), this.vocabulary.place(token));
    }
    for (const source of sources) this.#name(source);
  }

  /** Weigh the named words that agree; they are found from the start, the heaviest one by one. */
  #name(source: Named): void {
    const { vocabulary } = this;
    const { row } = this.reader.nodes.get(nameOf([])) as Node;
    const start = vocabulary.key(source.start);
    const among = [vocabulary.finals, vocabulary.opens].map((index) => sum(index.of(row, ...index.range(start))));
    const unit = sum(among) * Math.exp(Math.min(-this.#scale, 700));
    const { found, total, rest } = source.agreeing(this.typed, NAMED, this.options.ignoreCase);
    this.agreeing += unit * total;
    const least = (this.options.tolerance / 8) * total;
    const masses = new Map<Bytes, number>();
    let most = rest;
    for (const [word, share] of found) {
      if (share > least) masses.set(word, unit * share);
      else most = Math.max(most, share);
    }
    this.#shares.set(source.source, masses);
    this.unnamed += unit * most;
    for (const [word, mass] of masses) {
      this.named.set(word, (this.named.get(word) ?? 0) + mass);
      this.found.set(word, (this.found.get(word) ?? 0) + mass);
      if (!this.#keys.has(word)) this.#keys.set(word, this.#usualKey(word));
    }
  }

  /** The key of a word that is spelled by its usual tokens. */
  #usualKey(word: Bytes): Bytes {
    const { vocabulary } = this;
    if (!vocabulary.fold) return word;
    const tokens = this.spell(word).map((token) => vocabulary.tokenBytes[token] as Bytes);
    return tokens.map((bytes) => vocabulary.key(bytes)).join("");
  }

  /** Weigh a row; the words that it spells are listed when they are needed. */
  #add(row: Row): void {
    row.weigh(this.#mass(row.node));
    row.number = this.rows.length;
    this.rows.push(row);
    this.#rowOf.set(nameOf(row.node.tokens), row);
    const { key } = row.node;
    if (!this.groups.has(key))
      this.groups.set(key, new Group(this.vocabulary.opens, row.low, FORGOTTEN * this.options.tolerance));
    this.#group(row).add(row);
    if (this.#isOuter(row)) this.agreeing += row.mass * row.share;
    this.#unlisted.push(row);
  }

  /** Whether what agrees in a row is in no other row: its node ends before the letters typed do. */
  #isOuter({ node }: Row): boolean {
    return node.key.length < this.typed.length || !node.tokens.length;
  }

  #mass({ logMass }: Node): number {
    return Math.exp(Math.min(logMass - this.#scale, 700));
  }

  /**
   * Whether a node weighs next to nothing; so do those after it.
   *
   * Not one inside the letters typed: that it leads nowhere is worth knowing.
   */
  #isLight({ node }: Row): boolean {
    return this.#mass(node) < FORGOTTEN * this.options.tolerance;
  }

  #take(row: Row, place: number): void {
    this.#group(row).take(place, row.take(place));
  }

  /** Read open tokens, in one call of the model. */
  async read(choices: readonly Choice[]): Promise<void> {
    const { ids } = this.vocabulary.opens;
    const parents = choices.map(({ row }) => this.rows[row] as Row);
    for (const [at, { place }] of choices.entries()) this.#take(parents[at] as Row, place);
    const picks = choices.map(({ place }, at) => [(parents[at] as Row).node, ids[place] as number] as const);
    const least = Math.floor(this.options.batch / 2);
    for (const node of await this.reader.read(picks, least)) this.#add(new Row(node, this.vocabulary, this.typed));
  }

  #row(tokens: readonly number[]): Row {
    return this.#rowOf.get(nameOf(tokens)) as Row;
  }

  #group({ node }: Row): Group {
    return this.groups.get(node.key) as Group;
  }

  // -- the words -----------------------------------------------------------------------------------------------

  /** Whether every word that the rows have is found. */
  get isComplete(): boolean {
    return !this.#unlisted.length && [...this.groups.values()].every(({ unlisted }) => unlisted === 0);
  }

  /** Find the words of the rows read since; of all rows anew where each is to list a `few` at least. */
  listWords(few = 0): void {
    if (few) {
      this.found = new Map(this.named);
      this.#few = few;
      this.#unlisted = [...this.rows];
      for (const group of this.groups.values()) group.unlisted = 0;
    }
    for (const row of this.#unlisted) this.#list(row);
    this.#unlisted = [];
  }

  #list(row: Row): void {
    const [words, unlisted] = row.words(this.#few, FORGOTTEN * this.allowed);
    this.#group(row).unlisted += unlisted;
    for (const [token, mass] of words) {
      const bytes = this.vocabulary.tokenBytes[token] as Bytes;
      const word = row.node.spelled + bytes;
      this.#keys.set(word, row.node.key + this.vocabulary.key(bytes));
      this.found.set(word, (this.found.get(word) ?? 0) + mass);
    }
  }

  /** A word with the mass of all its spellings seen, light ones too, and the best of them. */
  measured(word: Bytes): Found {
    let total = this.named.get(word) ?? 0;
    let best = 0;
    let tokens: readonly number[] = [];
    for (const row of this.along(word).flatMap(([{ rows }]) => rows)) {
      const { node } = row;
      if (!word.startsWith(node.spelled)) continue;
      for (const token of this.vocabulary.spelling(node.spelled, word.slice(node.spelled.length))) {
        const mass = row.mass * (node.row[token] as number);
        total += mass;
        if (mass <= best) continue;
        best = mass;
        tokens = [...node.tokens, token];
      }
    }
    const named = new Map<Source, number>();
    for (const [source, masses] of this.#shares) {
      const mass = masses.get(word);
      if (mass !== undefined) named.set(source, mass / this.agreeing);
    }
    const probability = Math.min(total / this.agreeing, 1);
    return { spelled: word, probability, tokens: best ? tokens : this.spell(word), named };
  }

  // -- what may be missing -------------------------------------------------------------------------------------

  /** A word that was found as it is compared. */
  key(word: Bytes): Bytes {
    return this.#keys.get(word) as Bytes;
  }

  /** What a listed word goes through: the groups on its path, and what of it follows them, as it is compared. */
  along(word: Bytes): Along {
    return this.alongKey(this.key(word));
  }

  /** The same of bytes as they are compared. */
  alongKey(key: Bytes): Along {
    const along: [Group, Bytes][] = [];
    for (let size = 0; size <= key.length; size++) {
      const group = this.groups.get(key.slice(0, size));
      if (group) along.push([group, key.slice(size)]);
    }
    return along;
  }

  /**
   * The most that a word may gain, by its bytes as they are compared: what is cheap to know, one for all words that
   * have the letters and one byte more in common.
   *
   * It is what words may miss at most in the groups before that byte, and on one path after it.
   */
  bound(): Bound {
    const size = this.typed.length + 1;
    const outer: [key: Bytes, group: Group][] = [];
    const inner = new Map<Bytes, number>();
    const path: [key: Bytes, mass: number][] = [["", 0]];
    for (const key of [...this.groups.keys()].sort()) {
      const group = this.groups.get(key) as Group;
      if (key.length < size) {
        outer.push([key, group]);
        continue;
      }
      while (!key.startsWith((path.at(-1) as [Bytes, number])[0])) path.pop();
      const mass = (path.at(-1) as [Bytes, number])[1] + group.peak("") + group.unlisted;
      path.push([key, mass]);
      inner.set(key.slice(0, size), Math.max(inner.get(key.slice(0, size)) ?? 0, mass));
    }
    const branches = new Map<Bytes, number>();
    return (key) => {
      const start = key.slice(0, size);
      let bound = branches.get(start);
      if (bound === undefined) {
        bound = this.unnamed + (inner.get(start) ?? 0);
        for (const [above, group] of outer) bound += group.peak(start.slice(above.length)) + group.unlisted;
        branches.set(start, bound);
      }
      return bound;
    };
  }

  /** The heaviest open tokens that agree. */
  heaviest(most: number): Choice[] {
    let found: Choice[] = [];
    for (const group of [...this.groups.values()].sort((one, other) => other.peak("") - one.peak(""))) {
      if (found.length >= most && group.peak("") < (found.at(-1)?.mass ?? 0)) break; // no token outweighs its path
      found = heaviest([...found, ...group.over(0, most)], most);
    }
    return found;
  }

  /** The heaviest open tokens inside the letters. */
  heaviestInner(most: number): Choice[] {
    const inner = this.rows.flatMap((row) =>
      Array.from(row.inner, ([place, mass]) => ({ mass, row: row.number, place })).filter(({ mass }) => mass > 0),
    );
    return heaviest(inner, most);
  }

  /** The first token of the usual spelling of a word that was not read, if it is not the last. */
  unread(word: Bytes): Choice[] {
    const tokens = this.spell(word).slice(0, -1);
    const size = tokens.findIndex((_, at) => !this.#rowOf.has(nameOf(tokens.slice(0, at + 1))));
    if (size < 0) return [];
    const row = this.#row(tokens.slice(0, size));
    const place = this.vocabulary.place(tokens[size] as number);
    const mass = row.inner.get(place) || (row.open[place - row.low] ?? 0);
    const isLight = mass <= FORGOTTEN * this.options.tolerance * this.agreeing;
    return isLight ? [] : [{ mass, row: row.number, place }];
  }
}

/** What a word may still gain. */
export function missing(along: Along): number {
  return along.reduce((total, [group, rest]) => total + group.missing(rest), 0);
}

/** The heaviest open tokens on the path of a word, so many that the others sum to no more than `allowed`. */
export function enough(along: Along, allowed: number): Choice[] {
  let left = missing(along);
  if (left <= allowed) return [];
  const path = along.flatMap(([group, rest]) => [...group.along(rest)]);
  const sorted = heaviest(path, path.length);
  const count = sorted.findIndex(({ mass }) => {
    left -= mass;
    return left <= allowed;
  });
  return count < 0 ? sorted : sorted.slice(0, count + 1);
}
