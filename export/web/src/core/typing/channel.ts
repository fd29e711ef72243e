/**
 * P(typed | word): how likely letters and touch points are, given the word that was meant.
 * `wordgru/typing/channel.py` in TypeScript, which says what the model is; the same step by step.
 */
import { type Bytes, toBytes } from "../bytes.js";
import { largestOf } from "../rows.js";
import { isEscaped, Trie } from "../trie.js";
import type { Touch, Typing } from "./model.js";

const RATHER = 0.07; // what a letter still to come is worth, of the most that it may have; says what is read first
const SPACE = Int32Array.of(32); // the alphabet of a space alone
const WIDEST = 100; // nodes of one level that are followed, the most promising ones

/** Where some strings stand in the letters typed: one row for each, columns by letters typed so far. */
export class Alignments {
  /** P(all letters typed before the word's last characters); 0 where the word is complete. */
  readonly done: Float64Array;
  /** Code point of the last character; -1 where there is none. */
  readonly last: Int32Array;

  /**
   * @param count how many.
   * @param width letters typed, and one more.
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
  /** P(letter i | character, which is not left out), (characters * letters). */
  readonly hits: Float64Array;
  /** P(left out). */
  readonly omits: Float64Array;
}

/** The most that the letters from each on may still have, whatever the word goes on with. */
interface Lead {
  /** By column of a row. */
  readonly rows: Float64Array;
  /** Of each pair of letters, if it changes places. */
  readonly pairs: Float64Array;
}

