/**
 * The exact word search: the most probable words after a context, with a proof that none is missing.
 * `wordgru/search/search.py` in TypeScript, the same step by step.
 *
 * Words used here. A *node* is a token sequence that has begun a word: its last token is open and the model has read it,
 * so its *row* is known: the probability of every token that may follow. Its *mass* is P(its tokens | context). The final
 * tokens of a row spell whole words, which are *found*; its open tokens are *open*: words may go on from them, but nobody
 * looked yet. P(word) is the sum over all its spellings, so what a word can still gain is the sum of the open masses
 * whose bytes the word begins with: its *missing* mass. They all lie on one path of the trie of tokens, and that is the
 * bound.
 *
 * Words stand in the order of what they count: their mass times a factor, 1 for a word that the language knows, less for
 * another, 0 for one that may not be offered. Known words stand before all others, which are offered only where no known
 * one agrees with the letters. With A the mass of all that agrees with the letters typed, and t the tolerance, an answer
 * of k words is proved when
 *
 * - no word but these k can count more than the k-th by more than t · A, and
 * - none of these k misses more than t · A, or the tokens that `Tokenizer.encode` spells it with.
 *
 * Until then the heaviest open tokens on the paths that break a rule are read, many in one call, within a budget.
 * docs/word-search.md works an example by hand.
 */
import type { Bytes } from "./bytes.js";
import { type Characters, characters } from "./characters.js";
import type { Named } from "./named.js";
import {
  type Choice,
  Group,
  heaviest,
  largestOf,
  type Node,
  type Nodes,
  nameOf,
  Reader,
  Row,
  type Steps,
  sum,
} from "./rows.js";
import type { SearchOptions, Source } from "./suggestions.js";
import { TokenTries } from "./trie.js";
import { compare, Vocabulary } from "./vocabulary.js";

const REMEMBERED = 4; // places of which the nodes are kept; each node takes four bytes a token of the vocabulary
const NAMED = 256; // words that a source names everywhere which a search looks at one by one
const FORGOTTEN = 0.01; // share of the tolerance below which a node that was read is taken as not read
const EXAMINED = 256; // words of which the factor is asked at most, in one ranking
const LOOSE = 4; // times the tolerance: what a known word may have that is missing where not k known words were found
const SMALLEST = 1e-9; // the least tolerance: sums of masses are no more exact

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

/** Where a word is searched. */
export interface Place {
  /** Before the context's last token. */
  readonly state: Float32Array;
  /** The context's last token. */
  readonly last: number;
  /** What the word begins with: the space before it, if there is one, and the letters typed. */
  readonly typed: Bytes;
}

type Spell = (preToken: Bytes) => readonly number[];
type Factor = (spelled: Bytes) => number;

interface Remembered {
  readonly state: Float32Array;
  readonly last: number;
  readonly fold: boolean;
  readonly nodes: Nodes;
}

/** Finds the most probable words after a state. It remembers a few places; sessions share it. */
export class WordSearch {
  readonly #vocabularies = new Map<boolean, Vocabulary>();
  #places: Remembered[] = []; // the latest last
  /** The model's tokens as tries, made when they are asked for. */
  readonly tries: TokenTries;

  /**
   * @param tokenBytes what each token spells, by id.
   * @param finals how many are final.
   * @param spell the tokens of a pre-token that is these bytes; the last one final.
   */
  constructor(
    private readonly model: Steps,
    readonly tokenBytes: readonly Bytes[],
    private readonly finals: number,
    readonly spell: Spell,
  ) {
    this.tries = new TokenTries(tokenBytes, finals);
  }

  /**
   * The `k` words that begin with the bytes typed and count most.
   *
   * @param factor of these bytes, from 0 for what may not be offered to 1; a named word that may be offered has 1.
   * Words of less than 1 are in the answer only if there are no others.
   * @param named words that other sources name. The answer's probabilities are those of the mixture.
   */
  async find(
    { state, last, typed }: Place,
    k: number,
    options: SearchOptions,
    factor: Factor,
    named: readonly Named[] = [],
  ): Promise<Answer> {
    return this.reading(state, last, options, (reader, vocabulary) => {
      const key = vocabulary.key(typed);
      return new Search(reader, vocabulary, key, k, options, this.spell, factor, named).run(typed);
    });
  }

  /** The distribution of the character after the bytes typed, whole characters. */
  async characters(
    { state, last, typed }: Place,
    options: SearchOptions,
    named: readonly Named[],
  ): Promise<Characters> {
    return this.reading(state, last, { ...options, ignoreCase: false }, (reader) =>
      characters(reader, this.tries, typed, typed ? this.spell(typed) : [], options, named),
    );
  }

