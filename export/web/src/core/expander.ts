import type { LanguageModel } from "./model.js";

/** A state of the model, known by its serial number: the same number, the same state. */
export class State {
  static #count = 0;
  readonly serial = State.#count++;
  /** @param values (layers * hidden) */
  constructor(readonly values: Float32Array) {}
}

/** What the model says after one piece. */
export interface Expansion {
  /** P(next piece).  # (V,) */
  readonly probabilities: Float32Array;
  /** The state after the piece. */
  readonly state: State;
}

/** A piece read at a state. */
export interface Reading {
  readonly state: State;
  readonly piece: number;
}

/** Expands (state, piece) with few calls of the model, and remembers the latest answers. */
export class Expander {
  readonly #memo = new Map<string, Expansion>();

  /** @param remembered answers kept; each takes about 4 bytes a piece of the vocabulary. */
  constructor(
    private readonly model: LanguageModel,
    private readonly remembered = 128,
  ) {}

  /** The answer for each of `readings`. */
  async expand(readings: readonly Reading[]): Promise<Expansion[]> {
    const found = readings.map((reading) => this.recall(reading));
    const missing = readings.filter((_, at) => !found[at]);
    const answers = missing.length
      ? await this.model.step(
          missing.map((reading) => reading.piece),
          missing.map((reading) => reading.state.values),
        )
      : [];
    const made = answers.map(({ probabilities, state }) => ({ probabilities, state: new State(state) }));
    for (const [at, reading] of missing.entries()) this.#keep(key(reading), made[at] as Expansion);
    const rest = made.values();
    return found.map((expansion) => expansion ?? (rest.next().value as Expansion));
  }

  /** The answer for `reading` if it is remembered. */
  recall(reading: Reading): Expansion | undefined {
    const expansion = this.#memo.get(key(reading));
    if (expansion) this.#keep(key(reading), expansion);
    return expansion;
  }

  #keep(name: string, expansion: Expansion): void {
    this.#memo.delete(name); // so that the latest used come last
    this.#memo.set(name, expansion);
    if (this.#memo.size > this.remembered) this.#memo.delete(this.#memo.keys().next().value as string);
  }
}

function key({ state, piece }: Reading): string {
  return `${state.serial} ${piece}`;
}
