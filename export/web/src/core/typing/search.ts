/**
 * The words that were most probably meant, given what was typed: P(word | context) · P(typed | word), with proof.
 * `wordgru/typing/search.py` in TypeScript, the same step by step.
 *
 * The search of search.ts, with another notion of what agrees. Every token after a node has a likelihood now: of a final
 * token that of the word, of an open one what its words have for sure, and the most that they may have beside. Open
 * tokens are read, the most promising first, until no path through them can change the answer. What is too light to
 * matter is left out of the walk along the trie of tokens (`Typed.walk`); what that may cost a word is counted as missing.
 * Of a word typed in full, tokens promise more that begin a known word near it.
 *
 * Two words typed as one are found in the same way: a final token is open too, for a second word whose space was left
 * out. So are two words typed as two, where they may be one with a space too many (`Typed` has the space among its
 * letters).
 */
import { type Bytes, toBytes } from "../bytes.js";
import { Heap } from "../heap.js";
import type { Named } from "../named.js";
import { largestOf, type Node, nameOf, type Reader } from "../rows.js";
import type { WordSearch } from "../search.js";
import type { Answer, Found, SearchOptions, Source } from "../suggestions.js";
import { codePoints, type TokenTrie } from "../trie.js";
import { halfCharacter } from "../vocabulary.js";
import { Alignments, type Reached, type Typed } from "./channel.js";
import { heaviestOf, Missing, type Open, Weights, type Word } from "./masses.js";
import { NamedMasses } from "./named.js";

const LEFT_OUT = 1 / 30; // share of the tolerance below which a branch is left out of a walk
const UNDECIDED = 0.05; // share of what agrees that may be undecided in an answer that is proved
const LISTED = 1e-3; // of that, the share above which words are listed
const RANKED = 256; // words that are asked at most whether they may be offered
const NAMED = 1024; // words that are weighed one by one of each source
const SMALLEST = 1e-9; // the least tolerance
const GOES_ON = 0.3; // P(the next of a known word's usual tokens | those before, and what was typed), roughly
const TINY = 1e-300; // in place of 0, for its logarithm

/** Where a word is searched, and what was typed of it. */
export interface TypedPlace {
  /** Before the context's last token. */
  readonly state: Float32Array;
  /** The context's last token. */
  readonly last: number;
  /** The space before the word, or nothing. */
  readonly gap: Bytes;
  readonly typed: Typed;
}

/** How words are weighed beside their probability. */
export interface Weighing {
  /**
   * Of these bytes, from 0 for what may not be offered to 1. Words of less than 1 are in the answer only if there are no
   * others, or as what was typed.
   */
  readonly factor: (spelled: Bytes) => number;
  /** P(the next word is what was typed, and no model knows it). */
  readonly prior: number;
  /** Words that other sources name. */
  readonly named: readonly Named[];
  /** Words that were perhaps meant, of a word typed in full; their usual tokens are read early. */
  readonly near?: readonly string[];
  /** Share of what was typed, as a word, above which no others are looked for. */
  readonly doubt?: number;
}

/** The `k` words with the largest P(word | context) · P(typed | word) · factor, with what `search` reads. */
export async function findMeant(
  search: WordSearch,
  { state, last, gap, typed }: TypedPlace,
  k: number,
  options: SearchOptions,
  weighing: Weighing,
): Promise<Answer> {
  return search.reading(state, last, { ...options, ignoreCase: false }, async (reader) => {
    const one = new MeaningSearch(search, reader, gap, typed, k, options, weighing);
    const { near = [] } = weighing;
    const likelihoods = typed.each(near);
    for (const [at, word] of near.entries()) one.expect(search.spell(gap + toBytes(word)), likelihoods[at] as number);
    const [first = "", ...second] = typed.letters.split(" ").map((word) => toBytes(word));
    const spellings = second.map((each) => [...search.spell(gap + first), ...search.spell(toBytes(" ") + each)]);
    await one.begin([...spellings, search.spell([gap + first, ...second].join(""))]);
    return one.run();
  });
}

