/**
 * Exact next-word search over pieces: `wordgru/decoding.py` in TypeScript, the same step by step.
 *
 * The probability of a word is the sum, over every way to spell it in pieces, of the pieces' probability times the
 * probability that the word then ends. The search is best-first. All open masses that one word could still get lie on
 * one path of the trie of pieces, so the largest sum over a path bounds every word not yet found. The search ends when
 * no bound exceeds the k-th word.
 */
import { type Bytes, toBytes, toText } from "./bytes.js";
import type { Expander, Reading } from "./expander.js";
import { fold, type Lexicon } from "./lexicon.js";
import { enough, heaviest, largestOf, type Pick, Picks } from "./picks.js";
import type { Spelling } from "./spelling.js";
import { Spellings } from "./spellings.js";
import type { SearchOptions, Suggestion, Suggestions } from "./suggestions.js";

const REMEMBERED = 4; // words whose spellings are kept for the next letter
const LARGEST = 64; // rows of probabilities that such a word may hold: 4 MB of 16,000 pieces

// Measured in Python with 1,000 keystrokes of English text: fewer calls below, fewer pieces read in vain above.
const WORTH = 0.5; // a piece goes along with a call if it weighs so much of the one that the call is for
const SOON = 0.3; // and so do the pieces inside of a likely word, if they weigh so much of the slack

/** Where a word is searched, and what is known of it. */
export interface Question {
  /** The context's last piece, and the state before it. */
  readonly reading: Reading;
  /** The bytes between the context and the word: a space, mostly. */
  readonly gap: Bytes;
  /** The letters of the word already typed. */
  readonly prefix: string;
}

/** Finds the most probable words after a state. Immutable but for what it remembers: sessions share it. */
export class WordSearch {
  readonly #words = new Map<string, Spellings>(); // the latest last

  /** @param batch spellings given to the model in one call at most. */
  constructor(
    private readonly lexicon: Lexicon,
    private readonly expander: Expander,
    private readonly batch: number,
  ) {}

  /** The most probable words, as many as `options.k`. */
  async find({ reading, gap, prefix }: Question, options: SearchOptions): Promise<Suggestions> {
    const folds = options.ignoreCase && prefix.toLowerCase() !== prefix.toUpperCase();
    const typed = folds ? fold(toBytes(prefix)) : toBytes(prefix);
    const key = `${reading.state.serial} ${reading.piece} ${gap} ${folds}`;
    let spellings = this.#words.get(key);
    this.#words.delete(key); // taken out while in use: another session at the same place begins anew
    if (!spellings || !typed.startsWith(spellings.typed)) {
      spellings = await Spellings.begin(this.lexicon, this.expander, reading, gap, folds);
    }
    spellings.narrow(typed);
    const answer = await new Search(this.lexicon, spellings, this.batch, options).run();
    if (spellings.size <= LARGEST * this.lexicon.pieces.length) this.#words.set(key, spellings);
    if (this.#words.size > REMEMBERED) this.#words.delete(this.#words.keys().next().value as string);
    return answer;
  }
}

/** A word found, and its mass. */
type Ranked = readonly [word: Bytes, mass: number];

/** One search: what is still in question, until nothing is. */
class Search {
  constructor(
    private readonly lexicon: Lexicon,
    private readonly spellings: Spellings,
    private readonly batch: number,
    private readonly options: SearchOptions,
  ) {}

  /** Expand what is in question until nothing is, or a budget is spent. */
  async run(): Promise<Suggestions> {
    const started = performance.now();
    let picks = this.#inQuestion();
    while (picks.length) {
      const spent = performance.now() - started;
      if (this.spellings.all.length >= this.options.maxExpanded || spent > this.options.maxMilliseconds) break;
      await this.spellings.expand(picks);
      picks = this.#inQuestion();
    }
    return this.#result(!picks.length, this.spellings.agreeing);
  }

  /** The open pieces to expand next; none if the answer is proved. */
  #inQuestion(): Pick[] {
    const { k, tolerance } = this.options;
    const { root, all } = this.spellings;
    const slack = tolerance * this.spellings.agreeing;
    const ranking = this.#ranking();
    const needed = this.#inside(slack);
    const wanted = new Picks();
    const short = Math.max(k - ranking.length, 1);
    if (needed.size < this.batch) {
      const others = all.filter((each) => each !== root).sort((one, other) => one.total - other.total);
      const least = Math.max(ranking[k - 1]?.[1] ?? 0, slack);
      const reach = others.reduce((sum, each) => sum + each.total, root.heaviestPath(this.lexicon, least));
      this.#questionFound(ranking, others, least, slack, reach, needed);
      // better an improbable word than none
      if (ranking.length < k) this.#questionAll(ranking.length ? slack : 1e-6 * slack, short, wanted);
      if (!wanted.size && reach > least && needed.size < this.batch) this.#questionUnseen(others, least, wanted);
    }
    return this.#best(needed, wanted, slack, short);
  }