  /** What `work` finds with what reads at a place; what it read there is remembered. */
  async reading<Answered>(
    state: Float32Array,
    last: number,
    options: SearchOptions,
    work: (reader: Reader, vocabulary: Vocabulary) => Promise<Answered>,
  ): Promise<Answered> {
    const fold = options.ignoreCase;
    const vocabulary = this.#vocabulary(fold);
    const known = this.#places.find((each) => each.last === last && each.fold === fold && isSame(each.state, state));
    // taken out while in use: another session at the same place begins anew
    this.#places = this.#places.filter((each) => each !== known);
    const reader = new Reader(this.model, vocabulary, known?.nodes ?? new Map(), options);
    if (!known) await reader.begin(state, last);
    const answer = await work(reader, vocabulary);
    this.#places.push({ state, last, fold, nodes: new Map([...reader.nodes].slice(0, 2 * options.maxRows)) });
    this.#places = this.#places.slice(-REMEMBERED);
    return answer;
  }

  #vocabulary(fold: boolean): Vocabulary {
    const vocabulary = this.#vocabularies.get(fold) ?? new Vocabulary(this.tokenBytes, this.finals, fold);
    this.#vocabularies.set(fold, vocabulary);
    return vocabulary;
  }
}

/** Open tokens to read, each once. */
class Choices {
  readonly #choices = new Map<string, Choice>();

  get size(): number {
    return this.#choices.size;
  }

  add(choices: Iterable<Choice>): void {
    for (const choice of choices) this.#choices.set(`${choice.row} ${choice.place}`, choice);
  }

  heaviest(count: number): Choice[] {
    return heaviest(this.#choices.values(), count);
  }
}

/** The groups whose nodes a word begins with, and what of it follows them. */
type Along = readonly (readonly [group: Group, rest: Bytes])[];
/** A word found, and the mass of its spellings. */
type Ranked = readonly [word: Bytes, mass: number];

/** One search: reads what is in question until nothing is. */
class Search {
  readonly #rows: Row[] = [];
  readonly #rowOf = new Map<string, Row>(); // by the tokens of its node
  readonly #groups = new Map<Bytes, Group>();
  #keys = new Map<Bytes, Bytes>(); // word → its bytes as they are compared, token by token
  #found = new Map<Bytes, number>(); // word → mass of its spellings, of the rows that list it
  readonly #shares = new Map<Source, ReadonlyMap<Bytes, number>>(); // source → word → mass that it gives
  readonly #named = new Map<Bytes, number>(); // word → mass that it has beside the model's
  #unnamed = 0; // the most that any other word may have beside it
  #scale = 0; // log of what has mass 1, so that no mass underflows however improbable the letters are
  #agreeing = 0; // mass of all that agrees with the letters for sure
  #unlisted: Row[] = []; // rows of which the words are still to be listed
  #few = 0; // how many words the rows list at least
  readonly #factors = new Map<Bytes, number>();

  constructor(
    private readonly reader: Reader,
    private readonly vocabulary: Vocabulary,
    private readonly typed: Bytes,
    private readonly k: number,
    private readonly options: SearchOptions,
    private readonly spell: Spell,
    private readonly factor: Factor,
    private readonly sources: readonly Named[],
  ) {}

  /** Read the usual tokens of what is typed, then what is in question. */
  async run(typed: Bytes): Promise<Answer> {
    const { maxSeconds = Number.POSITIVE_INFINITY, batch } = this.options;
    const deadline = performance.now() + 1000 * maxSeconds;
    await this.#begin(typed ? this.spell(typed).slice(0, -1) : []);
    for (;;) {
      const choices = new Choices();
      const weighed = this.#inner() <= 0.5 * this.#allowed; // else nobody knows yet what agrees with the letters
      const ranking = weighed ? this.#ranking() : [];
      const proved = weighed && this.#inQuestion(ranking, choices);
      if (!weighed) this.#questionLetters(choices);
      const wanted = choices.heaviest(Math.min(batch, this.reader.left));
      if (proved || !wanted.length || performance.now() > deadline) {
        return this.#answer(weighed ? ranking : this.#ranking(), proved);
      }
      await this.#read(wanted);
    }
  }

  /** Read the tokens of `chain`, and weigh all nodes that agree; the others are forgotten. */
  async #begin(chain: readonly number[]): Promise<void> {
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
    for (const { node } of this.#rows) {
      const token = node.tokens.at(-1);
      if (token !== undefined) this.#take(this.#row(node.tokens.slice(0, -1)), this.vocabulary.place(token));
    }
    for (const source of this.sources) this.#name(source);
  }