/** The most that the words of an open token may have. */
function boundOf({ mass, sure, open }: Open): number {
  return mass * (sure + open);
}

/** One search. */
class MeaningSearch {
  #scale = 0; // log of what has mass 1
  #agreeing = 1; // mass that agrees for sure; 1 is a first guess, from below
  #isGuessed = true;
  #undecided = 0; // and that may agree
  #expected = 0; // and what of it will agree, roughly
  #asItIs = 0; // P(typed | it was meant as it is typed)
  readonly #words = new Map<Bytes, Word>();
  readonly #named: NamedMasses[] = []; // of other sources
  #unlisted = 0; // the most that a word has from them which is not among those found
  #standing = 0; // mass of what was typed as it is
  readonly #lost = new Missing(); // what a word through a node may have been denied
  readonly #open = new Heap<Open>(); // the most promising first
  readonly #near = new Map<string, number>(); // tokens that begin a word perhaps meant → what they promise
  readonly #factors = new Map<Bytes, number>();
  readonly #asTyped: Bytes;
  readonly #rooms: Weights[] = [];

  constructor(
    private readonly search: WordSearch,
    private readonly reader: Reader,
    private readonly gap: Bytes,
    private readonly typed: Typed,
    private readonly k: number,
    private readonly options: SearchOptions,
    private readonly weighing: Weighing,
  ) {
    this.#asTyped = gap + toBytes(typed.letters);
  }

  /**
   * Weigh what may follow, and the named words.
   *
   * While letters are still typed, what goes on from them as they are is read first, along their usual tokens. Of a word
   * that ends here it is one spelling among others, and may be long: "rrvepyiim" has seven tokens. Of two words typed it
   * is read, and so is the one that they may be: these are what is asked about.
   *
   * @param spellings the usual tokens of what was typed, and of the same without its space if it has one.
   */
  async begin(spellings: readonly (readonly number[])[]): Promise<void> {
    const root = this.reader.nodes.get(nameOf([])) as Node;
    const read = !this.typed.complete || spellings.length > 1 ? spellings : [];
    const chains: (readonly Node[])[] = [];
    for (const spelling of read) chains.push(await this.reader.along(spelling.slice(0, -1)));
    this.#guess([root, ...(chains[0] ?? [])], spellings[0] as readonly number[]);
    this.#expand([[root, this.typed.start()]]);
    for (const node of chains.flat()) {
      const name = nameOf(node.tokens);
      const found = this.#open.take((each) => nameOf([...each.node.tokens, each.token]) === name);
      if (found) this.#expand([[node, this.#taken(found)]]);
    }
    for (const source of this.weighing.named) this.#name(source);
    this.#stand();
  }

  /** Read early along the usual tokens of a word that was perhaps meant, of a likelihood. */
  expect(spelling: readonly number[], likelihood: number): void {
    for (let size = 1; size < spelling.length; size++) {
      const begun = nameOf(spelling.slice(0, size));
      const promise = likelihood * GOES_ON ** (spelling.length - size);
      this.#near.set(begun, Math.max(this.#near.get(begun) ?? 0, promise));
    }
  }

  /** What the words promise at least that begin with these tokens and were perhaps meant. */
  #hope({ tokens }: Node, token: number): number {
    return (this.#near.size && this.#near.get(nameOf([...tokens, token]))) || 0;
  }

  /** Read what is in question until nothing is. */
  async run(): Promise<Answer> {
    const deadline = performance.now() + 1000 * (this.options.maxSeconds ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const ranking = this.#ranking();
      const proved = this.#isProved(ranking);
      if (proved || !this.#open.size || this.#isSettled() || performance.now() > deadline) {
        return this.#answer(ranking, proved);
      }
      const picks = await this.#heaviest();
      if (!picks.length) return this.#answer(ranking, false);
      this.#expand(picks);
    }
  }