  /**
   * What to expand in one call: all that is needed, what is wanted most, and what is likely to be asked for next.
   *
   * @param short how many words are still to be found.
   */
  #best(needed: Picks, wanted: Picks, slack: number, short: number): Pick[] {
    const best = new Picks(heaviest(needed).slice(0, this.batch));
    const more = heaviest(wanted).filter((pick) => !needed.has(pick));
    if (best.size < this.batch && more.length) {
      const worth = WORTH * (more[Math.min(short, more.length) - 1] as Pick).mass;
      best.add(more.slice(0, short));
      best.add(more.slice(0, this.options.k).flatMap((pick) => this.#within(pick, SOON * slack)));
      best.add(more.slice(short).filter((pick) => pick.mass >= worth));
    }
    return [...best].slice(0, this.batch);
  }

  /** The pieces inside of a likely word that weigh more than `least`. */
  #within({ spelling, id }: Pick, least: number): Pick[] {
    const parts = this.lexicon.beginning(this.lexicon.pieces[id] as Bytes).slice(0, -1);
    return parts.map((id) => spelling.pick(id)).filter(({ mass }) => mass > least);
  }

  /** Pieces that spell a part of the letters typed: while they weigh much, nobody knows these letters' mass. */
  #inside(slack: number): Picks {
    const inside: Pick[] = [];
    for (const spelling of this.spellings.all) {
      for (const [id, mass] of spelling.inside) inside.push({ spelling, id, mass });
    }
    return new Picks(enough(inside, slack));
  }

  /** The heaviest open pieces anywhere, for `short` words are not found at all. */
  #questionAll(least: number, short: number, picks: Picks): void {
    for (const each of [...this.spellings.all].sort((one, other) => other.total - one.total)) {
      if (each.total <= least) return;
      picks.add(each.heaviest(2 * this.batch, least));
      const last = heaviest(picks)[short - 1];
      if (last) least = Math.max(least, WORTH * last.mass); // what is much lighter would not go along
    }
  }

  // -- words that are not found yet ----------------------------------------------------------------------------

  /**
   * Pieces that lead to a word which is not found yet and may be more probable than `least`.
   *
   * @param others the spellings but the root, the lightest first: those that weigh little all together are not looked
   *   at one by one.
   */
  #questionUnseen(others: readonly Spelling[], least: number, picks: Picks): void {
    let light = 0;
    let count = 0;
    for (; count < others.length; count++) {
      const { total } = others[count] as Spelling;
      if (light + total > 0.1 * least) break;
      light += total;
    }
    const weighty = [this.spellings.root, ...others.slice(count).reverse()];
    const begun = by(weighty, (each) => each.spelled);
    for (const each of weighty) {
      if (picks.size >= this.batch) return; // enough for the next call
      picks.add(this.#unseen(each, begun, least - light));
    }
  }

  /** The same for the words of which `source` is the longest spelling begun; `begun` are all, by their bytes. */
  #unseen(source: Spelling, begun: Groups, least: number): Pick[] {
    const above: [Spelling, rest: Bytes][] = [];
    for (const other of starting(source.spelled, begun)) {
      if (other !== source) above.push([other, source.spelled.slice(other.spelled.length)]);
    }
    let picks = this.#onPaths(source, above, least, least);
    // what seems too much is all in light pieces: look at them one by one
    for (let precision = least; picks && !picks.length && precision; ) {
      precision = precision > 1e-9 * least ? precision / 100 : 0;
      picks = this.#onPaths(source, above, least, precision);
    }
    return picks ?? [];
  }

  /**
   * The heaviest open piece on each path through `source` that weighs more than `least`; undefined if none can.
   *
   * @param precision what the masses are to be exact for.
   */
  #onPaths(
    source: Spelling,
    above: readonly [Spelling, rest: Bytes][],
    least: number,
    precision: number,
  ): Pick[] | undefined {
    const { lexicon } = this;
    const { root } = this.spellings;
    let bound = above.reduce((sum, [other]) => sum + other.total, source.total); // no path is heavier than all that is open
    if (above.length && bound - root.total + root.heaviestPath(lexicon, precision) <= least) return undefined;
    const ends: [Spelling, end: number][] = [];
    for (const [other, rest] of above) {
      if (bound <= least) return undefined;
      const [mass, end] = other.along(rest, lexicon, precision);
      ends.push([other, end]);
      bound += mass - other.total;
    }
    const needed = least - (bound - source.total) - source.held;
    if (source.total - source.held <= needed) return undefined;
    const paths = source.paths(lexicon, precision);
    const over = paths.over(needed - paths.light);
    if (!over.length && paths.light <= needed) return undefined;
    if (needed + source.held > 0) {
      for (const at of largestOf(source.open, over, this.batch)) ends.push([source, source.low + at]);
      ends.push([source, 0]);
    }
    return ends.map(([each, end]) => each.pick(each.onPath(end, lexicon))).filter(({ id }) => id);
  }

  // -- words that are found ------------------------------------------------------------------------------------

  /**
   * Pieces that could change the rank or, by more than the slack, the probability of a word found.
   *
   * @param reach the most that any word can still get.
   */
  #questionFound(
    ranking: readonly Ranked[],
    others: readonly Spelling[],
    least: number,
    slack: number,
    reach: number,
    picks: Picks,
  ): void {
    const tie = 1e-3 * slack;
    let before = Number.POSITIVE_INFINITY; // the mass of the word ranked one higher, if that is worth a rank
    const begun = by(others, (each) => each.word);
    for (const [rank, [word, mass]] of ranking.entries()) {
      const top = rank < this.options.k;
      // enough for the next call; or all that follow are beaten
      if (picks.size >= this.batch || (!top && mass + reach <= least)) return;
      const allowed = Math.max(top ? Math.min(before + tie - mass, slack) : least - mass, tie);
      if (top) before = Math.max(mass, slack);
      picks.add(this.#missing(word, [this.spellings.root, ...starting(word, begun).reverse()], allowed));
    }
  }

  /**
   * The heaviest open pieces that may still end in `word`, so many that the others sum to `allowed` at most.
   *
   * @param around the spellings that it may go on from, the root first.
   */
  #missing(word: Bytes, around: readonly Spelling[], allowed: number): Pick[] {
    // cheap: a path is no heavier than all open pieces together
    let rough = around.reduce((sum, each) => sum + each.total, 0);
    let mass = 0;
    const masses: [Spelling, mass: number][] = [];
    for (const each of around) {
      const missing = each.missing(word, this.lexicon);
      masses.push([each, missing]);
      rough -= each.total;
      mass += missing;
      if (mass + rough <= allowed) return [];
    }
    const most = masses.sort(([, one], [, other]) => other - one).slice(0, this.batch);
    const pieces = most.flatMap(([each]) => each.missingPieces(word, this.lexicon).map((id) => each.pick(id)));
    return enough(pieces, allowed - (mass - pieces.reduce((sum, pick) => sum + pick.mass, 0)));
  }

  // -- the answer ----------------------------------------------------------------------------------------------

  /** The words found that may be offered, and their masses, most probable first. */
  #ranking(): Ranked[] {
    const { blocked } = this.options;
    const words: Ranked[] = [];
    for (const [word, { mass }] of this.spellings.found) {
      if (!blocked.size || !blocked.has(toText(word).toLowerCase())) words.push([word, mass]);
    }
    return words.sort(([one, mass], [other, otherMass]) => otherMass - mass || (one < other ? -1 : 1));
  }

  #result(exact: boolean, total: number): Suggestions {
    const out = total || 1;
    const items = this.#ranking()
      .slice(0, this.options.k)
      .map(([word, mass]): Suggestion => {
        const ids = this.spellings.found.get(word)?.ids ?? [];
        const pieces = ids.map((id) => toText(this.lexicon.pieces[id] as Bytes));
        return { word: toText(word), probability: Math.min(mass / out, 1), pieces };
      });
    const { all } = this.spellings;
    const unexplored = all.reduce((sum, each) => sum + each.total, 0) / out;
    return { items, exact, unexplored: Math.min(Math.max(unexplored, 0), 1), expanded: all.length };
  }
}

/** Spellings by some of their bytes. */
type Groups = ReadonlyMap<Bytes, readonly Spelling[]>;

/** `spellings` by what `bytes` says of each. */
function by(spellings: readonly Spelling[], bytes: (each: Spelling) => Bytes): Groups {
  const groups = new Map<Bytes, Spelling[]>();
  for (const each of spellings) {
    const group = groups.get(bytes(each));
    if (group) group.push(each);
    else groups.set(bytes(each), [each]);
  }
  return groups;
}

/** Those of `groups` whose bytes `text` begins with, the shortest first. */
function starting(text: Bytes, groups: Groups): Spelling[] {
  const found: Spelling[] = [];
  for (let size = 0; size <= text.length; size++) {
    for (const each of groups.get(text.slice(0, size)) ?? []) found.push(each);
  }
  return found;
}
