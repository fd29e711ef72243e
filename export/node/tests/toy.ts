/** A model whose rows are drawn from the tokens read; words end soon, so that all spellings can be added up. */
import type { Bytes } from "../../web/src/core/bytes.js";
import type { Steps } from "../../web/src/core/rows.js";

const LEAST = 2e-6; // of a spelling that is added up

export class Toy implements Steps {
  readonly tokenBytes: readonly Bytes[];
  readonly finals: number;
  readonly #histories: number[][] = [[]];

  constructor(
    finals: readonly Bytes[],
    opens: readonly Bytes[],
    private readonly seed: number,
  ) {
    this.tokenBytes = ["", ...[...new Set(finals)].sort(), ...[...new Set(opens)].sort()];
    this.finals = new Set(finals).size;
  }

  /** One with some of `spelled`. */
  static of(spelled: readonly Bytes[], random: () => number): Toy {
    const some = () =>
      Array.from(
        { length: 3 + Math.floor(random() * 10) },
        () => spelled[Math.floor(random() * spelled.length)] as Bytes,
      );
    return new Toy(some(), some(), Math.floor(random() * 1e6));
  }

  async step(tokens: readonly number[], states: readonly Float32Array[]) {
    return tokens.map((token, at) => {
      const [number = 0] = states[at] ?? [];
      const history = [...(this.#histories[number] ?? []), token];
      this.#histories.push(history);
      return { row: this.#row(history), state: Float32Array.of(this.#histories.length - 1) };
    });
  }

  /** Greedy, longest first; nothing where that does not go through. */
  spell(text: Bytes): number[] {
    const ids: number[] = [];
    for (let at = 0; at < text.length; ) {
      const fits = [...this.tokenBytes.keys()].filter((id) => id > this.finals && text.startsWith(this.#bytes(id), at));
      if (!fits.length) return [];
      ids.push(fits.reduce((best, id) => (this.#bytes(id).length > this.#bytes(best).length ? id : best)));
      at += this.#bytes(ids.at(-1) as number).length;
    }
    return ids;
  }

  /** Every word whose bytes begin with `typed`, and the mass of all its spellings. */
  words(typed: Bytes): Map<Bytes, number> {
    const masses = new Map<Bytes, number>();
    this.#visit(typed, (spelled, mass, isWord) => {
      if (isWord && spelled.startsWith(typed)) masses.set(spelled, (masses.get(spelled) ?? 0) + mass);
    });
    return masses;
  }

  /** The mass of all token sequences whose bytes begin with `typed`. */
  agreeing(typed: Bytes): number {
    let total = 0;
    this.#visit(typed, (spelled, mass, isWord, before) => {
      if (spelled.startsWith(typed) && (isWord || spelled.length >= typed.length) && before.length < typed.length) {
        total += mass;
      }
    });
    return total;
  }

  #visit(typed: Bytes, tell: (spelled: Bytes, mass: number, isWord: boolean, before: Bytes) => void): void {
    const waiting = [{ history: [0], before: "", mass: 1 }];
    for (let at = waiting.pop(); at; at = waiting.pop()) {
      const row = this.#row(at.history);
      for (let token = 1; token < row.length; token++) {
        const [spelled, mass] = [at.before + this.#bytes(token), at.mass * (row[token] as number)];
        if (!spelled.startsWith(typed) && !typed.startsWith(spelled)) continue;
        tell(spelled, mass, token <= this.finals, at.before);
        if (token > this.finals && mass > LEAST)
          waiting.push({ history: [...at.history, token], before: spelled, mass });
      }
    }
  }

  #bytes(token: number): Bytes {
    return this.tokenBytes[token] as Bytes;
  }

  #row(history: readonly number[]): Float32Array {
    const random = drawn(history.reduce((hash, token) => Math.imul(hash ^ (token + 1), 0x01000193), this.seed));
    const row = Float64Array.from(this.tokenBytes, () => Math.exp(2 * normal(random)));
    const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
    const opens = row.subarray(this.finals + 1);
    const scale = (0.4 * total(row.subarray(0, this.finals + 1))) / total(opens);
    for (let at = 0; at < opens.length; at++) (opens[at] as number) *= scale;
    const whole = total(row);
    return Float32Array.from(row, (value) => value / whole);
  }
}

/** Numbers between 0 and 1 that are the same each time (mulberry32). */
export function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
