import { ENDS, type Lexicon, type Table } from "./lexicon.js";
import type { LanguageModel } from "./model.js";

/** A state of the model, known by its serial number: the same number, the same state. */
export class State {
  static #count = 0;
  readonly serial = State.#count++;
  /** @param values (layers * hidden) */
  constructor(readonly values: Float32Array) {}
}

/** What the model says after one piece. */
export class Expansion {
  readonly #chains = new Map<Table, Float64Array>();
  readonly #spelling = new Map<Table, number>();
  /**
   * @param probabilities of the next piece.  # (V,)
   * @param state after the piece.
   */
  constructor(
    readonly probabilities: Float32Array,
    readonly state: State,
  ) {}

  /** The probability that the next piece does not end the word. */
  spelling(table: Table): number {
    let sum = this.#spelling.get(table);
    if (sum === undefined) {
      sum = 0;
      const { effects } = table;
      for (let id = 0; id < effects.length; id++) if (effects[id] !== ENDS) sum += this.probabilities[id] as number;
      this.#spelling.set(table, sum);
    }
    return sum;
  }

  /** `Lexicon.chains` of what does not end a word; copy it before you change it.  # (V,) */
  chains(table: Table, lexicon: Lexicon): Float64Array {
    let chains = this.#chains.get(table);
    if (!chains) {
      chains = lexicon.chains(table.grouped(this.probabilities));
      this.#chains.set(table, chains);
    }
    return chains;
  }
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
    const made = answers.map(({ logits, state }) => new Expansion(softmax(logits), new State(state)));
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

/** Probabilities of `logits`. */
export function softmax(logits: Float32Array): Float32Array {
  const count = logits.length;
  let most = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < count; id++) if ((logits[id] as number) > most) most = logits[id] as number;
  const probabilities = new Float32Array(count);
  let sum = 0;
  for (let id = 0; id < count; id++) {
    const value = exp((logits[id] as number) - most);
    probabilities[id] = value;
    sum += value;
  }
  const scale = 1 / sum;
  for (let id = 0; id < count; id++) probabilities[id] = (probabilities[id] as number) * scale;
  return probabilities;
}

const POWERS = Float64Array.from({ length: 151 }, (_, exponent) => 2 ** -exponent);

/** e to the power of `x`, at most 0, to seven digits: half the time of Math.exp, which calls into C. */
function exp(x: number): number {
  const y = x * Math.LOG2E;
  if (!(y > -150)) return 0;
  const whole = Math.round(y);
  const t = (y - whole) * Math.LN2;
  const rest = 1 + t * (1 + t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t / 720)))));
  return rest * (POWERS[-whole] as number);
}
