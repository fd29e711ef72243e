/** Open pieces that may be expanded next, and which of them are the heaviest. */
import type { Spelling } from "./spelling.js";

const FAR = 0.02; // of the largest: what is lighter is far below it

/** An open piece of a spelling, and its mass. */
export interface Pick {
  readonly spelling: Spelling;
  readonly id: number;
  readonly mass: number;
}

/** Picks in the order in which they came, each open piece once. */
export class Picks implements Iterable<Pick> {
  readonly #picks = new Map<number, Pick>();

  constructor(picks: readonly Pick[] = []) {
    this.add(picks);
  }

  get size(): number {
    return this.#picks.size;
  }

  add(picks: readonly Pick[]): void {
    for (const pick of picks) if (!this.has(pick)) this.#picks.set(key(pick), pick);
  }

  has(pick: Pick): boolean {
    return this.#picks.has(key(pick));
  }

  [Symbol.iterator](): Iterator<Pick> {
    return this.#picks.values();
  }
}

/** One number for a spelling and a piece: a vocabulary has less than 2²⁴. */
function key({ spelling, id }: Pick): number {
  return spelling.serial * 2 ** 24 + id;
}

/** All of `picks`, the heaviest first. */
export function heaviest(picks: Iterable<Pick>): Pick[] {
  return [...picks].sort((one, other) => other.mass - one.mass);
}

/** The heaviest of `picks`, so many that the others sum to no more than `allowed`. */
export function enough(picks: readonly Pick[], allowed: number): Pick[] {
  let rest = picks.reduce((sum, { mass }) => sum + mass, 0);
  if (rest <= allowed) return [];
  const kept: Pick[] = [];
  for (const pick of heaviest(picks)) {
    kept.push(pick);
    rest -= pick.mass;
    if (rest <= allowed) break;
  }
  return kept;
}

/** Where the largest of `values` are: `wanted` at most, and none far below the largest of all. */
export function largest(values: Float32Array, wanted: number): readonly number[] {
  const at: number[] = [];
  const least = values.length > wanted ? FAR * maximum(values) : Number.NEGATIVE_INFINITY;
  for (let place = 0; place < values.length; place++) if ((values[place] as number) > least) at.push(place);
  return at.length > wanted ? largestOf(values, at, wanted) : at;
}

/** The same of the places `at`. */
export function largestOf(values: Float32Array, at: readonly number[], wanted: number): readonly number[] {
  if (at.length <= wanted) return at;
  const least = FAR * at.reduce((most, place) => Math.max(most, values[place] as number), 0);
  const best = at.filter((place) => (values[place] as number) > least); // far cheaper than to sort a vocabulary
  return best.sort((one, other) => (values[other] as number) - (values[one] as number)).slice(0, wanted);
}

function maximum(values: Float32Array): number {
  let most = 0;
  for (let at = 0; at < values.length; at++) if ((values[at] as number) > most) most = values[at] as number;
  return most;
}