/** Letters typed, and what a typing model says of them. */
export class Typed {
  /** As they were typed. */
  readonly letters: string;
  /** How many. */
  readonly size: number;
  readonly width: number;
  readonly #points: Int32Array;
  readonly #extra: Float64Array; // of each letter, that it is one too many
  readonly #space: Float64Array; // and that a space is typed as it, where it is one
  readonly #swapped: Float64Array; // of each and the next, that they changed places
  readonly #lead: Lead;
  readonly #promising: Lead;
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
    this.width = this.size + 1;
    this.#points = Int32Array.from(chars, (char) => char.codePointAt(0) as number);
    const { keys } = model.layout;
    const { extra, doubled, swapped, split } = model.shares;
    const around = touches.map((touch) => model.around(touch));
    this.#extra = Float64Array.from(chars, (char, at) => {
      const isKey = keys.has(char.toLowerCase());
      const again = at && chars[at - 1] === char ? doubled * (around[at] as number) : 0;
      return (isKey ? extra / keys.size : 0) + again + (char === " " ? split : 0);
    });
    this.#space = Float64Array.from(touches, (touch) =>
      touch.char === " " ? (model.likelihoods(SPACE, touch)[0] as number) : 0,
    );
    this.#swapped = Float64Array.from(around.slice(1), (next, at) => swapped * (around[at] as number) * next);
    this.#lead = this.#most();
    this.#promising = {
      rows: this.#lead.rows.map((most, at) => most * RATHER ** (this.size - at)),
      pairs: this.#lead.pairs.map((most, at) => most * RATHER ** (this.size - at - 2)),
    };
  }

  /** The most that P(typed | word) may be, of whatever word; of touch points a density, which may be above 1. */
  get most(): number {
    return Math.max(1, ...this.#lead.rows);
  }

  /** Before the first character. */
  start(): Alignments {
    const start = new Alignments(1, this.width);
    const [extra] = this.#extra;
    start.rows[0] = 1;
    if (!this.complete && this.size === 1) start.done[0] = extra as number;
    else start.rows[1] = extra as number;
    return start;
  }

  /** Before the first character of another word after words that end here, the space typed or left out. */
  second({ rows, count, width }: Alignments): Alignments {
    const second = new Alignments(count, width);
    const { joined } = this.model.shares;
    for (let row = 0; row < rows.length; row += width) {
      for (let letter = 1; letter < this.size; letter++) {
        second.rows[row + letter] = (rows[row + letter] as number) * joined; // of each word a letter was typed
      }
      for (const [letter, space] of this.#space.entries()) {
        (second.rows[row + letter + 1] as number) += (rows[row + letter] as number) * space;
      }
    }
    return second;
  }

  /** P(typed | the word that ends at one of them). */
  likelihood({ rows, done, width }: Alignments, at: number): number {
    return (this.complete ? rows[(at + 1) * width - 1] : done[at]) as number;
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

  /** Follow a trie from some strings on, level by level, where it may matter. */
  walk({ trie, roots, starts, masses, floors, lost }: Ways): Reached[] {
    let source = Int32Array.from(roots.keys());
    let nodes = roots;
    let at = starts;
    const found: Reached[] = [this.#reached(source, nodes, at, new Uint8Array(roots.length))];
    while (nodes.length) {
      const followed = this.#children(trie, source, nodes, at, masses, floors);
      if (!followed) break;
      const after = this.#after(at, followed.parents, trie, followed.children);
      const open = this.#ahead(after, this.#lead);
      const most = followed.mass.map((mass, child) => mass * ((after.done[child] as number) + (open[child] as number)));
      const floor = (child: number) => floors[followed.source[child] as number] as number;
      let kept = Int32Array.from(most.keys()).filter((child) => (most[child] as number) > floor(child));
      if (kept.length > WIDEST) {
        const ahead = this.#ahead(after, this.#promising);
        const rather = Float64Array.from(
          kept,
          (child) => (followed.mass[child] as number) * ((after.done[child] as number) + (ahead[child] as number)),
        );
        kept = mostOf(kept, rather, WIDEST, most, lost);
      }
      source = kept.map((child) => followed.source[child] as number);
      nodes = kept.map((child) => followed.children[child] as number);
      at = after.at(kept);
      const closed = Uint8Array.from(kept, (child) =>
        Number(!this.complete && (followed.mass[child] as number) * (open[child] as number) <= floor(child)),
      );
      found.push(this.#reached(source, nodes, at, closed));
      const going = Int32Array.from(kept.keys()).filter((place) => !closed[place]);
      if (going.length === kept.length) continue;
      const [sources, all] = [source, nodes];
      source = going.map((place) => sources[place] as number);
      nodes = going.map((place) => all[place] as number);
      at = at.at(going);
    }
    return found;
  }

  #reached(source: Int32Array, nodes: Int32Array, alignments: Alignments, closed: Uint8Array): Reached {
    const after = this.second(alignments);
    const [open, second] = [this.#ahead(alignments, this.#lead), this.#ahead(after, this.#lead)];
    const [promise, secondPromise] = [this.#ahead(alignments, this.#promising), this.#ahead(after, this.#promising)];
    return { source, nodes, closed, alignments, open, promise, second, secondPromise };
  }

  /** The children of nodes that may matter, before their own characters are weighed; undefined where there are none. */
  #children(
    trie: Trie,
    source: Int32Array,
    nodes: Int32Array,
    at: Alignments,
    masses: readonly Float64Array[],
    floors: Float64Array,
  ): { parents: number[]; children: number[]; source: number[]; mass: Float64Array } | undefined {
    const ahead = this.#ahead(at, this.#lead);
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
      const most = (at.done[parent] as number) + (ahead[parent] as number);
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
      for (let letter = 0; letter < width; letter++) {
        total += (rows[row + letter] as number) * (lead.rows[letter] as number);
        if (letter >= 2 && this.#points[letter - 1] === last[at]) {
          total += (before[row + letter - 2] as number) * (lead.pairs[letter - 2] as number);
        }
      }
      ahead[at] = total;
    }
    return ahead;
  }

  /** One character on, that of each node. */
  #after(at: Alignments, parents: readonly number[], trie: Trie, nodes: readonly number[]): Alignments {
    const { hits, omits } = this.#table(trie);
    const after = new Alignments(nodes.length, this.width);
    for (const [to, node] of nodes.entries()) {
      const parent = parents[to] as number;
      const char = trie.char[node] as number;
      const point = trie.points[node] as number;
      const last = at.last[parent] as number;
      const from = at.rows.subarray(parent * this.width, (parent + 1) * this.width);
      const row = after.rows.subarray(to * this.width, (to + 1) * this.width);
      after.before.set(from, to * this.width);
      after.last[to] = point;
      after.done[to] = at.done[parent] as number;
      const omitted = omits[char] as number;
      if (omitted >= 1) {
        row.set(from); // half a character, which the rest of it decides
        continue;
      }
      const left = point === last ? Math.max(this.model.shares.undoubled, omitted) : omitted;
      const typed = hits.subarray(char * this.size, (char + 1) * this.size).map((hit) => hit * (1 - left));
      this.#hit(row, from, at.before, parent, typed, point, last);
      (after.done[to] as number) += this.#slip(row, from, left);
    }
    return after;
  }

  /** The character is typed, or it changes places with the one before. */
  #hit(
    row: Float64Array,
    from: Float64Array,
    before: Float64Array,
    parent: number,
    hits: Float64Array,
    point: number,
    last: number,
  ): void {
    const points = this.#points;
    for (let letter = 1; letter < this.width; letter++) {
      let typed = (from[letter - 1] as number) * (hits[letter - 1] as number);
      if (letter >= 2 && points[letter - 2] === point && points[letter - 1] === last) {
        typed += (before[parent * this.width + letter - 2] as number) * (this.#swapped[letter - 2] as number);
      }
      row[letter] = typed;
    }
  }

  /** The character is left out, or a letter too many follows it. Returns what has typed all the letters now. */
  #slip(row: Float64Array, from: Float64Array, omitted: number): number {
    const { size } = this;
    let done = 0;
    if (!this.complete) {
      done = row[size] as number;
      row[size] = 0;
    }
    const end = this.complete ? size : size - 1;
    for (let letter = 0; letter <= end; letter++) (row[letter] as number) += (from[letter] as number) * omitted;
    for (let letter = size; letter >= 1; letter--) {
      (row[letter] as number) += (row[letter - 1] as number) * (this.#extra[letter - 1] as number);
    }
    if (!this.complete) {
      done += row[size] as number;
      row[size] = 0;
    }
    return done;
  }

  /**
   * From the last letter back, as `Typed._most` says: the largest solution over the characters, so that no character can
   * raise what a row may have. Densities of points may be above 1, and are taken as they are.
   */
  #most(): Lead {
    const keys = [...this.model.layout.keys.keys(), ...this.touches.map(({ char }) => char)];
    const cased = keys.flatMap((key) => [key.toLowerCase(), key.toUpperCase(), key]);
    const chars = new Set(["'", "’", "-", ...cased.filter((char) => [...char].length === 1)]);
    const whole = [...chars].map((char) => char.codePointAt(0) as number).filter((code) => !isEscaped(code));
    const alphabet = Int32Array.from(whole).sort();
    const omits = this.model.omits(alphabet).map((omitted) => Math.max(omitted, this.model.shares.undoubled));
    const { size } = this;
    const rows = new Float64Array(size + 1).fill(1);
    const begun = new Float64Array(size + 1).fill(1); // a letter too many may follow
    const pairs = new Float64Array(Math.max(size - 1, 0));
    for (let at = size - 1; at >= 0; at--) {
      const [extra, rest] = [(this.#extra[at] as number) * (rows[at + 1] as number), begun[at + 1] as number];
      if (at < size - 1) pairs[at] = (this.#swapped[at] as number) * (begun[at + 2] as number);
      const hits = this.model.likelihoods(alphabet, this.touches[at] as Touch);
      const most = hits.map((hit, code) => {
        const omitted = omits[code] as number;
        const exchanged = at < size - 1 && alphabet[code] === this.#points[at + 1] ? (pairs[at] as number) : 0;
        return Math.max(hit, this.model.rest) * rest + (omitted * extra + exchanged) / (1 - omitted);
      });
      rows[at] = Math.max(...most);
      begun[at] = (rows[at] as number) + extra;
    }
    return { rows, pairs };
  }

  /** For the characters of a trie: P(letter i | character, which is not left out), P(left out). */
  #table({ alphabet }: Trie): Table {
    let table = this.#tables.get(alphabet);
    if (!table) {
      const omits = this.model.omits(alphabet);
      const hits = new Float64Array(alphabet.length * this.size);
      for (const [letter, touch] of this.touches.entries()) {
        const column = this.model.likelihoods(alphabet, touch);
        for (let code = 0; code < alphabet.length; code++) hits[code * this.size + letter] = column[code] as number;
      }
      table = { hits, omits };
      this.#tables.set(alphabet, table);
    }
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