  /** Weigh the named words that agree; they are found from the start, the heaviest one by one. */
  #name(source: Named): void {
    const { vocabulary } = this;
    const { row } = this.reader.nodes.get(nameOf([])) as Node;
    const start = vocabulary.key(source.start);
    const among = [vocabulary.finals, vocabulary.opens].map((index) => sum(index.of(row, ...index.range(start))));
    const unit = sum(among) * Math.exp(Math.min(-this.#scale, 700));
    const { found, total, rest } = source.agreeing(this.typed, NAMED, this.options.ignoreCase);
    this.#agreeing += unit * total;
    const least = (this.options.tolerance / 8) * total;
    const masses = new Map<Bytes, number>();
    let most = rest;
    for (const [word, share] of found) {
      if (share > least) masses.set(word, unit * share);
      else most = Math.max(most, share);
    }
    this.#shares.set(source.source, masses);
    this.#unnamed += unit * most;
    for (const [word, mass] of masses) {
      this.#named.set(word, (this.#named.get(word) ?? 0) + mass);
      this.#found.set(word, (this.#found.get(word) ?? 0) + mass);
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
    row.number = this.#rows.length;
    this.#rows.push(row);
    this.#rowOf.set(nameOf(row.node.tokens), row);
    const { key } = row.node;
    if (!this.#groups.has(key)) this.#groups.set(key, new Group(this.vocabulary.opens, row.low));
    this.#group(row).add(row);
    if (this.#isOuter(row)) this.#agreeing += row.mass * row.share;
    this.#unlisted.push(row);
  }

  #listAll(): void {
    for (const row of this.#unlisted) this.#list(row);
    this.#unlisted = [];
  }

  #list(row: Row): void {
    const few = this.#few && Math.max(Math.floor(this.#few / this.#rows.length), this.k);
    const [words, unlisted] = row.words(few, FORGOTTEN * this.#allowed);
    this.#group(row).unlisted += unlisted;
    for (const [token, mass] of words) {
      const bytes = this.vocabulary.tokenBytes[token] as Bytes;
      const word = row.node.spelled + bytes;
      this.#keys.set(word, row.node.key + this.vocabulary.key(bytes));
      this.#found.set(word, (this.#found.get(word) ?? 0) + mass);
    }
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

  async #read(choices: readonly Choice[]): Promise<void> {
    const { ids } = this.vocabulary.opens;
    const parents = choices.map(({ row }) => this.#rows[row] as Row);
    for (const [at, { place }] of choices.entries()) this.#take(parents[at] as Row, place);
    const picks = choices.map(({ place }, at) => [(parents[at] as Row).node, ids[place] as number] as const);
    const least = Math.floor(this.options.batch / 2);
    for (const node of await this.reader.read(picks, least)) this.#add(new Row(node, this.vocabulary, this.typed));
  }

  #row(tokens: readonly number[]): Row {
    return this.#rowOf.get(nameOf(tokens)) as Row;
  }

  #group({ node }: Row): Group {
    return this.#groups.get(node.key) as Group;
  }

  #along(key: Bytes): Along {
    const along: [Group, Bytes][] = [];
    for (let size = 0; size <= key.length; size++) {
      const group = this.#groups.get(key.slice(0, size));
      if (group) along.push([group, key.slice(size)]);
    }
    return along;
  }

  #factor(word: Bytes): number {
    let factor = this.#factors.get(word);
    if (factor === undefined) {
      factor = this.factor(word);
      this.#factors.set(word, factor);
    }
    return factor && this.#named.has(word) ? 1 : factor;
  }

  // -- the proof -----------------------------------------------------------------------------------------------

  /** The mass by which a word may be short of the truth. */
  get #allowed(): number {
    return Math.max(this.options.tolerance, SMALLEST) * this.#agreeing;
  }

