/**
 * P(typed | word): how likely letters and touch points are, given the word that was meant.
 * `wordgru/typing/channel.py` in TypeScript, which says what the model is; the same step by step.
 */
import { type Bytes, toBytes } from "../bytes.js";
import { largestOf } from "../rows.js";
import { Trie } from "../trie.js";
import type { Habit, Touch, Typing } from "./model.js";

const RATHER = 0.07; // what a letter still to come is worth, of the most that it may have; says what is read first
const SPACE = Int32Array.of(32); // the alphabet of a space alone
const WIDEST = 100; // nodes of one level that are followed, the most promising ones

/**
 * Where some strings stand in the letters typed: one row for each. Its columns are letters typed so far, by one habit of
 * spelling and then by the other.
 */
export class Alignments {
  /** P(all letters typed before the word's last characters); 0 where the word is complete. */
  readonly done: Float64Array;
  /** Code point of the last character; -1 where there is none. */
  readonly last: Int32Array;

  /**
   * @param count how many.
   * @param width of a row: the letters typed and one more, by each habit.
   * @param rows P(the first i letters typed, the characters so far done), (count * width).
   * @param before `rows` one character ago.
   */
  constructor(
    readonly count: number,
    readonly width: number,
    readonly rows = new Float64Array(count * width),
    readonly before = new Float64Array(count * width),
  ) {
    this.done = new Float64Array(count);
    this.last = new Int32Array(count).fill(-1);
  }

  /** Some of them. */
  at(places: ArrayLike<number>): Alignments {
    const some = new Alignments(places.length, this.width);
    for (let to = 0; to < places.length; to++) some.put(to, this, places[to] as number);
    return some;
  }

  /** Several as one. */
  static joined(parts: readonly Alignments[], width: number): Alignments {
    const all = new Alignments(
      parts.reduce((total, { count }) => total + count, 0),
      width,
    );
    let to = 0;
    for (const part of parts) for (let from = 0; from < part.count; from++) all.put(to++, part, from);
    return all;
  }

  /** Before one more character of others: their rows are what was. */
  follow(to: number, { rows, done, width }: Alignments, from: number, point: number): void {
    this.before.set(rows.subarray(from * width, (from + 1) * width), to * width);
    this.done[to] = done[from] as number;
    this.last[to] = point;
  }

  /** Make one of them that of others. */
  put(to: number, { rows, before, done, last, width }: Alignments, from: number): void {
    this.rows.set(rows.subarray(from * width, (from + 1) * width), to * width);
    this.before.set(before.subarray(from * width, (from + 1) * width), to * width);
    this.done[to] = done[from] as number;
    this.last[to] = last[from] as number;
  }
}

/** Trie nodes that one walk reached on one level. */
export interface Reached {
  /** Of each, the string that the walk began with. */
  readonly source: Int32Array;
  readonly nodes: Int32Array;
  /** Whether all that begins with it has the same likelihood, so that the walk ends here: 1, or 0. */
  readonly closed: Uint8Array;
  /** Where each stands. */
  readonly alignments: Alignments;
  /** The most that what follows may add to `done`, or to the likelihood of a complete word. */
  readonly open: Float64Array;
  /** What it may rather add, for letters that are still to come are not certain in the word either. */
  readonly promise: Float64Array;
  /** The most that a second word after the one that ends here may have, the space being left out. */
  readonly second: Float64Array;
  /** And what it may rather have. */
  readonly secondPromise: Float64Array;
}

/** What may follow some strings, for a walk. */
export interface Ways {
  readonly trie: Trie;
  /** Of each string, the node of the trie to begin after. */
  readonly roots: Int32Array;
  /** Where each string stands. */
  readonly starts: Alignments;
  /** Of each string, the mass of the trie's strings in their order, added up from 0 on. */
  readonly masses: readonly Float64Array[];
  /** Of each string, the mass of a node, times the likelihood that it may reach, below which it is left out. */
  readonly floors: Float64Array;
  /** Raised to what more may be left out, where a level has more than `WIDEST` nodes. */
  readonly lost?: Float64Array;
}

interface Table {
  /** P(letter i | character, which is not left out), (characters * width). */
  readonly hits: Float64Array;
  /** P(left out), (characters * habits). */
  readonly omits: Float64Array;
}

/** What a share in each column of a row may still have, whatever the word goes on with. */
interface Lead {
  readonly rows: Float64Array;
  /** Before two letters that change places. */
  readonly pairs: Float64Array;
}

