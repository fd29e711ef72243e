/**
 * Exact next-word search over pieces: `wordgru/decoding.py` in TypeScript, with the same proof.
 *
 * The probability of a word is the sum, over every way to spell it in pieces, of the pieces' probability times the
 * probability that the word then ends. All open masses that one word could still get lie on one path of the trie of
 * pieces, so the largest sum over a path bounds every word not yet found. The search ends when no bound exceeds the
 * k-th word.
 */
import { type Bytes, toText } from "./bytes.js";
import type { Expander, Reading } from "./expander.js";
import { Frontier, type Pick, type Source } from "./frontier.js";
import type { Lexicon } from "./lexicon.js";
import type { SearchOptions, Suggestion, Suggestions } from "./suggestions.js";

/** Spellings given to the model in one call at most. */
const BATCH = 8;

/** How light a spelling may be, beside the k-th of a call, to be given to the model with it: a row costs a sixth of a call. */
const WORTH = 0.25;

/** Where a word is searched, and what is known of it. */
export interface Question {
  /** The context's last piece, and the state before it. */
  readonly reading: Reading;
  /** The bytes between the context and the word: a space, mostly. */
  readonly gap: Bytes;
  /** The letters of the word already typed. */
  readonly prefix: string;
}

/** A word found, and its mass. */
type Found = readonly [word: Bytes, mass: number];

/** One search: what is still in question, until nothing is. */
export class WordSearch {
  readonly #frontier: Frontier;
  readonly #beaten = new Set<Bytes>();
  #unsettled: Source[];

  private constructor(
    private readonly lexicon: Lexicon,
    frontier: Frontier,
    private readonly options: SearchOptions,
  ) {
    this.#frontier = frontier;
    this.#unsettled = [...frontier.sources];
  }

  /** The most probable words, as many as `options.k`. */
  static async run(
    lexicon: Lexicon,
    expander: Expander,
    { reading, gap, prefix }: Question,
    options: SearchOptions,
  ): Promise<Suggestions> {
    const started = performance.now();
    const frontier = new Frontier(lexicon, expander, gap, prefix, options.ignoreCase);
    await frontier.begin(reading);
    const search = new WordSearch(lexicon, frontier, options);
    let picks = search.#inQuestion();
    while (picks.length) {
      const spent = performance.now() - started;
      if (frontier.sources.length >= options.maxExpanded || spent > options.maxMilliseconds) break;
      search.#unsettled.push(...(await frontier.expand(picks)));
      picks = search.#inQuestion();
    }
    return search.#result(!picks.length, frontier.agreeing);
  }

