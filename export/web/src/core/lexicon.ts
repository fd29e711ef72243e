/**
 * The pieces as a trie, and what each can do to the word being spelled: `wordgru/lexicon.py` in TypeScript.
 *
 * Ids are in byte order, so the pieces that begin with given bytes are one range of ids, and the longest piece that
 * begins a piece is its parent in a trie.
 */
import { type Bytes, lowerBound, rangeOf, toBytes, toText, toWholeText } from "./bytes.js";
import { INNER, kind } from "./words.js";

/** How far a word is when the next piece comes. */
export type Stage = "gap" | "start" | "letters" | "unspaced";

/** The piece ends the word before it, spells on, leaves it undecided, or ends it within itself. */
export const [ENDS, SPELLS, DEFERS, CLOSES] = [0, 1, 2, 3] as const;
export type Effect = typeof ENDS | typeof SPELLS | typeof DEFERS | typeof CLOSES;

/** One piece read by a word: its effect, the stage after it, the bytes added to the word, the undecided rest. */
export interface Step {
  readonly effect: Effect;
  readonly stage: Stage;
  readonly word: Bytes;
  readonly tail: Bytes;
}

/** Read `data`, the undecided bytes so far and the next piece together, at `stage`. */
export function read(stage: Stage, data: Bytes): Step {
  if (stage === "gap") {
    if (!data.startsWith(" ")) return step(ENDS, stage);
    return data.length > 1 ? read("start", data.slice(1)) : step(SPELLS, "start");
  }
  const [text, rest] = toWholeText(data);
  const chars = [...text];
  if (stage === "start") {
    if (!chars.length) return step(DEFERS, stage, "", rest);
    const what = kind(chars[0] as string);
    if (what === "unspaced") return readUnspaced(chars, rest, 1);
    return what === "letter" ? readLetters(chars, rest, 1) : step(ENDS, stage);
  }
  return stage === "unspaced" ? readUnspaced(chars, rest, 0) : readLetters(chars, rest, 0);
}

/** Read on inside a word of which the first `end` characters are known to be part. */
function readLetters(chars: string[], rest: Bytes, end: number): Step {
  for (; end < chars.length; end++) {
    const what = kind(chars[end] as string);
    if (what === "letter" || what === "combining") continue;
    if (what !== "inner") return ended("letters", chars, end);
    if (end + 1 === chars.length) break; // what follows decides
    if (kind(chars[end + 1] as string) !== "letter") return ended("letters", chars, end);
    end++;
  }
  const tail = join(chars, end, chars.length) + rest;
  return step(tail ? DEFERS : SPELLS, "letters", join(chars, 0, end), tail);
}

/** Read a unit of a script without spaces: it ends where a piece ends with a whole character. */
function readUnspaced(chars: string[], rest: Bytes, end: number): Step {
  while (end < chars.length && kind(chars[end] as string) === "unspaced") end++;
  if (end < chars.length) return ended("unspaced", chars, end);
  return step(rest ? DEFERS : CLOSES, "unspaced", join(chars, 0, end), rest);
}

function ended(stage: Stage, chars: string[], end: number): Step {
  return step(end ? CLOSES : ENDS, stage, join(chars, 0, end));
}

function join(chars: string[], start: number, end: number): Bytes {
  return toBytes(chars.slice(start, end).join(""));
}

function step(effect: Effect, stage: Stage, word: Bytes = "", tail: Bytes = ""): Step {
  return { effect, stage, word, tail };
}