/** Letters typed, and what a typing model says of them. */
export class Typed {
  /** As they were typed. */
  readonly letters: string;
  /** How many. */
  readonly size: number;
  /** Of a row of `Alignments`. */
  readonly width: number;
  readonly #habits: readonly Habit[];
  readonly #columns: number; // of a row, by one habit
  readonly #points: Int32Array;
  readonly #space: Float64Array; // of each letter, that a space is typed as it, where it is one
  // by column of a row, of the letter that is typed next
  readonly #extra: Float64Array; // that it is one too many
  readonly #swapped: Float64Array; // that it and the one after changed places
  readonly #open: Lead; // at most
  readonly #promising: Lead; // rather
  readonly #second: Lead; // the same of a second word whose first letter comes next
  readonly #secondPromising: Lead;
  readonly #tables = new Map<Int32Array, Table>(); // by alphabet

  /**
   * @param model how they were typed.
   * @param touches the letters, at least one.
   * @param complete whether the word is typed in full; else more letters may follow.
   */
  constructor(
    readonly model: Typing,
    private readonly touches: readonly Touch[],
    readonly complete: boolean,
  ) {
    const chars = touches.map(({ char }) => char);
    this.letters = chars.join("");
    this.size = touches.length;
    this.#habits = model.habits(complete);
    this.#columns = this.size + 1;
    this.width = this.#habits.length * this.#columns;
    this.#points = Int32Array.from(chars, (char) => char.codePointAt(0) as number);
    this.#space = Float64Array.from(touches, (touch) =>
      touch.char === " " ? (model.likelihoods(SPACE, touch)[0] as number) : 0,
    );
    this.#extra = new Float64Array(this.width);
    this.#swapped = new Float64Array(this.width);
    this.#weighSlips(chars);
    this.#open = this.#most();
    this.#promising = this.#rather(this.#open);
    this.#second = this.#afterSpace(this.#open);
    this.#secondPromising = this.#afterSpace(this.#promising);
  }

  /** The most that P(typed | word) may be, of whatever word; of touch points a density, which may be above 1. */
  get most(): number {
    return Math.max(1, ...this.#open.rows);
  }

  /** Before the first character. */
  start(): Alignments {
    const start = new Alignments(1, this.width);
    for (const [habit, { share }] of this.#habits.entries()) {
      const column = habit * this.#columns;
      const extra = share * (this.#extra[column] as number);
      start.rows[column] = share;
      if (!this.complete && this.size === 1) (start.done[0] as number) += extra;
      else start.rows[column + 1] = extra;
    }
    return start;
  }

  /** Before the first character of another word after words that end here, the space typed or left out. */
  second({ rows, count, width }: Alignments): Alignments {
    const second = new Alignments(count, width);
    const { joined } = this.model.shares;
    for (let row = 0; row < rows.length; row += this.#columns) {
      for (let letter = 1; letter < this.size; letter++) {
        second.rows[row + letter] = (rows[row + letter] as number) * joined; // of each word a letter was typed
      }
      for (let letter = 0; letter < this.size; letter++) {
        (second.rows[row + letter + 1] as number) += (rows[row + letter] as number) * (this.#space[letter] as number);
      }
    }
    return second;
  }

  /** P(typed | the word that ends at one of them). */
  likelihood({ rows, done, width }: Alignments, at: number): number {
    if (!this.complete) return done[at] as number;
    let total = 0;
    for (let end = at * width + this.size; end < (at + 1) * width; end += this.#columns) total += rows[end] as number;
    return total;
  }

  /** P(typed | one word); 0 of what is less probable than any number. */
  of(word: string): number {
    const masses = [Float64Array.of(0, 1)];
    const trie = new Trie([toBytes(word) as Bytes]);
    const roots = new Int32Array(1);
    const levels = this.walk({ trie, roots, starts: this.start(), masses, floors: new Float64Array(1) });
    const last = levels.at(-1) as Reached;
    const isWhole = levels.length === [...word].length + 1 || last.closed.includes(1); // else nothing of it was probable
    return isWhole && last.nodes.length ? this.likelihood(last.alignments, last.nodes.length - 1) : 0;
  }

  /** P(typed | each of some words). */
  each(words: readonly string[]): Float64Array {
    const found = new Float64Array(words.length);
    if (!words.length) return found;
    const trie = new Trie(words.map(toBytes));
    const roots = new Int32Array(1);
    const masses = [Float64Array.from({ length: words.length + 1 }, (_, at) => at)];
    for (const level of this.walk({ trie, roots, starts: this.start(), masses, floors: new Float64Array(1) })) {
      for (const [at, node] of level.nodes.entries()) {
        const likelihood = this.likelihood(level.alignments, at);
        const end = trie.own[node] as number;
        for (let place = trie.low[node] as number; place < end; place++)
          found[trie.order[place] as number] = likelihood;
      }
    }
    return found;
  }

  /** Follow a trie from some strings on, level by level, where it may matter. */
  walk({ trie, roots, starts, masses, floors, lost }: Ways): Reached[] {
    let source = Int32Array.from(roots.keys());
    let nodes = roots;
    let at = starts;
    let open = this.#ahead(at, this.#open);
    const found: Reached[] = [this.#reached(source, nodes, at, open, new Uint8Array(roots.length))];
    while (nodes.length) {
      const followed = this.#children(trie, source, nodes, at, open, masses, floors);
      if (!followed) break;
      const after = this.#after(at, followed.parents, trie, followed.children);
      const ahead = this.#ahead(after, this.#open);
      const most = followed.mass.map(
        (mass, child) => mass * ((after.done[child] as number) + (ahead[child] as number)),
      );
      const floor = (child: number) => floors[followed.source[child] as number] as number;
      let kept = Int32Array.from(most.keys()).filter((child) => (most[child] as number) > floor(child));
      if (kept.length > WIDEST) {
        const promise = this.#ahead(after, this.#promising);
        const rather = Float64Array.from(
          kept,
          (child) => (followed.mass[child] as number) * ((after.done[child] as number) + (promise[child] as number)),
        );
        kept = mostOf(kept, rather, WIDEST, most, lost);
      }
      source = kept.map((child) => followed.source[child] as number);
      nodes = kept.map((child) => followed.children[child] as number);
      at = after.at(kept);
      open = Float64Array.from(kept, (child) => ahead[child] as number);
      const closed = Uint8Array.from(kept, (child) =>
        Number(!this.complete && (followed.mass[child] as number) * (ahead[child] as number) <= floor(child)),
      );
      found.push(this.#reached(source, nodes, at, open, closed));
      const going = Int32Array.from(kept.keys()).filter((place) => !closed[place]);
      if (going.length === kept.length) continue;
      const [sources, all, bounds] = [source, nodes, open];
      source = going.map((place) => sources[place] as number);
      nodes = going.map((place) => all[place] as number);
      open = Float64Array.from(going, (place) => bounds[place] as number);
      at = at.at(going);
    }
    return found;
  }

  #reached(
    source: Int32Array,
    nodes: Int32Array,
    alignments: Alignments,
    open: Float64Array,
    closed: Uint8Array,
  ): Reached {
    const promise = this.#ahead(alignments, this.#promising);
    const second = this.#ahead(alignments, this.#second);
    const secondPromise = this.#ahead(alignments, this.#secondPromising);
    return { source, nodes, closed, alignments, open, promise, second, secondPromise };
  }

  /** The children of nodes that may matter, before their own characters are weighed; undefined where there are none. */
  #children(
    trie: Trie,
    source: Int32Array,
    nodes: Int32Array,
    at: Alignments,
    open: Float64Array,
    masses: readonly Float64Array[],
    floors: Float64Array,
  ): { parents: number[]; children: number[]; source: number[]; mass: Float64Array } | undefined {
    const found = { parents: [] as number[], children: [] as number[], source: [] as number[] };
    const weights: number[] = [];
    let isLeaf = true;
    for (let parent = 0; parent < nodes.length; parent++) {
      const node = nodes[parent] as number;
      const first = trie.first[node] as number;
      const end = first + (trie.count[node] as number);
      if (first < end) isLeaf = false;
      const from = source[parent] as number;
      const summed = masses[from] as Float64Array;
      const most = (at.done[parent] as number) + (open[parent] as number);
      for (let child = first; child < end; child++) {
        const mass = (summed[trie.high[child] as number] as number) - (summed[trie.low[child] as number] as number);
        if (most * mass <= (floors[from] as number)) continue;
        found.parents.push(parent);
        found.children.push(child);
        found.source.push(from);
        weights.push(mass);
      }
    }
    return isLeaf ? undefined : { ...found, mass: Float64Array.from(weights) };
  }

  /** What strings may still have: in their rows, and by the next character before their last one. */
  #ahead({ rows, before, last, count, width }: Alignments, lead: Lead): Float64Array {
    const ahead = new Float64Array(count);
    for (let at = 0, row = 0; at < count; at++, row += width) {
      let total = 0;
      for (let column = 0; column < width; column++) {
        total += (rows[row + column] as number) * (lead.rows[column] as number);
      }
      for (let letter = 1; letter < this.size; letter++) {
        if (this.#points[letter] !== last[at]) continue;
        for (let column = letter - 1; column < width; column += this.#columns) {
          total += (before[row + column] as number) * (lead.pairs[column] as number);
        }
      }
      ahead[at] = total;
    }
    return ahead;
  }

  /** One character on, that of each node. */
  #after(at: Alignments, parents: readonly number[], trie: Trie, nodes: readonly number[]): Alignments {
    const { hits, omits } = this.#table(trie);
    const habits = this.#habits.length;
    const after = new Alignments(nodes.length, this.width);
    for (let to = 0; to < nodes.length; to++) {
      const [parent, node] = [parents[to] as number, nodes[to] as number];
      const char = trie.char[node] as number;
      const from = parent * this.width;
      after.follow(to, at, parent, trie.points[node] as number);
      if ((omits[char * habits] as number) >= 1) {
        after.rows.set(at.rows.subarray(from, from + this.width), to * this.width); // the rest of a character decides
        continue;
      }
      for (let habit = 0, column = 0; habit < habits; habit++, column += this.#columns) {
        const { undoubled } = (this.#habits[habit] as Habit).model.shares;
        const isAgain = after.last[to] === at.last[parent];
        const omitted = omits[char * habits + habit] as number;
        const left = isAgain ? Math.max(undoubled, omitted) : omitted;
        this.#hit(after, to, column, hits, char * this.width, 1 - left);
        if (this.size > 1) this.#swap(after, to, column, at, parent);
        (after.done[to] as number) += this.#slip(after, to, column, left);
      }
    }
    return after;
  }

  /** The character is typed. */
  #hit(
    { rows, before, width }: Alignments,
    to: number,
    column: number,
    hits: Float64Array,
    char: number,
    kept: number,
  ): void {
    const [row, hit] = [to * width + column, char + column];
    for (let letter = 0; letter < this.size; letter++) {
      rows[row + letter + 1] = (before[row + letter] as number) * (hits[hit + letter] as number) * kept;
    }
  }

  /** It changes places with the one before. */
  #swap({ rows, last, width }: Alignments, to: number, column: number, from: Alignments, parent: number): void {
    const [row, past] = [to * width + column, parent * width + column];
    for (let letter = 1; letter < this.size; letter++) {
      if (this.#points[letter - 1] !== last[to] || this.#points[letter] !== from.last[parent]) continue;
      const mass = from.before[past + letter - 1] as number;
      (rows[row + letter + 1] as number) += mass * (this.#swapped[column + letter - 1] as number);
    }
  }

  /** The character is left out, or a letter too many follows it. Returns what has typed all the letters now. */
  #slip({ rows, before, width }: Alignments, to: number, column: number, omitted: number): number {
    const row = to * width + column;
    const end = row + this.size;
    let done = 0;
    if (!this.complete) {
      done = rows[end] as number;
      rows[end] = 0;
    }
    (rows[row] as number) += (before[row] as number) * omitted * this.model.shares.first;
    for (let at = row + 1; at < end; at++) (rows[at] as number) += (before[at] as number) * omitted;
    if (this.complete) (rows[end] as number) += (before[end] as number) * omitted;
    for (let letter = this.size; letter >= 1; letter--) {
      (rows[row + letter] as number) +=
        (rows[row + letter - 1] as number) * (this.#extra[column + letter - 1] as number);
    }
    if (!this.complete) {
      done += rows[end] as number;
      rows[end] = 0;
    }
    return done;
  }

  /** Letters too many, and two that change places, by each habit. */
  #weighSlips(chars: readonly string[]): void {
    const { keys } = this.model.layout;
    const { first, split } = this.model.shares;
    const around = this.touches.map((touch) => this.model.around(touch));
    for (const [habit, { model }] of this.#habits.entries()) {
      const { extra, doubled, swapped } = model.shares;
      for (const [letter, char] of chars.entries()) {
        const column = habit * this.#columns + letter;
        const rarer = letter ? 1 : first;
        const own = around[letter] as number;
        const again = letter && chars[letter - 1] === char ? doubled * own : 0;
        const more = keys.has(char.toLowerCase()) ? extra / keys.size : 0;
        this.#extra[column] = rarer * (more + again + (char === " " ? split : 0));
        this.#swapped[column] = rarer * swapped * own * (around[letter + 1] ?? 0);
      }
    }
  }

  /**
   * From the last letter back, as `Typed._most` says: the largest solution over the characters, so that no character can
   * raise what a row may have. Densities of points may be above 1, and are taken as they are.
   */
  #most(): Lead {
    const rows = new Float64Array(this.width).fill(1);
    const pairs = new Float64Array(this.width);
    for (const [habit, { model }] of this.#habits.entries()) this.#mostOf(model, habit * this.#columns, rows, pairs);
    return { rows, pairs };
  }

  /** Of one habit, whose columns begin at `start`. */
  #mostOf(model: Typing, start: number, rows: Float64Array, pairs: Float64Array): void {
    const { size } = this;
    const alphabet = this.model.alphabet(this.letters);
    const omits = model.omits(alphabet);
    const { rest } = model;
    const { undoubled } = model.shares;
    const begun = new Float64Array(size + 1).fill(1); // a letter too many may follow
    for (let at = size - 1; at >= 0; at--) {
      const column = start + at;
      const extra = (this.#extra[column] as number) * (rows[column + 1] as number);
      if (at < size - 1) pairs[column] = (this.#swapped[column] as number) * (begun[at + 2] as number);
      const hits = model.likelihoods(alphabet, this.touches[at] as Touch, at === 0);
      let most = 0;
      for (let code = 0; code < alphabet.length; code++) {
        const omitted = Math.max(omits[code] as number, undoubled);
        const exchanged = alphabet[code] === this.#points[at + 1] ? (pairs[column] as number) : 0;
        const hit = Math.max(hits[code] as number, rest) * (begun[at + 1] as number);
        most = Math.max(most, hit + (omitted * extra + exchanged) / (1 - omitted));
      }
      rows[column] = most;
      begun[at] = most + extra;
    }
  }

  /** What is rather had of the most, for letters that are still to come are not certain in the word either. */
  #rather({ rows, pairs }: Lead): Lead {
    const left = (column: number) => this.size - (column % this.#columns); // letters to come
    return {
      rows: rows.map((most, column) => most * RATHER ** left(column)),
      pairs: pairs.map((most, column) => most * RATHER ** (left(column) - 2)),
    };
  }

  /** The same of a second word whose first letter comes next, the space typed or left out. */
  #afterSpace({ rows, pairs }: Lead): Lead {
    const { joined } = this.model.shares;
    const after = rows.map((most, column) => {
      const letter = column % this.#columns;
      if (letter === this.size) return 0; // of each word a letter was typed
      const typed = (this.#space[letter] as number) * (rows[column + 1] as number);
      return typed + (letter ? most * joined : 0);
    });
    return { rows: after, pairs: new Float64Array(pairs.length) };
  }

  /** For the characters of a trie: P(letter i | character, which is not left out), P(left out). */
  #table({ alphabet }: Trie): Table {
    const known = this.#tables.get(alphabet);
    if (known) return known;
    const count = this.#habits.length;
    const table = {
      hits: new Float64Array(alphabet.length * this.width),
      omits: new Float64Array(alphabet.length * count),
    };
    for (const [habit, { model }] of this.#habits.entries()) {
      const omits = model.omits(alphabet);
      for (let code = 0; code < omits.length; code++) table.omits[code * count + habit] = omits[code] as number;
      for (const [letter, touch] of this.touches.entries()) {
        const hits = model.likelihoods(alphabet, touch, letter === 0);
        const column = habit * this.#columns + letter;
        for (let code = 0; code < hits.length; code++) table.hits[code * this.width + column] = hits[code] as number;
      }
    }
    this.#tables.set(alphabet, table);
    return table;
  }
}

/** The `count` of `places` that promise most, in order; `lost` is raised to the largest bound of the others. */
export function mostOf(
  places: Int32Array<ArrayBuffer>,
  promises: Float64Array,
  count: number,
  bounds: ArrayLike<number>,
  lost: Float64Array = new Float64Array(0),
): Int32Array<ArrayBuffer> {
  const kept = new Set(largestOf(promises, count));
  let most = 0;
  for (const [at, place] of places.entries()) if (!kept.has(at)) most = Math.max(most, bounds[place] as number);
  for (let at = 0; at < lost.length; at++) lost[at] = Math.max(lost[at] as number, most);
  return places.filter((_, at) => kept.has(at));
}
