/** Decaying counts of words after histories, in memory. */

/** Words after which a count is worth half. */
export const HALF_LIFE = 800;

/** A count below is forgotten. */
export const LEAST = 0.02;

/** How many words the shorter history may be worth, at a history of 0, 1 and 2 units. */
export const STRENGTHS = [
  [500, 3000, 20_000],
  [8, 40, 400],
  [2, 10, 100],
] as const;

/** The weights of the strengths of each size, each of which sum to 1. */
export type Weights = readonly (readonly number[])[];

/** All strengths alike. */
export const EVEN: Weights = STRENGTHS.map((strengths) => strengths.map(() => 1 / strengths.length));

/** A word after a history, learnt on a day, and its score; undefined where it is forgotten. */
export interface Entry<Score = number> {
  readonly history: string;
  readonly word: string;
  /** As "2026-11-01". */
  readonly day: string;
  /** log2 of the count plus the clock in half-lives, which does not change while nobody uses the word. */
  readonly score: Score;
}

/** What a count is worth `words` later, or before: 1 now. */
export function decayed(words: number): number {
  return 2 ** Math.min(words / HALF_LIFE, 60);
}

/** The scores of all that one person wrote, and what has changed since they were last kept. */
export class Counts implements Iterable<Entry> {
  /** Words learnt so far. */
  clock = 0;
  /** How much each strength is believed. */
  weights = EVEN;
  /** Another one after each change. */
  edition = 0;
  #size = 0; // bytes
  #scores = new Map<string, Map<string, Map<string, number>>>(); // history → word → day → score
  #changes = new Map<string, Entry<number | undefined>>(); // by history, word and day
  #isCleared = false;

  *[Symbol.iterator](): Iterator<Entry> {
    for (const [history, words] of this.#scores) {
      for (const [word, days] of words) for (const [day, score] of days) yield { history, word, day, score };
    }
  }

  /** The words after a history, and their counts of all days. */
  *after(history: string): Iterable<[word: string, count: number]> {
    for (const [word, days] of this.#scores.get(history) ?? []) {
      let count = 0;
      for (const score of days.values()) count += this.now(score);
      yield [word, count];
    }
  }

  /** The count of a score. */
  now(score: number): number {
    return decayed(HALF_LIFE * score - this.clock);
  }

  /** Count a word `weight` times more on a day. */
  add(history: string, word: string, weight: number, day: string): void {
    const score = this.#scores.get(history)?.get(word)?.get(day);
    const count = weight + (score === undefined ? 0 : this.now(score));
    if (count >= LEAST) this.#keep({ history, word, day, score: this.#scoreOf(count) });
  }

  /** Take a count of a word back, from the last day that has it first. */
  take(history: string, word: string, weight: number): void {
    const days = [...(this.#scores.get(history)?.get(word) ?? [])].sort(([one], [other]) => (one < other ? 1 : -1));
    let rest = weight;
    for (const [day, score] of days) {
      const left = this.now(score) - rest;
      if (left >= LEAST) this.#keep({ history, word, day, score: this.#scoreOf(left) });
      else this.delete({ history, word, day });
      rest = -left;
      if (rest < LEAST) return;
    }
  }

  delete({ history, word, day }: Omit<Entry, "score">): void {
    const words = this.#scores.get(history);
    const days = words?.get(word);
    if (!words || !days?.delete(day)) return;
    if (!days.size) words.delete(word);
    if (!words.size) this.#scores.delete(history);
    this.#size -= sizeOf(history, word, day);
    this.#changes.set(nameOf(history, word, day), { history, word, day, score: undefined });
  }

  /** Forget everything; return how many grams there were. */
  clear(): number {
    const { length } = [...this];
    this.replace(0, []);
    this.#isCleared = true;
    return length;
  }

  /** Drop a tenth of the grams, the oldest and least used, while they take more than so many bytes. */
  prune(most: number): void {
    while (this.#size > most) {
      const sorted = [...this].sort((one, other) => one.score - other.score);
      for (const entry of sorted.slice(0, Math.floor(sorted.length / 10) + 1)) this.delete(entry);
    }
  }

  /** Put what was read from a store in the place of all this. */
  replace(clock: number, entries: readonly Entry[], weights = EVEN): void {
    this.clock = clock;
    this.weights = weights;
    this.#scores = new Map();
    this.#size = 0;
    for (const entry of entries) this.#keep(entry);
    this.#changes = new Map();
    this.#isCleared = false;
  }

  /** What has changed since this was called last: whether all was forgotten, and what came after. */
  changes(): { isCleared: boolean; entries: Iterable<Entry<number | undefined>> } {
    const made = { isCleared: this.#isCleared, entries: this.#changes.values() };
    this.#isCleared = false;
    this.#changes = new Map();
    return made;
  }

  #scoreOf(count: number): number {
    return Math.log2(count) + this.clock / HALF_LIFE;
  }

  #keep(entry: Entry): void {
    const { history, word, day, score } = entry;
    const words = this.#scores.get(history) ?? new Map<string, Map<string, number>>();
    const days = words.get(word) ?? new Map<string, number>();
    if (!days.has(day)) this.#size += sizeOf(history, word, day);
    this.#scores.set(history, words.set(word, days.set(day, score)));
    this.#changes.set(nameOf(history, word, day), entry);
  }
}

function nameOf(history: string, word: string, day: string): string {
  return `${day} ${history.length} ${history}${word}`;
}

function sizeOf(history: string, word: string, day: string): number {
  return 2 * (history.length + word.length + day.length) + 16; // UTF-16, a number, and what separates them
}
