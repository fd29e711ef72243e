/**
 * Strings as a trie over characters, in arrays: what is walked level by level. `wordgru/text/trie.py` in TypeScript.
 *
 * Characters are code points here. A byte that is no whole character (at the begin or end of a token) is a character of
 * its own, U+DC80 to U+DCFF, as Python's "surrogateescape" has it.
 */
import type { Bytes } from "./bytes.js";
import { halfCharacter } from "./vocabulary.js";

const ESCAPED = 0xdc00; // and the byte
const HALVES = 64; // halves of a character whose tries are kept
const WHOLE = new RegExp(
  [
    "[\\x00-\\x7f]",
    "[\\xc2-\\xdf][\\x80-\\xbf]",
    "\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]",
    "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}",
    "[^]",
  ].join("|"),
  "g",
);

/** The characters that bytes spell, as code points. */
export function codePoints(bytes: Bytes): number[] {
  return Array.from(bytes.matchAll(WHOLE), ([own]) => pointOf(own));
}

/** Whether a character is a byte that is no whole one. */
export function isEscaped(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}

function pointOf(own: Bytes): number {
  const first = own.charCodeAt(0);
  if (own.length === 1) return first < 0x80 ? first : ESCAPED + first;
  let point = first & (0x7f >> own.length);
  for (let at = 1; at < own.length; at++) point = (point << 6) | (own.charCodeAt(at) & 0x3f);
  return point;
}

/** The trie of some strings. Nodes are numbered level by level, the children of a node one after the other. */
export class Trie {
  /** In the trie's order. */
  readonly strings: readonly Bytes[];
  /** The same, as indices of those given. */
  readonly order: Int32Array;
  /** The characters, in order. */
  readonly alphabet: Int32Array;
  /** Of each node the index of its character in `alphabet`; of the root -1. */
  readonly char: Int32Array;
  /** And the character. */
  readonly points: Int32Array;
  /** Of each node the number of its first child. */
  readonly first: Int32Array;
  /** How many children it has. */
  readonly count: Int32Array;
  /** Of each node, the place in `order` of the first string that begins with it. */
  readonly low: Int32Array;
  /** And the place after the last. */
  readonly high: Int32Array;
  /** The place after the last string that is just it; they are the first. */
  readonly own: Int32Array;

  constructor(strings: readonly Bytes[]) {
    const given = strings.map(codePoints);
    const order = given.map((_, at) => at).sort((one, other) => compare(given[one] ?? [], given[other] ?? []));
    const texts = order.map((at) => given[at] as number[]);
    this.order = Int32Array.from(order);
    this.strings = order.map((at) => strings[at] as Bytes);
    this.alphabet = Int32Array.from(new Set(given.flat())).sort();
    const codes = new Map(Array.from(this.alphabet, (point, code) => [point, code]));
    const nodes = { char: [-1], low: [0], high: [texts.length], first: [] as number[], own: [] as number[] };
    let [size, levelEnds] = [0, 1];
    for (let node = 0; node < nodes.char.length; node++) {
      if (node === levelEnds) [size, levelEnds] = [size + 1, nodes.char.length];
      const end = nodes.high[node] as number;
      let at = nodes.low[node] as number;
      while (at < end && texts[at]?.length === size) at++;
      nodes.own.push(at);
      nodes.first.push(nodes.char.length);
      while (at < end) {
        const begin = at;
        const letter = texts[at]?.[size] as number;
        while (at < end && texts[at]?.[size] === letter) at++;
        nodes.char.push(codes.get(letter) as number);
        nodes.low.push(begin);
        nodes.high.push(at);
      }
    }
    this.char = Int32Array.from(nodes.char);
    this.low = Int32Array.from(nodes.low);
    this.high = Int32Array.from(nodes.high);
    this.own = Int32Array.from(nodes.own);
    this.first = Int32Array.from(nodes.first);
    this.count = this.first.map((first, node) => (this.first[node + 1] ?? this.char.length) - first);
    this.points = this.char.map((code) => this.alphabet[code] ?? 0);
  }

  /** The node after `node` by a character, if there is one. */
  child(node: number, point: number): number | undefined {
    const first = this.first[node] as number;
    const end = first + (this.count[node] as number);
    for (let at = first; at < end; at++) if (this.points[at] === point) return at;
    return undefined;
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at++) {
    const differ = (one[at] as number) - (other[at] as number);
    if (differ) return differ;
  }
  return one.length - other.length;
}

/** A trie of tokens. */
export interface TokenTrie {
  readonly trie: Trie;
  /** The ids of its tokens, in its order. */
  readonly ids: Int32Array;
}

/** The tokens as tries: all of them, and those that go on after half a character. */
export class TokenTries {
  readonly #tries = new Map<Bytes, TokenTrie>();

  /**
   * @param tokenBytes what each token spells, by id.
   * @param finals how many are final.
   */
  constructor(
    private readonly tokenBytes: readonly Bytes[],
    readonly finals: number,
  ) {}

  /** The trie of what may follow these bytes. After half a character it is spelled with that half before it. */
  after(spelled: Bytes): TokenTrie {
    const half = halfCharacter(spelled);
    let found = this.#tries.get(half);
    if (!found) {
      if (this.#tries.size > HALVES) this.#tries.clear();
      const ids = Array.from(this.tokenBytes.keys()).filter((id) => id && (!half || goesOn(this.tokenBytes[id] ?? "")));
      const trie = new Trie(ids.map((id) => half + this.tokenBytes[id]));
      found = { trie, ids: trie.order.map((at) => ids[at] as number) };
      this.#tries.set(half, found);
    }
    return found;
  }

  /** What of P(next token), by id, is of tokens that begin with `start`. */
  beginning(row: Float32Array, start: Bytes): number {
    const { trie, ids } = this.after("");
    let node: number | undefined = 0;
    for (const point of codePoints(start)) {
      node = trie.child(node, point);
      if (node === undefined) return 0;
    }
    let total = 0;
    for (let at = trie.low[node] as number; at < (trie.high[node] as number); at++) {
      total += row[ids[at] as number] as number;
    }
    return total;
  }
}

function goesOn(token: Bytes): boolean {
  return token >= "\x80" && token < "\xc0";
}