  /** The open pieces to expand next; none if the answer is proved. */
  #inQuestion(): Pick[] {
    const { k, tolerance } = this.options;
    const slack = tolerance * this.#frontier.agreeing;
    const ranking = this.#ranking();
    const picks = new Picks();
    // better an improbable word than none
    if (ranking.length < k) this.#questionAll(ranking.length ? slack : 1e-6 * slack, picks);
    if (!picks.size) {
      const least = Math.max(ranking[k - 1]?.[1] ?? 0, slack);
      this.#questionUnseen(least, picks);
      this.#questionFound(ranking, least, slack, picks);
    }
    const inside = this.#frontier.sources.flatMap((source) => source.agreeing.inside.map((id) => source.pick(id)));
    // while so much is open, the probability of the prefix is not known
    picks.add(enough(inside, slack));
    return picks.best(k);
  }

  /** The heaviest open pieces anywhere. */
  #questionAll(least: number, picks: Picks): void {
    for (const source of heaviestFirst(this.#frontier.sources).slice(0, BATCH)) {
      if (source.total <= least) continue;
      const heavy = top(source, (visit) => source.forAgreeing(visit)).map((id) => source.pick(id));
      picks.add(heavy.filter((pick) => pick.mass > least));
    }
  }

  /** Pieces that lead to a word which is not found yet and may be more probable than `least`. */
  #questionUnseen(least: number, picks: Picks): void {
    const waiting = heaviestFirst(this.#unsettled);
    this.#unsettled = []; // bounds only fall and `least` only rises: what is settled stays so
    for (const [at, source] of waiting.entries()) {
      if (picks.isFull) {
        this.#unsettled.push(...waiting.slice(at));
        return;
      }
      const heavy = this.#unseen(source, least);
      if (heavy.length) this.#unsettled.push(source);
      picks.add(heavy);
    }
  }

  /** The same for the words whose longest open beginning is in `source`. */
  #unseen(source: Source, least: number): Pick[] {
    const frontier = this.#frontier;
    const { spelled, mass, ids } = source.spelling;
    const above: [Source, Bytes][] = [];
    for (let size = 0; size <= spelled.length; size++) {
      for (const other of frontier.bySpelled.get(spelled.slice(0, size)) ?? []) {
        if (other !== source) above.push([other, spelled.slice(size)]);
      }
    }
    if (ids.length) {
      // cheap: a path is no heavier than all open pieces together
      const weigh = ([other, rest]: [Source, Bytes]) =>
        other.spelling.ids.length ? other.total : frontier.along(other, rest)[0];
      if (source.total + above.reduce((sum, item) => sum + weigh(item), 0) <= least) return [];
    }
    const others = above.map(([other, rest]) => [other, ...frontier.along(other, rest)] as const);
    const around = others.reduce((sum, [other, bound]) => sum + other.spelling.mass * bound, 0);
    const elsewhere = others.flatMap(([other, , end]) => frontier.heaviest(other, end));
    if (around >= least && elsewhere.length) return elsewhere;
    const over = this.#over(source, Math.max(least - around, 0) / mass);
    if (!over.length) return [];
    const ends = over.length > 2 * BATCH ? top(source, (visit) => over.forEach(visit)) : over;
    return [...ends.flatMap((end) => frontier.heaviest(source, end)), ...elsewhere];
  }

  /** The pieces of `source` whose path weighs more than `needed`. */
  #over(source: Source, needed: number): number[] {
    const chains = this.#frontier.chains(source);
    const over: number[] = [];
    source.forAgreeing((id) => {
      if ((chains[id] as number) > needed) over.push(id);
    });
    return over;
  }

  /** Pieces that could change the rank or, by more than the slack, the probability of a word found. */
  #questionFound(ranking: readonly Found[], least: number, slack: number, picks: Picks): void {
    const tie = 1e-3 * slack;
    let before = Number.POSITIVE_INFINITY; // the mass of the word ranked one higher, if that is worth a rank
    for (const [rank, [word, mass]] of ranking.entries()) {
      if (this.#beaten.has(word)) continue;
      if (picks.isFull) return;
      const isTop = rank < this.options.k;
      const allowed = isTop ? Math.min(before + tie - mass, slack) : least - mass;
      before = isTop ? Math.max(mass, slack) : before;
      if (this.#looselyMissing(word) > allowed) {
        const missing = enough(this.#missing(word), Math.max(allowed, tie));
        picks.add(missing);
        if (missing.length) continue;
      }
      if (!isTop) this.#beaten.add(word);
    }
  }

  /** A cheap bound of what may still end in `word`. */
  #looselyMissing(word: Bytes): number {
    let bound = 0;
    for (const [source, rest] of this.#startsOf(word)) {
      const { ids, stage } = source.spelling;
      if (ids.length) {
        bound += source.total;
        continue;
      }
      const end = this.lexicon.beginning(stage === "gap" ? ` ${rest}` : rest).at(-1);
      if (end) bound += Math.max(this.#frontier.chains(source)[end] as number, 0);
      for (const id of source.table.deferring.get(rest) ?? []) bound += source.open(id);
    }
    return bound;
  }

  /** The open pieces that may still end in `word`. */
  #missing(word: Bytes): Pick[] {
    const picks: Pick[] = [];
    for (const [source, rest] of this.#startsOf(word)) {
      const { stage, tail } = source.spelling;
      const target = stage === "gap" ? ` ${rest}` : rest;
      const path = target.startsWith(tail) ? this.lexicon.beginning(target.slice(tail.length)) : [];
      for (const id of [...(source.table.deferring.get(rest) ?? []), ...path]) {
        if (source.open(id) > 0) picks.push(source.pick(id));
      }
    }
    return picks;
  }

  /** The sources that have spelled a beginning of `word`, and what they lack. */
  *#startsOf(word: Bytes): Iterable<[source: Source, rest: Bytes]> {
    for (let size = 0; size <= word.length; size++) {
      for (const source of this.#frontier.byWord.get(word.slice(0, size)) ?? []) yield [source, word.slice(size)];
    }
  }

  /** The words found that may be offered, most probable first. */
  #ranking(): Found[] {
    const { blocked } = this.options;
    const words: Found[] = [];
    for (const [word, { mass }] of this.#frontier.found) {
      if (!blocked.size || !blocked.has(toText(word).toLowerCase())) words.push([word, mass]);
    }
    return words.sort(([one, mass], [other, otherMass]) => otherMass - mass || (one < other ? -1 : 1));
  }

  #result(exact: boolean, total: number): Suggestions {
    const out = total || 1;
    const items = this.#ranking()
      .slice(0, this.options.k)
      .map(([word, mass]): Suggestion => {
        const ids = this.#frontier.found.get(word)?.ids ?? [];
        const pieces = ids.map((id) => toText(this.lexicon.pieces[id] as Bytes));
        return { word: toText(word), probability: Math.min(mass / out, 1), pieces };
      });
    const { sources } = this.#frontier;
    const unexplored = sources.reduce((sum, source) => sum + source.total, 0) / out;
    return { items, exact, unexplored: Math.min(Math.max(unexplored, 0), 1), expanded: sources.length };
  }
}

