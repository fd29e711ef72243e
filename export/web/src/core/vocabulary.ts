/**
 * The vocabulary as a trie: which tokens agree with letters still to be typed, as ranges in byte order.
 * `wordgru/text/vocabulary.py` in TypeScript.
 *
 * Tokens are looked up by *key*: their bytes, or where case is ignored those of what capitals leave of them. Final and
 * open tokens have an `Index` each.
 */
import { type Bytes, toBytes, toText } from "./bytes.js";
import { isUnspaced } from "./words.js";

const REMEMBERED = 8192; // answers of one index
const ASCII = /^[\x00-\x7f]*$/;
const CHARACTER = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[A-Z]/g;

/** From the first place on, up to the second, without it. */
export type Places = [low: number, high: number];

const NOWHERE: Places = [0, 0];

/** What has one capital, or is spelled as one there. */
const FOLDS: Readonly<Record<string, string>> = { İ: "i", ı: "i", ς: "σ", ß: "ss", ẞ: "ss" };

/** `spelled` in lower case, character by character; those that are not whole stay. */
export function lowered(spelled: Bytes): Bytes {
  return changed(spelled, (char) => char.toLowerCase());
}

/** The same, but letters that are one in capitals are one: "STRASSE" may be "straße". */
export function folded(spelled: Bytes): Bytes {
  return changed(spelled, (char) => FOLDS[char] ?? char.toLowerCase());
}

function changed(spelled: Bytes, change: (char: string) => string): Bytes {
  if (ASCII.test(spelled)) return spelled.toLowerCase();
  return spelled.replace(CHARACTER, (own) => toBytes(change(toText(own) ?? "")));
}

/** Tokens of one kind in the order of their keys. */
export class Index {
  /** Their ids. */
  readonly ids: Int32Array;
  readonly #keys: readonly Bytes[];
  readonly #equal = new Map<Bytes, Places>();
  readonly #deepest = new Map<Bytes, number>();
  readonly #longest: number;
  readonly #first: number | undefined; // of the ids, if they are in the order of the keys
  #ends: Int32Array | undefined;

  /** @param keys of the tokens `first`, `first + 1`, … */
  constructor(first: number, keys: readonly Bytes[]) {
    const order = keys.map((_, at) => at);
    order.sort((one, other) => compare(keys[one] as Bytes, keys[other] as Bytes) || one - other);
    this.ids = Int32Array.from(order, (at) => first + at);
    this.#first = order.every((at, place) => at === place) ? first : undefined;
    this.#keys = order.map((at) => keys[at] as Bytes);
    this.#longest = this.#keys.reduce((most, key) => Math.max(most, key.length), 0);
    for (const [at, key] of this.#keys.entries()) {
      this.#equal.set(key, [this.#equal.get(key)?.[0] ?? at, at + 1]);
    }
  }

