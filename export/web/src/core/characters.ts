/**
 * The next character: its distribution after the letters typed, as sums over the words that begin so.
 * `wordgru/search/characters.py` in TypeScript.
 *
 * What Dasher, scanning keyboards and eye typing need. Each row says what follows a node: the tokens that go on with a
 * character are a range of the trie. Undecided are only open tokens that end inside the letters typed, just at their
 * end, or inside a character; they are read until what is undecided is within the tolerance.
 */
import { type Bytes, toBytes, toShown } from "./bytes.js";
import { Heap } from "./heap.js";
import type { Named } from "./named.js";
import { type Node, nameOf, type Reader } from "./rows.js";
import type { SearchOptions } from "./suggestions.js";
import { codePoints, isEscaped, type TokenTrie, type TokenTries } from "./trie.js";
import { halfCharacter } from "./vocabulary.js";

const NAMED = 4096; // words that a source names everywhere which are looked at one by one

/** What may follow the letters typed. The probabilities and `end` sum to 1. */
export interface Characters {
  /** Character → P(it is the next one of this word | context, letters typed), largest first. */
  readonly probabilities: ReadonlyMap<string, number>;
  /** P(the word ends here | context, letters typed). */
  readonly end: number;
  /** Whether what is undecided is within the tolerance. */
  readonly exact: boolean;
  /** The share that is undecided; it is left out of the other figures. */
  readonly unexplored: number;
}

/** The distribution of the character after `typed`: the space before the word and the letters, whole characters. */
export async function characters(
  reader: Reader,
  tries: TokenTries,
  typed: Bytes,
  spelling: readonly number[],
  options: SearchOptions,
  named: readonly Named[],
): Promise<Characters> {
  const deadline = performance.now() + 1000 * (options.maxSeconds ?? Number.POSITIVE_INFINITY);
  const found = new NextCharacters(reader, tries, typed);
  found.weigh(reader.nodes.get(nameOf([])) as Node);
  // without its usual tokens nothing may be found
  for (const node of await reader.along(spelling.slice(0, -1))) found.read(node);
  while (found.undecided > options.tolerance * found.total && reader.left && performance.now() < deadline) {
    const picks = found.heaviest(Math.min(options.batch, reader.left));
    const nodeOf = ([node, token]: Pick) => reader.nodes.get(nameOf([...node.tokens, token]));
    const known = picks.map(nodeOf).filter((node) => node !== undefined);
    const others = picks.filter((pick) => !nodeOf(pick));
    const read = others.length ? await reader.read(others, Math.floor(options.batch / 2)) : [];
    for (const node of [...known, ...read]) found.weigh(node);
  }
  for (const source of named) found.name(source);
  return found.answer(options.tolerance);
}

/** The same without characters that cannot follow. */
export function thatMayFollow(found: Characters, mayFollow: (char: string) => boolean): Characters {
  const kept = [...found.probabilities].filter(([char]) => mayFollow(char));
  const whole = kept.reduce((total, [, share]) => total + share, found.end);
  if (!(whole > 0)) return { ...found, probabilities: new Map(), end: 0, exact: false };
  return {
    ...found,
    probabilities: new Map(kept.map(([char, share]) => [char, share / whole])),
    end: found.end / whole,
  };
}

type Pick = readonly [node: Node, token: number];

/** Masses by next character. */
class NextCharacters {
  undecided = 0;
  readonly #masses = new Map<string, number>();
  #end = 0;
  readonly #open = new Heap<{ readonly mass: number; readonly node: Node; readonly token: number }>();

  constructor(
    private readonly reader: Reader,
    private readonly tries: TokenTries,
    private readonly typed: Bytes,
  ) {}