/** Open pieces to expand, each once. */
class Picks {
  readonly #picks = new Map<Source, Map<number, Pick>>();
  size = 0;

  /** Whether there are enough for the next call. */
  get isFull(): boolean {
    return this.size > 2 * BATCH;
  }

  add(picks: readonly Pick[]): void {
    for (const pick of picks) {
      let known = this.#picks.get(pick.source);
      if (!known) {
        known = new Map();
        this.#picks.set(pick.source, known);
      }
      if (pick.mass > 0 && !known.has(pick.id)) {
        known.set(pick.id, pick);
        this.size++;
      }
    }
  }

  /** The heaviest, as many as one call takes, without those far lighter than the k-th. */
  best(k: number): Pick[] {
    const picks = [...this.#picks.values()].flatMap((known) => [...known.values()]);
    const best = picks.sort((one, other) => other.mass - one.mass).slice(0, BATCH);
    const worth = WORTH * (best[Math.min(k, best.length) - 1]?.mass ?? 0);
    return best.filter((pick) => pick.mass >= worth);
  }
}

/** The heaviest of `picks`, so many that the others weigh no more than `allowed` together. */
function enough(picks: readonly Pick[], allowed: number): Pick[] {
  const sorted = [...picks].sort((one, other) => other.mass - one.mass);
  let rest = sorted.reduce((sum, pick) => sum + pick.mass, 0);
  let count = 0;
  while (rest > allowed && count < sorted.length) rest -= (sorted[count++] as Pick).mass;
  return sorted.slice(0, count);
}

function heaviestFirst(sources: readonly Source[]): Source[] {
  return [...sources].sort((one, other) => other.total - one.total);
}

/** The heaviest open pieces among those that `pieces` visits, about twice what one call can take. */
function top(source: Source, visitAll: (visit: (id: number) => void) => void): number[] {
  const most = 2 * BATCH;
  const best: number[] = []; // heaviest first
  let least = 0; // to be outweighed; far cheaper than to sort a vocabulary
  visitAll((id) => {
    const weight = source.open(id);
    if (weight <= least) return;
    let at = best.length;
    while (at && source.open(best[at - 1] as number) < weight) at--;
    best.splice(at, 0, id);
    if (best.length > most) best.pop();
    if (best.length === most) least = source.open(best[most - 1] as number);
  });
  return best;
}