  /** The k best words found and what they count; of words that are compared as equals, the heaviest. */
  #ranking(): Ranked[] {
    this.#listAll();
    const best = this.#best();
    if (best.length === this.k || this.#few || !this.#isSomeUnlisted()) return best;
    this.#found = new Map(this.#named);
    this.#few = EXAMINED;
    this.#unlisted = [...this.#rows];
    for (const group of this.#groups.values()) group.unlisted = 0;
    this.#listAll();
    return this.#best();
  }

  #isSomeUnlisted(): boolean {
    return [...this.#groups.values()].some(({ unlisted }) => unlisted > 0);
  }

  #best(): Ranked[] {
    const found = [...this.#found];
    const examined = largestOf(
      Float64Array.from(found, ([, mass]) => mass),
      EXAMINED,
    ).map((at) => found[at] as Ranked);
    examined.sort(([word, mass], [other, more]) => more - mass || compare(word, other));
    const best = new Map<Bytes, Ranked>();
    let last = 0; // what the k-th counts, if it is known
    for (const [word, mass] of examined) {
      if (best.size >= this.k && mass <= last) break;
      const form = this.vocabulary.form(word);
      const factor = best.has(form) ? 0 : this.#factor(word);
      if (!factor) continue;
      best.set(form, [word, mass * factor]);
      const kth = best.size >= this.k ? this.#first(best).at(-1) : undefined;
      if (kth && this.#isKnown(kth)) last = kth[1];
    }
    return this.#first(best);
  }

  #isKnown([word]: Ranked): boolean {
    return this.#factor(word) === 1;
  }

  /** The k best, known words before all others. */
  #first(words: ReadonlyMap<Bytes, Ranked>): Ranked[] {
    const sorted = [...words.values()].sort(
      (one, other) =>
        Number(this.#isKnown(other)) - Number(this.#isKnown(one)) || other[1] - one[1] || compare(one[0], other[0]),
    );
    return sorted.slice(0, this.k);
  }

  /** Whether a ranking is proved; if not, the open tokens to read next are added to `choices`. */
  #inQuestion(ranking: Ranked[], choices: Choices): boolean {
    const allowed = this.#allowed - this.#inner() - this.#unnamed;
    for (const [word] of ranking) {
      choices.add(enough(this.#along(this.#keyOf(word)), allowed));
      choices.add(this.#unread(word));
    }
    if (ranking.length < this.k) {
      choices.add(this.#heaviest(this.options.batch));
      this.#questionLetters(choices);
      return !choices.size && this.#found.size <= EXAMINED && !this.#isSomeUnlisted();
    }
    const limit = this.#limit(ranking, allowed);
    const most = this.#questionUnlisted(limit, choices);
    const settled = most <= limit && this.#questionListed(ranking, limit, most, choices);
    return settled && !choices.size;
  }

  /** The most that a word may count which is missing from the answer. */
  #limit(ranking: readonly Ranked[], allowed: number): number {
    const [last, count] = ranking.at(-1) as Ranked;
    const factor = this.#factor(last);
    // no known word at all: what is missing is hardly one
    if (this.#factor((ranking[0] as Ranked)[0]) < 1) return count / factor + allowed;
    return factor === 1 ? count + allowed : Math.max(count + allowed, LOOSE * allowed);
  }

  /** The mass of the open tokens that spell a part of the letters. */
  #inner(): number {
    return this.#rows.reduce((total, { inner }) => total + sum([...inner.values()]), 0);
  }

  /**
   * The heaviest tokens inside the letters typed, and with a third of a call those that agree already.
   *
   * The former may be countless and lead nowhere, since a spelling that began well need not reach the last letter.
   */
  #questionLetters(choices: Choices): void {
    const { batch } = this.options;
    const others = Math.floor(batch / 3);
    const inner = this.#rows.flatMap((row) =>
      Array.from(row.inner, ([place, mass]) => ({ mass, row: row.number, place })).filter(({ mass }) => mass > 0),
    );
    choices.add(heaviest(inner, batch - others));
    choices.add(this.#heaviest(others));
  }

  /** The heaviest open tokens that agree. */
  #heaviest(most: number): Choice[] {
    let found: Choice[] = [];
    for (const group of [...this.#groups.values()].sort((one, other) => other.peak("") - one.peak(""))) {
      if (found.length >= most && group.peak("") < (found.at(-1)?.mass ?? 0)) break; // no token outweighs its path
      found = heaviest([...found, ...group.over(0, most)], most);
    }
    return found;
  }

  /** The first token of the usual spelling of a word that was not read, if it is not the last. */
  #unread(word: Bytes): Choice[] {
    const tokens = this.spell(word).slice(0, -1);
    const size = tokens.findIndex((_, at) => !this.#rowOf.has(nameOf(tokens.slice(0, at + 1))));
    if (size < 0) return [];
    const row = this.#row(tokens.slice(0, size));
    const place = this.vocabulary.place(tokens[size] as number);
    const mass = row.inner.get(place) || (row.open[place - row.low] ?? 0);
    const isLight = mass <= FORGOTTEN * this.options.tolerance * this.#agreeing;
    return isLight ? [] : [{ mass, row: row.number, place }];
  }

  /** Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have. */
  #questionUnlisted(limit: number, choices: Choices): number {
    const { batch } = this.options;
    let most = 0;
    const bounds = new Map<Bytes, number>(); // what is cheap to know: the peaks of the groups on a path, added up
    for (const [key, group] of [...this.#groups].sort(([one], [other]) => one.length - other.length)) {
      let above = this.#unnamed;
      for (let size = 0; size < key.length; size++) above = Math.max(above, bounds.get(key.slice(0, size)) ?? 0);
      bounds.set(key, above + group.peak("") + group.unlisted);
    }
    for (const [key] of [...this.#groups].sort(([, one], [, other]) => other.peak("") - one.peak(""))) {
      let total = bounds.get(key) as number;
      if (total <= limit) {
        most = Math.max(most, total);
        continue;
      }
      total = this.#unnamed;
      let best: { mass: number; group: Group } | undefined;
      for (const [group, rest] of this.#along(key)) {
        const mass = group.peak(rest);
        total += mass + group.unlisted;
        if (!best || mass >= best.mass) best = { mass, group };
      }
      most = Math.max(most, total);
      if (!best || total <= limit) continue;
      choices.add(best.group.over(Math.max(limit - (total - best.mass), 0), batch));
      if (choices.size >= 2 * batch) break; // enough for the next call
    }
    return most;
  }

  /**
   * Add tokens by which a word that is listed, but not among the best, may still exceed `limit`; false if one exceeds it
   * that was not examined.
   */
  #questionListed(ranking: readonly Ranked[], limit: number, most: number, choices: Choices): boolean {
    let settled = true;
    const best = new Set(ranking.map(([word]) => this.vocabulary.form(word)));
    const least = this.#isKnown(ranking[0] as Ranked) ? 1 : 0; // beside known words no others are offered
    for (const [word, found] of this.#found) {
      if (found + most <= limit) continue;
      if (best.has(this.vocabulary.form(word))) continue;
      const along = this.#along(this.#keyOf(word));
      const mass = along.reduce((total, [group]) => total + group.unlisted, found + this.#unnamed);
      const factor = mass + missing(along) > limit ? this.#factor(word) : 0;
      if (!factor || factor < least) continue;
      choices.add(enough(along, Math.max(limit / factor - mass, 0)));
      settled &&= factor * found <= limit;
    }
    return settled;
  }

  // -- the answer ----------------------------------------------------------------------------------------------

  #answer(ranking: readonly Ranked[], proved: boolean): Answer {
    const known = ranking.filter((ranked) => this.#isKnown(ranked));
    const words = (known.length ? known : ranking).map(([word]) => this.#measured(word));
    const count = ({ spelled, probability }: Found) => probability * this.#factor(spelled);
    words.sort((one, other) => count(other) - count(one) || compare(one.spelled, other.spelled));
    const inner = this.#inner();
    const unexplored = this.#rows.reduce((total, { open }) => total + sum(open), inner);
    const whole = this.#agreeing + inner;
    const share = whole > 0 ? Math.min(unexplored / whole, 1) : 1;
    const logEvidence = Math.log(Math.max(this.#agreeing, 1e-300)) + this.#scale;
    return { words, exact: proved && this.#agreeing > 0, unexplored: share, rows: this.reader.rows, logEvidence };
  }

  /** The bytes of a listed word as they are compared. */
  #keyOf(word: Bytes): Bytes {
    return this.#keys.get(word) as Bytes;
  }

  /** A word with the mass of all its spellings seen, light ones too, and the best of them. */
  #measured(word: Bytes): Found {
    let total = this.#named.get(word) ?? 0;
    let best = 0;
    let tokens: readonly number[] = [];
    for (const row of this.#along(this.#keyOf(word)).flatMap(([{ rows }]) => rows)) {
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
      if (mass !== undefined) named.set(source, mass / this.#agreeing);
    }
    const probability = Math.min(total / this.#agreeing, 1);
    return { spelled: word, probability, tokens: best ? tokens : this.spell(word), named };
  }
}

/** What a word may still gain. */
function missing(along: Along): number {
  return along.reduce((total, [group, rest]) => total + group.missing(rest), 0);
}

/** The heaviest open tokens on the path of a word, so many that the others sum to no more than `allowed`. */
function enough(along: Along, allowed: number): Choice[] {
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

function isSame(one: Float32Array, other: Float32Array): boolean {
  return one === other || (one.length === other.length && one.every((value, at) => value === other[at]));
}