  /** Whether what was typed is so probable that no other word need be looked for. */
  #isSettled(): boolean {
    const typed = this.#words.get(this.#asTyped)?.mass ?? 0;
    const doubt = this.weighing.doubt ?? 1;
    let total = this.#agreeing + this.#expected;
    if (typed <= doubt * total) return false;
    // and what may be second words: "thankyou" is improbable, "you" is not
    for (const each of this.#open) {
      total += (each.ends ? boundOf(each) : 0) + each.mass * this.#hope(each.node, each.token);
    }
    return typed > doubt * total;
  }

  // -- reading -------------------------------------------------------------------------------------------------

  /** Set the scale so that what agrees has about mass 1, from below: what is typed may be as it was meant. */
  #guess(chain: readonly Node[], spelling: readonly number[]): void {
    this.#asItIs = this.typed.of(this.typed.letters);
    const node = chain.at(-1) as Node;
    const last = chain.length === spelling.length ? (spelling[chain.length - 1] as number) : 0;
    let share = last ? (node.row[last] as number) : 0;
    if (!this.typed.complete) {
      share += this.search.tries.beginning(node.row, this.#asTyped.slice(node.spelled.length));
    }
    const known = node.logMass + Math.log(Math.max(share, 1e-30));
    const unknown = Math.log(Math.max(this.weighing.prior, TINY));
    const most = Math.max(known, unknown);
    const together = most + Math.log1p(Math.exp(Math.min(known, unknown) - most));
    this.#scale = together + Math.log(Math.max(this.#asItIs, TINY));
  }

  /** What has this log-probability, out of the scale. */
  #mass(log: number): number {
    return Math.exp(Math.min(log - this.#scale, 700));
  }

  /** The open tokens that may change most, read as far as the budget goes. */
  async #heaviest(): Promise<(readonly [Node, Alignments])[]> {
    const { batch } = this.options;
    const picks: Open[] = [];
    const known: (readonly [Node, Alignments])[] = [];
    const room = Math.min(batch, this.reader.left);
    while (this.#open.size && picks.length < room && known.length < batch) {
      const heaviest = this.#open.pop() as Open;
      const node = this.reader.nodes.get(nameOf([...heaviest.node.tokens, heaviest.token]));
      if (node) known.push([node, this.#taken(heaviest)]);
      else picks.push(heaviest);
    }
    if (!picks.length) return known;
    const asked = picks.map(({ node, token }) => [node, token] as const);
    const nodes = await this.reader.read(asked, Math.floor(batch / 2));
    return [...known, ...nodes.map((node, at) => [node, this.#taken(picks[at] as Open)] as const)];
  }

  /** An open token is read: its mass is in its own row from here on. Returns where it stands. */
  #taken({ mass, sure, open, promise, level, place, isDeeper, ends }: Open): Alignments {
    this.#agreeing -= mass * sure;
    this.#undecided -= mass * open;
    this.#expected -= mass * promise;
    const at = level.alignments.at([place]);
    if (ends) return this.typed.second(at);
    if (isDeeper) for (const row of [at.rows, at.before]) row.fill(0);
    return at;
  }

  /** Weigh what follows some nodes. */
  #expand(picks: readonly (readonly [Node, Alignments])[]): void {
    const alike = new Map<string, (readonly [Node, Alignments])[]>();
    for (const pick of picks) {
      const name = `${halfCharacter(pick[0].spelled)}|${this.#gapAfter(pick[0])}`;
      alike.set(name, [...(alike.get(name) ?? []), pick]);
    }
    for (const part of alike.values()) {
      const nodes = part.map(([node]) => node);
      const starts = Alignments.joined(
        part.map(([, at]) => at),
        this.typed.width,
      );
      const tokens = this.search.tries.after((nodes[0] as Node).spelled);
      const weights = nodes.map(({ row, logMass }, at) =>
        this.#room(at, tokens.ids.length).fill(this.#mass(logMass), row, tokens.ids),
      );
      const floors = new Float64Array(nodes.length).fill(this.#floor);
      const lost = floors.slice();
      for (const level of this.#walk(tokens, nodes, starts, weights, floors, lost)) {
        this.#weigh(level, tokens, nodes, weights, floors, lost);
      }
      for (const [at, { spelled }] of nodes.entries()) this.#lost.add(spelled, lost[at] as number);
    }
  }

  /** Where the masses after the node of this number are put: the same for one batch of nodes and the next. */
  #room(at: number, size: number): Weights {
    const known = this.#rooms[at];
    if (known?.size === size) return known;
    const room = new Weights(size);
    this.#rooms[at] = room;
    return room;
  }

  /** The mass by which a word may be short of the truth. */
  get #allowed(): number {
    return Math.max(this.options.tolerance, SMALLEST) * this.#agreeing;
  }

  get #floor(): number {
    return LEFT_OUT * this.#allowed;
  }

  #walk(
    { trie }: TokenTrie,
    nodes: readonly Node[],
    starts: Alignments,
    weights: readonly Weights[],
    floors: Float64Array,
    lost: Float64Array,
  ): Reached[] {
    const isRoot = !nodes[0]?.tokens.length;
    let begin: number | undefined = 0;
    for (const point of codePoints(this.#gapAfter(nodes[0] as Node))) {
      begin = begin < trie.char.length ? (trie.child(begin, point) ?? trie.char.length) : begin;
    }
    const found =
      begin < trie.char.length
        ? this.typed.walk({
            trie,
            roots: new Int32Array(nodes.length).fill(begin),
            starts,
            masses: weights.map(({ summed }) => summed),
            floors,
            lost,
          })
        : [];
    if (this.#isGuessed && isRoot) {
      this.#agreeing = 0; // no guess any more
      this.#isGuessed = false;
    }
    return found;
  }

  /** The space with which a word begins after a node. */
  #gapAfter({ tokens }: Node): Bytes {
    const last = tokens.at(-1);
    if (last === undefined) return this.gap;
    return last <= this.search.tries.finals ? toBytes(" ") : toBytes("");
  }

  /** Count the tokens that a level of a walk reached: words are found, open tokens are open. The rest raises `lost`. */
  #weigh(
    level: Reached,
    { trie, ids }: TokenTrie,
    nodes: readonly Node[],
    weights: readonly Weights[],
    floors: Float64Array,
    lost: Float64Array,
  ): void {
    const { source, alignments, open, promise, closed } = level;
    const { finals } = this.search.tries;
    const listed = this.#words.size < 4 * this.k ? LISTED : 1;
    const heavy = { place: [] as number[], of: [] as number[], own: [] as number[], bound: [] as number[] };
    const promised: number[] = [];
    for (let at = 0; at < level.nodes.length; at++) {
      const node = level.nodes[at] as number;
      const high = (closed[at] ? trie.high[node] : trie.own[node]) as number;
      const from = source[at] as number;
      const { masses } = weights[from] as Weights;
      const likelihood = this.typed.likelihood(alignments, at);
      const sure = alignments.done[at] as number;
      for (let place = trie.low[node] as number; place < high; place++) {
        const weight = masses[place] as number;
        const isFinal = (ids[place] as number) <= finals;
        const own = weight * (isFinal ? likelihood : sure);
        this.#agreeing += own;
        if (!isFinal) {
          this.#undecided += weight * (open[at] as number);
          this.#expected += weight * (promise[at] as number);
        }
        const bound = isFinal && !closed[at] ? own : own + weight * (open[at] as number);
        if (bound <= (floors[from] as number) * (isFinal ? listed : 1)) continue;
        heavy.place.push(place);
        heavy.of.push(at);
        heavy.own.push(own);
        heavy.bound.push(bound);
        promised.push(isFinal ? own : own + weight * (promise[at] as number));
      }
    }
    for (const each of heaviestOf(heavy.bound, promised, lost)) {
      const [place, at] = [heavy.place[each] as number, heavy.of[each] as number];
      const from = source[at] as number;
      const node = nodes[from] as Node;
      const token = ids[place] as number;
      if (token <= finals) {
        this.#find(node, token, heavy.own[each] as number);
        continue;
      }
      const mass = weights[from]?.masses[place] as number;
      const [sure, more, rather] = [alignments.done[at], open[at], promise[at]] as [number, number, number];
      const isDeeper = place >= (trie.own[level.nodes[at] as number] as number);
      const entry = { node, token, mass, sure, open: more, promise: rather, level, place: at, isDeeper, ends: false };
      this.#open.push(-mass * (sure + Math.max(rather, this.#hope(node, token))), entry);
    }
    this.#follow(level, { trie, ids }, nodes, weights, floors);
  }

  /** A second word may follow the words that a level of a walk reached, if the space was left out. */
  #follow(
    level: Reached,
    { trie, ids }: TokenTrie,
    nodes: readonly Node[],
    weights: readonly Weights[],
    floors: Float64Array,
  ): void {
    const isFirst = nodes.map((node) => !node.isSecond);
    for (let at = 0; at < level.nodes.length; at++) {
      const from = level.source[at] as number;
      const [open, promise] = [level.second[at], level.secondPromise[at]] as [number, number];
      if (!(isFirst[from] && open)) continue;
      const [node, { masses }] = [nodes[from] as Node, weights[from] as Weights];
      const end = trie.own[level.nodes[at] as number] as number;
      for (let place = trie.low[level.nodes[at] as number] as number; place < end; place++) {
        const [token, mass] = [ids[place] as number, masses[place] as number];
        if (token > this.search.tries.finals) continue;
        this.#undecided += mass * open;
        this.#expected += mass * promise;
        if (mass * open <= (floors[from] as number)) continue;
        const entry = { node, token, mass, sure: 0, open, promise, level, place: at, isDeeper: false, ends: true };
        this.#open.push(-mass * Math.max(promise, this.#hope(node, token)), entry);
      }
    }
  }

  /** A word found, with what other sources have of it. */
  #word(spelled: Bytes): Word {
    let word = this.#words.get(spelled);
    if (!word) {
      word = { mass: this.#named.reduce((sum, named) => sum + named.mass(spelled), 0), best: 0, tokens: [] };
      this.#words.set(spelled, word);
    }
    return word;
  }

  #factor(spelled: Bytes): number {
    let factor = this.#factors.get(spelled);
    if (factor === undefined) {
      factor = this.#factorOfBoth(spelled);
      this.#factors.set(spelled, factor);
    }
    return factor;
  }

  /** The factor of a word, or of two. */
  #factorOfBoth(spelled: Bytes): number {
    const space = spelled.indexOf(" ", this.gap.length);
    if (space < 0 || !spelled.startsWith(this.gap)) return this.weighing.factor(spelled);
    const second = this.gap + spelled.slice(space + 1);
    const { factor } = this.weighing;
    return factor(spelled.slice(0, space)) * factor(second) || factor(spelled);
  }

  #find(node: Node, token: number, found: number): void {
    const spelled = node.spelled + this.search.tokenBytes[token];
    const isMeant = node.isSecond || !spelled.includes(" ", this.gap.length) || this.weighing.factor(spelled);
    if (!isMeant) return; // no word, and not two
    const factor = this.#factor(spelled);
    let mass = found;
    if (factor) {
      this.#agreeing -= mass * (1 - factor); // what may not be offered still agrees
      mass *= factor;
    }
    const word = this.#word(spelled);
    word.mass += mass;
    if (mass <= word.best) return;
    word.best = mass;
    word.tokens = [...node.tokens, token];
  }

  /** Weigh the words that another source names. */
  #name({ source, start, common, added, scale }: Named): void {
    const { row } = this.reader.nodes.get(nameOf([])) as Node;
    const unit = this.search.tries.beginning(row, start) * this.#mass(0);
    for (const [words, weight] of [
      [common, scale],
      [added, 1],
    ] as const) {
      if (!words.shares.size) continue;
      const named = new NamedMasses(source, this.typed, words, unit * weight, this.#floor, start);
      for (const [spelled, word] of this.#words) word.mass += named.mass(spelled);
      this.#named.push(named);
      this.#agreeing += named.total;
      this.#lost.add(start, named.lost);
      const [heaviest, others] = named.heaviest(Math.max(NAMED, 4 * this.k));
      this.#unlisted += others;
      for (const spelled of heaviest) this.#word(spelled);
    }
  }

  /** What was typed stands as it is, a word that the model does not know, if nothing is more probable. */
  #stand(): void {
    this.#standing = this.weighing.prior * this.#asItIs * this.#mass(0);
    this.#agreeing += this.#standing;
    this.#word(this.#asTyped).mass += this.#standing;
  }

  // -- the proof -----------------------------------------------------------------------------------------------

  /**
   * The k best words found that may be offered, and their masses.
   *
   * Beside known words there are no others, but what was typed, and of a word typed in full what is heavier than all of
   * them.
   */
  #ranking(): [word: Bytes, mass: number][] {
    const found = [...this.#words];
    const heaviest = largestOf(
      Float64Array.from(found, ([, { mass }]) => mass),
      RANKED,
    ).map((at) => found[at] as [Bytes, Word]);
    heaviest.sort(([, one], [, other]) => other.mass - one.mass);
    const best: [Bytes, number][] = [];
    const others: [Bytes, number][] = [];
    let knows = false;
    for (const [spelled, { mass }] of heaviest) {
      const factor = this.#factor(spelled);
      if (!factor) continue;
      knows ||= factor === 1;
      const fits = factor === 1 || spelled === this.#asTyped || (this.typed.complete && !knows);
      (fits ? best : others).push([spelled, mass]);
      if (best.length >= this.k && (knows || this.typed.complete)) break;
    }
    const all = knows ? best : [...best, ...others].sort(([, one], [, other]) => other - one);
    return all.slice(0, this.k);
  }

  #isProved(ranking: readonly (readonly [Bytes, number])[]): boolean {
    if (!ranking.length || this.#agreeing <= 0 || this.#undecided > UNDECIDED * this.#agreeing) return false;
    const allowed = this.#allowed;
    const limit = (ranking[this.k - 1]?.[1] ?? 0) + allowed;
    for (const each of this.#open) if (boundOf(each) > limit) return false;
    const missing = new Missing(this.#lost);
    for (const each of this.#open) {
      const end = each.ends ? " " : "";
      missing.add(each.node.spelled + this.search.tokenBytes[each.token] + end, boundOf(each));
    }
    if (ranking.some(([word]) => missing.along(word) > allowed)) return false;
    if (this.#unlisted + missing.most() > limit) return false;
    const best = new Set(ranking.map(([word]) => word));
    const known = ranking.find(([word]) => this.#factor(word) === 1);
    const above = known && this.typed.complete ? known[1] + allowed : Number.POSITIVE_INFINITY;
    const unknown = known ? Math.max(limit, above) : limit; // what a word may have that is not known
    for (const [spelled, { mass }] of this.#words) {
      if (mass <= limit / 4 || best.has(spelled)) continue;
      const most = mass + missing.along(spelled);
      const factor = most > limit ? this.#factor(spelled) : 0;
      if (factor && (factor === 1 || most > unknown)) return false;
    }
    return true;
  }

  #answer(ranking: readonly (readonly [Bytes, number])[], exact: boolean): Answer {
    const whole = Math.max(this.#agreeing, TINY);
    const words = ranking.map(([spelled, mass]): Found => {
      const named = new Map<Source, number>();
      for (const each of this.#named) {
        const mass = each.mass(spelled);
        if (mass) named.set(each.source, (named.get(each.source) ?? 0) + mass / whole);
      }
      if (spelled === this.#asTyped) named.set("typed" as Source, this.#standing / whole);
      const tokens = this.#words.get(spelled)?.tokens ?? [];
      return { spelled, probability: Math.min(mass / whole, 1), tokens, named };
    });
    let left = this.#expected;
    for (const { mass, sure } of this.#open) left += mass * sure;
    const unexplored = Math.min(Math.max(left / Math.max(this.#agreeing + this.#expected, TINY), 0), 1);
    const logEvidence = Math.log(whole) + this.#scale;
    return { words, exact, unexplored, rows: this.reader.rows, logEvidence };
  }
}
