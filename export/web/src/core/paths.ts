import type { Lexicon } from "./lexicon.js";

/**
 * The open masses of a spelling summed along the paths of the trie: all open pieces that begin one string.
 *
 * All places are from the spelling's `low` on. Most pieces weigh next to nothing: only for those above a floor the path
 * is summed.
 */
export class Paths {
  /** The places of the pieces above the floor, rising.  # (M,) */
  readonly heavy: Int32Array;
  /** The mass on the path to each of them; doubles, for masses are taken off again.  # (M,) */
  readonly sums: Float64Array;
  /** The most that all other pieces on one path weigh. */
  readonly light: number;
  #heaviest: number | undefined;

  /**
   * @param masses of each piece from `low` on; of pieces that may end in the same new word, their sum.  # (N,)
   * @param floor what a heavy piece weighs more than.
   */
  constructor(
    readonly masses: Float32Array,
    readonly low: number,
    readonly floor: number,
    lexicon: Lexicon,
  ) {
    const heavy: number[] = [];
    for (let at = 0; at < masses.length; at++) if ((masses[at] as number) > floor) heavy.push(at);
    this.heavy = Int32Array.from(heavy);
    this.sums = new Float64Array(heavy.length);
    this.light = floor * lexicon.depth;
    for (let index = 0; index < heavy.length; index++) {
      let sum = 0;
      for (let id = (heavy[index] as number) + low; id && id >= low; id = lexicon.parents[id] as number) {
        sum += masses[id - low] as number;
      }
      this.sums[index] = sum;
    }
  }

  /** Take the mass of one piece away. */
  take(id: number, mass: number, lexicon: Lexicon): void {
    const [from, to] = this.#range(id, lexicon.stops[id] as number);
    for (let index = from; index < to; index++) this.sums[index] = (this.sums[index] as number) - mass;
    this.masses[id - this.low] = 0;
    this.#heaviest = undefined;
  }

  /** The mass on the heaviest path. */
  get heaviest(): number {
    this.#heaviest ??= this.sums.reduce((most, sum) => (sum > most ? sum : most), 0);
    return this.#heaviest;
  }

  /** The mass on the heaviest path to one of the pieces from `low` to `high`, and that piece; 0 where there is none. */
  heaviestTo(low: number, high: number): [mass: number, id: number] {
    const [from, to] = this.#range(low, high);
    let [most, best] = [0, 0];
    for (let index = from; index < to; index++) {
      if ((this.sums[index] as number) > most) [most, best] = [this.sums[index] as number, this.heavy[index] as number];
    }
    return most ? [most, best + this.low] : [0, 0];
  }

  /** The places of the heavy pieces whose path weighs more than `least`. */
  over(least: number): number[] {
    const over: number[] = [];
    for (let index = 0; index < this.sums.length; index++) {
      if ((this.sums[index] as number) > least) over.push(this.heavy[index] as number);
    }
    return over;
  }

  /** Where in `heavy` the pieces from `low` to `high` are. */
  #range(low: number, high: number): [from: number, to: number] {
    return [this.#index(low - this.low), this.#index(high - this.low)];
  }

  #index(place: number): number {
    let [low, high] = [0, this.heavy.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.heavy[middle] as number) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
