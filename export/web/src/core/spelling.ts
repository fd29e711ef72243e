/**
 * One spelling of a word, with all that is open after it: the first half of `wordgru/spellings.py` in TypeScript.
 *
 * A spelling is a row of pieces that was given to the model. The pieces that may follow it are *open* until they are
 * expanded in turn; the mass of an open piece may reach any word that begins with what it spells. A letter typed takes
 * away what does not agree with it and leaves the rest as it is.
 */
import type { Bytes } from "./bytes.js";
import type { Expansion, State } from "./expander.js";
import { DEFERS, ENDS, type Lexicon, type Stage, type Table } from "./lexicon.js";
import { Paths } from "./paths.js";
import { largest, type Pick } from "./picks.js";

const FEW = 256; // pieces that are all looked at
const LIGHT = 0.02; // of what a path must weigh to matter: what the light pieces on it may weigh unseen

/** What is known of a spelling before the model has read it. */
export type Begun = Readonly<{
  [Name in "ids" | "spelled" | "matched" | "word" | "tail" | "stage" | "left" | "mass"]: Spelling[Name];
}>;

/** A spelling that was expanded, and the masses of its next pieces that are still open. */
export class Spelling {
  static #count = 0;
  readonly serial = Spelling.#count++;
  /** Its pieces, and their bytes. */
  readonly ids: readonly number[];
  readonly spelled: Bytes;
  /** The same, in lower case if the case of letters typed is ignored. */
  readonly matched: Bytes;
  /** What surely belongs to the word, and the undecided bytes after that. */
  readonly word: Bytes;
  readonly tail: Bytes;
  readonly stage: Stage;
  /** P(these pieces | context). */
  readonly mass: number;
  /** The model's state after the pieces. */
  readonly state: State;
  /** What must still be spelled of the gap and the letters typed. */
  left: Bytes = "";
  /** The masses of the open pieces that spell a part of `left`, and all of these together. */
  readonly inside = new Map<number, number>();
  held = 0;
  /** The mass of all pieces that spell all of `left`, open or not; of no use without `left`. */
  agreeing = 0;
  /** The mass of all open pieces. */
  total = 0;

  readonly #table: Table;
  #low = 0;
  #row: Float32Array; // P(next piece) of the pieces from `low` on: those that spell all of `left`, and maybe more
  #open: Float32Array | undefined; // their masses, made when first looked at, for most are not
  #paths: Paths | undefined;
  readonly #missing = new Map<Bytes, number>();

  constructor(begun: Begun, expansion: Expansion, lexicon: Lexicon, folds: boolean) {
    ({ ids: this.ids, spelled: this.spelled, matched: this.matched, mass: this.mass } = begun);
    ({ word: this.word, tail: this.tail, stage: this.stage } = begun);
    this.#table = lexicon.table(begun.stage, begun.tail);
    this.state = expansion.state;
    this.#row = expansion.probabilities;
    if (begun.left || !this.ids.length) this.narrow(begun.left, lexicon, folds);
    else this.total = this.mass * this.#table.spelled(this.#row);
  }

  /** How many probabilities are kept. */
  get size(): number {
    return this.#row.length;
  }

  /** The masses of the open pieces from `low` on.  # (N,) */
  get open(): Float32Array {
    this.#open ??= this.#table.weighed(this.#row, this.#low, this.mass);
    return this.#open;
  }

  /** The first of the pieces in `open`. */
  get low(): number {
    return this.#low;
  }

