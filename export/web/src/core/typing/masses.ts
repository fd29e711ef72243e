/** What is weighed in the search over what was typed: open tokens, words, what words may miss along their bytes. */
import type { Bytes } from "../bytes.js";
import type { Node } from "../rows.js";
import { compare } from "../vocabulary.js";
import { mostOf, type Reached } from "./channel.js";

const MOST = 100; // tokens of one level that are weighed one by one, the most promising ones

/** An open token that was not read, or a final one which a second word may follow. */
export interface Open {
  /** After which it stands. */
  readonly node: Node;
  readonly token: number;
  /** P(its tokens | context), out of the scale. */
  readonly mass: number;
  /** The likelihood that its words have at least. */
  readonly sure: number;
  /** And the most that they may have beside. */
  readonly open: number;
  /** What they may rather have beside. */
  readonly promise: number;
  /** Of the walk that reached it. */
  readonly level: Reached;
  /** Among the nodes of that level. */
  readonly place: number;
  /** Whether the walk ended before it, for all that followed had the same likelihood. */
  readonly isDeeper: boolean;
  /** Whether it is final. */
  readonly ends: boolean;
}

/** A word found: its mass, and the best of its spellings. */
export interface Word {
  mass: number;
  best: number;
  tokens: readonly number[];
}

/** Masses that words may have been denied, by the bytes that such words begin with. */
export class Missing {
  readonly #masses: Map<Bytes, number>;

  constructor(others?: Missing) {
    this.#masses = new Map(others?.entries);
  }

  get entries(): ReadonlyMap<Bytes, number> {
    return this.#masses;
  }

  add(start: Bytes, mass: number): void {
    this.#masses.set(start, (this.#masses.get(start) ?? 0) + mass);
  }

  /** What lies on the path of a word. */
  along(word: Bytes): number {
    let total = 0;
    for (let size = 0; size <= word.length; size++) total += this.#masses.get(word.slice(0, size)) ?? 0;
    return total;
  }

  /** The most that lies on any path. */
  most(): number {
    let most = 0;
    const path: [start: Bytes, mass: number][] = [];
    for (const start of [...this.#masses.keys()].sort(compare)) {
      while (path.length && !start.startsWith((path.at(-1) as [Bytes, number])[0])) path.pop();
      const mass = (path.at(-1)?.[1] ?? 0) + (this.#masses.get(start) as number);
      path.push([start, mass]);
      most = Math.max(most, mass);
    }
    return most;
  }
}

/** The masses of a trie's strings in their order, and the same added up from 0 on. */
export class Weights {
  readonly masses: Float64Array;
  readonly summed: Float64Array;

  constructor(readonly size: number) {
    this.masses = new Float64Array(size);
    this.summed = new Float64Array(size + 1);
  }

  /** Fill them with what each place has, times a unit. A loop: mapping a typed array takes thirty times as long. */
  fill(unit: number, shares: Float32Array | Float64Array, places?: Int32Array): this {
    let total = 0;
    for (let at = 0; at < this.size; at++) {
      const mass = (shares[places ? (places[at] as number) : at] as number) * unit;
      this.masses[at] = mass;
      total += mass;
      this.summed[at + 1] = total;
    }
    return this;
  }
}

/** Which tokens of a level are weighed one by one; `lost` is raised to what the others may cost a word. */
export function heaviestOf(bounds: readonly number[], promises: readonly number[], lost: Float64Array): Int32Array {
  const all = Int32Array.from(bounds.keys());
  return all.length > MOST ? mostOf(all, Float64Array.from(promises), MOST, bounds, lost) : all;
}