/** What `read` answers for most pieces of ASCII, several times as fast: [spells, ends]. */
const WORD = "[0-9A-Za-z]+(?:['-][0-9A-Za-z]+)*";
const OTHER = "[\\x00-/:-@\\[-`{-\\x7f]";
const AT_START = [new RegExp(`^${WORD}$`), new RegExp(`^${OTHER}`)] as const;
const IN_GAP = [new RegExp(`^ ${WORD}$`), new RegExp(`^(?! )|^ ${OTHER}`)] as const;
const IN_LETTERS = [AT_START[0], /^[\x00-&(-,./:-@[-`{-\x7f]/] as const;

function quick(stage: Stage, tail: Bytes): readonly [RegExp, RegExp] | undefined {
  if (!tail) return { gap: IN_GAP, start: AT_START, letters: IN_LETTERS, unspaced: undefined }[stage];
  return stage === "letters" && INNER.includes(toText(tail)) ? AT_START : undefined;
}

/** The effect of every piece on a word at one stage with one undecided tail. */
export class Table {
  /** (V,) `Effect` of each piece. */
  readonly effects: Uint8Array;
  /**
   * For a stem (what surely belongs to the word after tail and piece): the pieces that leave the word undecided right
   * after that stem, or close it there before their own end.
   */
  readonly deferring = new Map<Bytes, number[]>();
  readonly #stems: readonly (readonly number[])[]; // those of several pieces
  readonly #runs: Int32Array; // the first piece that does not end the word, the next that does, and so on

  constructor(pieces: readonly Bytes[], stage: Stage, tail: Bytes) {
    this.effects = new Uint8Array(pieces.length);
    const [spells, ends] = quick(stage, tail) ?? [];
    const partial = toWholeText(tail)[1] !== "";
    for (let id = 1; id < pieces.length; id++) {
      const piece = pieces[id] as Bytes;
      if (spells?.test(piece)) this.effects[id] = SPELLS;
      else if (ends?.test(piece)) this.effects[id] = ENDS;
      else if (!partial || (piece >= "\x80" && piece < "\xc0")) this.#read(id, piece, stage, tail);
      // else half a character and no other half: the word has ended
    }
    this.#runs = runsOf(this.effects);
    this.#stems = [...this.deferring].filter(([stem, ids]) => stem && ids.length > 1).map(([, ids]) => ids);
  }

  #read(id: number, piece: Bytes, stage: Stage, tail: Bytes): void {
    const { effect, word } = read(stage, tail + piece);
    this.effects[id] = effect;
    const undecided = effect === DEFERS && (word !== "" || stage === "letters" || stage === "unspaced");
    const whole = tail.length + piece.length - (stage === "gap" ? 1 : 0);
    if (!undecided && !(effect === CLOSES && word.length < whole)) return;
    const ids = this.deferring.get(word);
    if (ids) ids.push(id);
    else this.deferring.set(word, [id]);
  }

  /** The sum of those of `probabilities` whose pieces do not end the word.  # (V,) */
  spelled(probabilities: Float32Array): number {
    let sum = 0;
    for (let run = 0; run < this.#runs.length; run += 2) {
      const end = this.#runs[run + 1] as number;
      for (let id = this.#runs[run] as number; id < end; id++) sum += probabilities[id] as number;
    }
    return sum;
  }

  /** The masses of the pieces from `low` on, `probabilities` times `mass`; 0 where they end the word.  # (N,) to (N,) */
  weighed(probabilities: Float32Array, low: number, mass: number): Float32Array {
    const masses = new Float32Array(probabilities.length);
    for (let run = 0; run < this.#runs.length; run += 2) {
      const end = Math.min((this.#runs[run + 1] as number) - low, masses.length);
      for (let at = Math.max((this.#runs[run] as number) - low, 0); at < end; at++) {
        masses[at] = (probabilities[at] as number) * mass;
      }
    }
    return masses;
  }

  /**
   * `masses` of the pieces from `low` on, each deferring piece standing for all those of its stem: they may end in the
   * same new word. Without a stem it is the word before the piece, which is no new one.  # (N,) to (N,)
   */
  grouped(masses: Float32Array, low: number): Float32Array {
    let together = masses;
    for (const stem of this.#stems) {
      let sum = 0;
      for (const id of stem) sum += masses[id - low] ?? 0;
      if (!sum) continue;
      if (together === masses) together = masses.slice();
      for (const id of stem) if (id >= low && id - low < masses.length) together[id - low] = sum;
    }
    return together;
  }
}

/** The pieces that agree with a text. */
export interface Agreeing {
  /** Those that begin with it: a range of ids, or ids one by one. */
  readonly passing: { readonly low: number; readonly high: number } | readonly number[];
  /** Those that are a proper beginning of it. */
  readonly inside: readonly number[];
}

/** The pieces of a tokenizer as a trie. Immutable but for what it remembers. */
export class Lexicon {
  /** The longest piece that properly begins each piece, or 0.  # (V,) */
  readonly parents: Int32Array;
  /** The first piece that each piece does not begin, of those after it.  # (V,) */
  readonly stops: Int32Array;
  /** The most pieces on one path. */
  readonly depth: number;
  readonly #ids: ReadonlyMap<Bytes, number>;
  readonly #longest: number;
  readonly #tables = new Map<string, Table>();
  readonly #ranges = new Map<Bytes, readonly [number, number]>();
  readonly #beginnings = new Map<Bytes, readonly number[]>();
  #folded: { order: number[]; pieces: Bytes[] } | undefined;

  /** @param pieces the bytes of each piece by id, in byte order, the end of text (no bytes) first. */
  constructor(readonly pieces: readonly Bytes[]) {
    this.#ids = new Map(pieces.map((piece, id): [Bytes, number] => [piece, id]).slice(1));
    this.#longest = pieces.reduce((most, piece) => Math.max(most, piece.length), 0);
    [this.parents, this.stops, this.depth] = trieOf(pieces);
  }

  /** The effects of the pieces at `stage` after the undecided bytes `tail`. */
  table(stage: Stage, tail: Bytes): Table {
    return remember(this.#tables, `${stage} ${tail}`, 256, () => new Table(this.pieces, stage, tail));
  }

  /** The range of ids whose pieces begin with `start`; all but the end of text for none. */
  extending(start: Bytes): readonly [low: number, high: number] {
    if (!start) return [1, this.pieces.length];
    return remember(this.#ranges, start, 16384, () => rangeOf(this.pieces, start));
  }

  /** The pieces that `text` begins with, shortest first. */
  beginning(text: Bytes): readonly number[] {
    return remember(this.#beginnings, text, 16384, () => {
      const ids: number[] = [];
      const most = Math.min(text.length, this.#longest);
      for (let size = 1; size <= most; size++) {
        const id = this.#ids.get(text.slice(0, size));
        if (id !== undefined) ids.push(id);
      }
      return ids;
    });
  }

  /** The pieces that agree with `text`; if `folds`, in letters of either case, `text` being folded. */
  agreeing(text: Bytes, folds: boolean): Agreeing {
    if (!folds || !text) {
      const [low, high] = this.extending(text);
      return { passing: { low, high }, inside: this.beginning(text.slice(0, -1)) };
    }
    this.#folded ??= foldedOrder(this.pieces);
    const { order, pieces } = this.#folded;
    const [low, high] = rangeOf(pieces, text);
    const inside: number[] = [];
    for (let size = 1; size < text.length; size++) {
      const start = text.slice(0, size);
      for (let at = lowerBound(pieces, start); pieces[at] === start; at++) inside.push(order[at] as number);
    }
    return { passing: order.slice(low, high), inside };
  }
}

/** `data` in lower case; of half a character only the ASCII letters. */
export function fold(data: Bytes): Bytes {
  const text = toText(data);
  return text.includes("\ufffd")
    ? data.replace(/[A-Z]/g, (char) => char.toLowerCase())
    : toBytes(Array.from(text, (char) => char.toLowerCase()).join(""));
}

/** The first of `effects` that does not end the word, the next that does, and so on. */
function runsOf(effects: Uint8Array): Int32Array {
  const bounds: number[] = [];
  for (let id = 0; id < effects.length; id++) if ((effects[id] !== ENDS) !== bounds.length % 2 > 0) bounds.push(id);
  if (bounds.length % 2) bounds.push(effects.length);
  return Int32Array.from(bounds);
}

/** The parent of each piece, the piece after the last that it begins, and the most pieces on one path. */
function trieOf(pieces: readonly Bytes[]): [parents: Int32Array, stops: Int32Array, depth: number] {
  const parents = new Int32Array(pieces.length);
  const stops = new Int32Array(pieces.length).fill(pieces.length);
  stops[0] = 1;
  let depth = 1;
  const path: number[] = []; // the piece before, and all that begin it
  for (let id = 1; id < pieces.length; id++) {
    const piece = pieces[id] as Bytes;
    while (path.length && !piece.startsWith(pieces[path.at(-1) as number] as Bytes)) stops[path.pop() as number] = id;
    parents[id] = path.at(-1) ?? 0;
    path.push(id);
    depth = Math.max(depth, path.length);
  }
  return [parents, stops, depth];
}

function foldedOrder(pieces: readonly Bytes[]): { order: number[]; pieces: Bytes[] } {
  const folded = pieces.map(fold);
  const order = pieces.map((_, id) => id).slice(1);
  const less = (a: number, b: number) => (folded[a] as Bytes) < (folded[b] as Bytes);
  order.sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : a - b));
  return { order, pieces: order.map((id) => folded[id] as Bytes) };
}

/** What `memo` holds at `key`, made if need be; the oldest entry goes when there are more than `most`. */
export function remember<K, V>(memo: Map<K, V>, key: K, most: number, make: () => V): V {
  let value = memo.get(key);
  if (value === undefined) {
    value = make();
    memo.set(key, value);
    if (memo.size > most) memo.delete(memo.keys().next().value as K);
  }
  return value;
}