  /** The values of a row (V) at places; a view where ids are in the order of keys. */
  of(row: Float32Array, low: number, high: number): Float32Array {
    if (this.#first !== undefined) return row.subarray(this.#first + low, this.#first + high);
    return Float32Array.from(this.ids.subarray(low, high), (id) => row[id] as number);
  }

  /** For each, where the tokens that begin with its key end: `[at, ends[at])` is its part of the trie. */
  get ends(): Int32Array {
    this.#ends ??= this.#walk();
    return this.#ends;
  }

  #walk(): Int32Array {
    const ends = new Int32Array(this.#keys.length).fill(this.#keys.length);
    const above: number[] = [];
    for (const [at, key] of this.#keys.entries()) {
      while (above.length && !key.startsWith(this.#keys[above.at(-1) as number] as Bytes)) {
        ends[above.pop() as number] = at;
      }
      above.push(at);
    }
    return ends;
  }

  /** Where the tokens are whose keys begin with `start`. */
  range(start: Bytes): Places {
    const low = this.first(start);
    let end = start.length;
    while (end && start.charCodeAt(end - 1) === 0xff) end--;
    if (!end) return [low, this.#keys.length];
    return [low, this.first(start.slice(0, end - 1) + String.fromCharCode(start.charCodeAt(end - 1) + 1))];
  }

  /** Place of the first token whose key is not below `key`. */
  first(key: Bytes): number {
    return placeOf(this.#keys, key);
  }

  /** Places of the tokens with this key. */
  equal(key: Bytes): Places {
    return this.#equal.get(key) ?? NOWHERE;
  }

  /** Place of the longest token whose key `text` begins with, the last of equals; -1 if there is none. */
  deepest(text: Bytes): number {
    let found = this.#deepest.get(text);
    if (found === undefined) {
      found = -1;
      for (let size = Math.min(text.length, this.#longest); size && found < 0; size--) {
        found = this.equal(text.slice(0, size))[1] - 1;
      }
      if (this.#deepest.size >= REMEMBERED) this.#deepest.clear();
      this.#deepest.set(text, found);
    }
    return found;
  }
}

/** Final and open tokens, and what the open tokens of scripts without spaces end. */
export class Vocabulary {
  readonly finals: Index;
  readonly opens: Index;
  readonly #unitEnds = new Map<Bytes, Int32Array>();

  /**
   * @param tokenBytes what each token spells, by id; nothing for the end of text, id 0.
   * @param finals how many tokens are final: ids 1 to `finals`.
   * @param fold whether letters match those of either case.
   */
  constructor(
    readonly tokenBytes: readonly Bytes[],
    finals: number,
    readonly fold: boolean,
  ) {
    const keys = fold ? tokenBytes.map(folded) : tokenBytes;
    this.finals = new Index(1, keys.slice(1, finals + 1));
    this.opens = new Index(finals + 1, keys.slice(finals + 1));
  }

  /** How `spelled` is looked up. */
  key(spelled: Bytes): Bytes {
    return this.fold ? folded(spelled) : spelled;
  }

  /** What `spelled` shares with the words that differ from it in case alone. */
  form(spelled: Bytes): Bytes {
    return this.fold ? lowered(spelled) : spelled;
  }

  /** Whether a word ends with a token. */
  isFinal(token: number): boolean {
    return token <= this.finals.ids.length;
  }

  /** The place of an open token among the open ones. */
  place(token: number): number {
    const [low, high] = this.opens.equal(this.key(this.tokenBytes[token] as Bytes));
    return low + this.opens.ids.subarray(low, high).indexOf(token);
  }

  /** Ids of the tokens that, after `before`, spell just `rest` and end a word: a final one, or of a unit an open one. */
  spelling(before: Bytes, rest: Bytes): number[] {
    const key = this.key(rest);
    const finals = this.finals.ids.subarray(...this.finals.equal(key));
    const ends = this.unitEnds(halfCharacter(before));
    const [low, high] = this.opens.equal(key);
    const units = ends.filter((place) => low <= place && place < high).map((place) => this.opens.ids[place] as number);
    return [...finals, ...units].filter((id) => this.tokenBytes[id] === rest);
  }

  /** Places of the open tokens that spell a part, not all, of the letters still to be typed. */
  inner(rest: Bytes): number[] {
    const places: number[] = [];
    for (let size = 1; size < rest.length; size++) {
      const [low, high] = this.opens.equal(rest.slice(0, size));
      for (let at = low; at < high; at++) places.push(at);
    }
    return places;
  }

  /**
   * The open tokens that, after half a character `tail` (or nothing), end a unit of a script without spaces.
   *
   * Their places, in order: they end with a whole character of such a script.
   */
  unitEnds(tail: Bytes): Int32Array {
    let ends = this.#unitEnds.get(tail);
    if (!ends) {
      const [low, high] = tail ? [this.opens.first("\x80"), this.opens.first("\xc0")] : [0, this.opens.ids.length];
      const places: number[] = [];
      for (let at = low; at < high; at++) {
        const token = this.tokenBytes[this.opens.ids[at] as number] as Bytes;
        if (token.charCodeAt(token.length - 1) >= 0x80 && endsUnspaced(tail + token)) places.push(at);
      }
      ends = Int32Array.from(places);
      if (this.#unitEnds.size >= 256) this.#unitEnds.clear();
      this.#unitEnds.set(tail, ends);
    }
    return ends;
  }
}

/** The bytes at the end of `spelled` that are not yet a whole character of UTF-8. */
export function halfCharacter(spelled: Bytes): Bytes {
  for (let size = 1; size <= Math.min(4, spelled.length); size++) {
    const byte = spelled.charCodeAt(spelled.length - size);
    if (byte >= 0xc0) return size < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? spelled.slice(-size) : "";
    if (byte < 0x80) return "";
  }
  return "";
}

/** Which of two comes first in the order of their bytes: negative, 0 or positive. */
export function compare(one: Bytes, other: Bytes): number {
  return one < other ? -1 : Number(one > other);
}

/** Place of the first of `keys`, which are in order, that is not below `key`. */
export function placeOf(keys: readonly Bytes[], key: Bytes): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as Bytes) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function endsUnspaced(spelled: Bytes): boolean {
  const last = [...(toText(spelled) ?? "")].at(-1);
  return last !== undefined && isUnspaced(last);
}