  /** The mass of an open piece; 0 of any other. */
  weigh(id: number): number {
    const at = id - this.#low;
    if (this.inside.size) {
      const held = this.inside.get(id);
      if (held !== undefined) return held;
    }
    if (at < 0 || at >= this.#row.length) return 0;
    if (this.#open) return this.#open[at] as number;
    return this.#table.effects[id] === ENDS ? 0 : this.mass * (this.#row[at] as number);
  }

  /** An open piece, weighed. */
  pick(id: number): Pick {
    return { spelling: this, id, mass: this.weigh(id) };
  }

  /** The heaviest open pieces, `wanted` at most and those inside, that weigh more than `least`. */
  heaviest(wanted: number, least: number): Pick[] {
    const ids = [...this.inside.keys(), ...largest(this.open, wanted).map((at) => at + this.#low)];
    return ids.map((id) => this.pick(id)).filter(({ mass }) => mass > least);
  }

  /** Take a piece out of what is open; returns its mass. */
  close(id: number, lexicon: Lexicon): number {
    const mass = this.weigh(id);
    this.total -= mass;
    this.#missing.clear();
    if (this.inside.delete(id)) {
      this.#hold();
      return mass;
    }
    this.open[id - this.#low] = 0;
    // the sums of a stem are no longer true
    if (this.#table.effects[id] === DEFERS) this.#paths = undefined;
    else this.#paths?.take(id, mass, lexicon);
    return mass;
  }

  #hold(): void {
    this.held = 0;
    for (const mass of this.inside.values()) this.held += mass;
  }

  /** Keep only what agrees with `left`, which goes on from the former one. */
  narrow(left: Bytes, lexicon: Lexicon, folds: boolean): void {
    const { passing, inside } = lexicon.agreeing(left, folds);
    for (const id of inside) {
      const mass = this.inside.has(id) ? 0 : this.weigh(id);
      if (mass > 0) this.inside.set(id, mass);
    }
    if ("low" in passing) {
      const [from, to] = [passing.low - this.#low, passing.high - this.#low];
      this.#row = this.#row.slice(from, to);
      this.#open = this.#open?.slice(from, to);
      this.#low = passing.low;
    } else {
      [this.#row, this.#open] = [kept(this.#row, passing, this.#low), kept(this.open, passing, this.#low)];
    }
    this.#paths = undefined;
    this.#missing.clear();
    this.left = left;
    this.#hold();
    this.agreeing = this.mass * sum(this.#row);
    this.total = this.held + sum(this.open);
  }

  // -- paths of the trie ---------------------------------------------------------------------------------------

  /** The masses on all paths, so exact that it does not matter beside `least`. */
  paths(lexicon: Lexicon, least: number): Paths {
    const floor = this.#row.length > FEW ? (LIGHT * least) / lexicon.depth : 0;
    if (!this.#paths || this.#paths.floor > floor) {
      // half of it, so that the next, who often asks for a little more, need not make them again
      this.#paths = new Paths(this.#table.grouped(this.open, this.#low), this.#low, floor / 2, lexicon);
    }
    return this.#paths;
  }

  /** The open mass on the heaviest path of all, or a little more. */
  heaviestPath(lexicon: Lexicon, least: number): number {
    const paths = this.paths(lexicon, least);
    return this.held + paths.light + paths.heaviest;
  }

  /** The open mass on the heaviest path that agrees with `rest`, or a little more; the piece at its end, or 0. */
  along(rest: Bytes, lexicon: Lexicon, least: number): [mass: number, end: number] {
    const paths = this.paths(lexicon, least);
    let [mass, end] = [0, 0];
    for (const id of lexicon.beginning(rest)) {
      const own = paths.masses[id - this.#low];
      if (own !== undefined) [mass, end] = [mass + own, id];
    }
    const [heaviest, last] = paths.heaviestTo(...lexicon.extending(rest));
    if (heaviest > mass) [mass, end] = [heaviest, last];
    return [this.held + paths.light + mass, end];
  }

  /** The heaviest open piece on the path to the piece `end`, or where `end` is 0 inside; 0 if there is none. */
  onPath(end: number, lexicon: Lexicon): number {
    let [best, heaviest] = [0, 0];
    for (const [id, mass] of this.inside) if (mass > heaviest) [best, heaviest] = [id, mass];
    for (let id = end; id && id >= this.#low; id = lexicon.parents[id] as number) {
      const mass = this.weigh(id);
      if (mass > heaviest) [best, heaviest] = [id, mass];
    }
    return best;
  }

  /** The mass of the open pieces that may still end in `word`, which begins with `this.word`, or a little more. */
  missing(word: Bytes, lexicon: Lexicon): number {
    let mass = this.#missing.get(word);
    if (mass === undefined) {
      const [path, deferring] = this.#reaching(word, lexicon);
      mass = 0;
      for (const id of path) mass += this.weigh(id);
      for (const id of deferring) mass += this.weigh(id);
      this.#missing.set(word, mass);
    }
    return mass;
  }

  /** These pieces. */
  missingPieces(word: Bytes, lexicon: Lexicon): number[] {
    const [path, deferring] = this.#reaching(word, lexicon);
    return [...path, ...deferring].filter((id) => this.weigh(id) > 0);
  }

  /** The pieces on the path to the rest of `word`, and those that defer at its end. */
  #reaching(word: Bytes, lexicon: Lexicon): [path: readonly number[], deferring: readonly number[]] {
    const rest = word.slice(this.word.length);
    const target = this.stage === "gap" ? ` ${rest}` : rest;
    const path = target.startsWith(this.tail) ? lexicon.beginning(target.slice(this.tail.length)) : [];
    return [path, this.#table.deferring.get(rest) ?? []];
  }
}

function sum(values: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] as number;
  return sum;
}

/** `values` of the pieces from `low` on, 0 where they are not among `ids`. */
function kept(values: Float32Array, ids: readonly number[], low: number): Float32Array {
  const kept = new Float32Array(values.length);
  for (const id of ids) kept[id - low] = values[id - low] as number;
  return kept;
}