  /** The mass of what is decided. */
  get total(): number {
    let total = this.#end;
    for (const mass of this.#masses.values()) total += mass;
    return total;
  }

  answer(tolerance: number): Characters {
    const { total } = this;
    if (!(total > 0)) return { probabilities: new Map(), end: 0, exact: false, unexplored: 1 };
    const order = (one: string, other: string) => (one.codePointAt(0) as number) - (other.codePointAt(0) as number);
    const sorted = [...this.#masses].sort(([one, less], [other, more]) => more - less || order(one, other));
    const unexplored = this.undecided / (total + this.undecided);
    return {
      probabilities: new Map(sorted.map(([char, mass]) => [char, mass / total])),
      end: this.#end / total,
      exact: unexplored <= tolerance,
      unexplored,
    };
  }

  /** The undecided tokens to read next; they are no longer counted. */
  heaviest(most: number): Pick[] {
    const picks: Pick[] = [];
    while (picks.length < most) {
      const heaviest = this.#open.pop();
      if (!heaviest) break;
      picks.push([heaviest.node, heaviest.token]);
      this.undecided = Math.max(this.undecided - heaviest.mass, 0);
    }
    if (!this.#open.size) this.undecided = 0;
    return picks;
  }

  /** Weigh a node that was read out of turn. */
  read(node: Node): void {
    const name = nameOf(node.tokens);
    const found = this.#open.take((each) => nameOf([...each.node.tokens, each.token]) === name);
    if (!found) return;
    this.undecided -= found.mass;
    this.weigh(node);
  }

  /** Add what follows a node; bytes that are no characters lead nowhere. */
  weigh(node: Node): void {
    const whole = node.spelled.length - halfCharacter(node.spelled).length;
    if (!this.typed.startsWith(node.spelled.slice(0, whole))) return;
    const tokens = this.tries.after(node.spelled);
    const { trie } = tokens;
    let at = 0;
    for (const point of codePoints(this.typed.slice(whole))) {
      if (at) this.#undecide(node, tokens, trie.low[at] as number, trie.own[at] as number);
      this.#halves(node, tokens, at, point);
      const child = trie.child(at, point);
      if (child === undefined) return;
      at = child;
    }
    this.#decide(node, tokens, at);
  }

  /** Add the words that another source names. */
  name(source: Named): void {
    const { row } = this.reader.nodes.get(nameOf([])) as Node;
    const among = this.tries.beginning(row, source.start);
    for (const [word, share] of source.agreeing(this.typed, NAMED, false).found) {
      const [next] = toShown(word.slice(this.typed.length));
      if (next === undefined) this.#end += among * share;
      else this.#add(next, among * share);
    }
  }

  #add(char: string, mass: number): void {
    this.#masses.set(char, (this.#masses.get(char) ?? 0) + mass);
  }

  /** Add the tokens that begin with the letters typed. */
  #decide(node: Node, tokens: TokenTrie, at: number): void {
    const { trie, ids } = tokens;
    const unit = Math.exp(node.logMass);
    const [low, own] = [trie.low[at] as number, trie.own[at] as number];
    if (at) {
      for (let place = low; place < own; place++) {
        const id = ids[place] as number;
        if (id <= this.tries.finals) this.#end += (node.row[id] as number) * unit;
      }
      this.#undecide(node, tokens, low, own);
    }
    const first = trie.first[at] as number;
    for (let child = first; child < first + (trie.count[at] as number); child++) {
      const point = trie.points[child] as number;
      const [begin, end] = [trie.low[child] as number, trie.high[child] as number];
      if (isEscaped(point)) {
        this.#undecide(node, tokens, begin, end);
        continue;
      }
      let mass = 0;
      for (let place = begin; place < end; place++) mass += node.row[ids[place] as number] as number;
      this.#add(String.fromCodePoint(point), mass * unit);
    }
  }

  /** Open tokens that end inside the next character. */
  #halves(node: Node, tokens: TokenTrie, start: number, point: number): void {
    const { trie } = tokens;
    let at = start;
    for (const byte of toBytes(String.fromCodePoint(point)).slice(0, -1)) {
      const child = trie.child(at, 0xdc00 + byte.charCodeAt(0));
      if (child === undefined) return;
      at = child;
      this.#undecide(node, tokens, trie.low[at] as number, trie.own[at] as number);
    }
  }

  #undecide(node: Node, { ids }: TokenTrie, low: number, high: number): void {
    for (let place = low; place < high; place++) {
      const token = ids[place] as number;
      if (token <= this.tries.finals) continue;
      const mass = (node.row[token] as number) * Math.exp(node.logMass);
      this.undecided += mass;
      this.#open.push(-mass, { mass, node, token });
    }
  }
}
