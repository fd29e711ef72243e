/**
 * The spellings that a search has begun: which are expanded, which are open, and what they weigh.
 *
 * A spelling begun and not yet expanded is *open*; its mass may still reach any word that begins with its bytes.
 */
import { type Bytes, toBytes } from "./bytes.js";
import type { Expander, Expansion, Reading } from "./expander.js";
import { CLOSES, DEFERS, ENDS, fold, type Lexicon, read, type Stage, type Table } from "./lexicon.js";

/** An open piece of an expanded spelling, and its mass. */
export interface Pick {
  readonly source: Source;
  readonly id: number;
  readonly mass: number;
}

/** What is known of a spelling when it is expanded. */
export interface Spelling {
  readonly spelled: Bytes;
  /** What surely belongs to the word, and the bytes after it that are undecided. */
  readonly word: Bytes;
  readonly tail: Bytes;
  readonly stage: Stage;
  /** What must still be spelled of the gap and the letters typed. */
  readonly left: Bytes;
  /** The spelling's own probability. */
  readonly mass: number;
  readonly ids: readonly number[];
}

/** The pieces that agree with what is left to spell. */
export interface Agreeing {
  /** Those that spell all of it: a range of ids, or a set of them. */
  readonly passing: { readonly low: number; readonly high: number } | ReadonlySet<number>;
  /** Those that spell a part of it. */
  readonly inside: readonly number[];
}

/** A spelling that was expanded. Its next pieces are open but for those that end the word, and those closed since. */
export class Source {
  /** The mass of all open pieces. */
  total = 0;
  /** `Frontier.chains` less what was closed; made when something is. */
  chains: Float64Array | undefined;
  readonly closed = new Set<number>();

  constructor(
    readonly spelling: Spelling,
    readonly expansion: Expansion,
    readonly table: Table,
    readonly agreeing: Agreeing,
  ) {}

  /** The probability of the piece `id` if it is open, else 0. */
  open(id: number): number {
    const isOpen = this.table.effects[id] !== ENDS && this.#agrees(id) && !this.closed.has(id);
    return isOpen ? (this.expansion.probabilities[id] as number) : 0;
  }

  #agrees(id: number): boolean {
    const { passing, inside } = this.agreeing;
    if ("low" in passing) return (id >= passing.low && id < passing.high) || inside.includes(id);
    return passing.has(id) || inside.includes(id);
  }

  /** The open piece `id`, weighed. */
  pick(id: number): Pick {
    return { source: this, id, mass: this.spelling.mass * this.open(id) };
  }

  /** Call `visit` for each piece that agrees. */
  forAgreeing(visit: (id: number) => void): void {
    const { passing, inside } = this.agreeing;
    if ("low" in passing) for (let id = passing.low; id < passing.high; id++) visit(id);
    else passing.forEach(visit);
    inside.forEach(visit);
  }

  /** The probabilities of the open pieces.  # (V,) */
  allOpen(): Float32Array {
    const open = new Float32Array(this.expansion.probabilities.length);
    this.forAgreeing((id) => {
      open[id] = this.open(id);
    });
    return open;
  }
}

/** The sources of one search, and the words found so far. */
export class Frontier {
  readonly sources: Source[] = [];
  readonly bySpelled = new Map<Bytes, Source[]>();
  readonly byWord = new Map<Bytes, Source[]>();
  /** The mass of each word found, and its most probable spelling. */
  readonly found = new Map<Bytes, { mass: number; best: number; ids: readonly number[] }>();
  /** Probability that what follows agrees with the gap and the letters typed. */
  agreeing = 0;
  readonly folds: boolean;
  readonly #typed: Bytes;

  constructor(
    readonly lexicon: Lexicon,
    private readonly expander: Expander,
    private readonly gap: Bytes,
    prefix: string,
    ignoreCase: boolean,
  ) {
    this.folds = ignoreCase && prefix.toLowerCase() !== prefix.toUpperCase();
    this.#typed = this.folds ? fold(toBytes(prefix)) : toBytes(prefix);
  }

  /** Expand the context's last piece: the first source. */
  async begin(reading: Reading): Promise<void> {
    const [expansion] = await this.expander.expand([reading]);
    const left = this.gap + this.#typed;
    if (!left) this.agreeing = 1;
    const stage = this.gap ? "gap" : "start";
    this.#add({ spelled: "", word: "", tail: "", stage, left, mass: 1, ids: [] }, expansion as Expansion);
  }

  /** Expand the open pieces picked, with one call of the model. Returns the new sources. */
  async expand(picks: readonly Pick[]): Promise<Source[]> {
    const begun: Spelling[] = [];
    const readings: Reading[] = [];
    for (const { source, id, mass } of picks) {
      const piece = this.lexicon.pieces[id] as Bytes;
      this.#close(source, id);
      const before = source.spelling;
      const step = read(before.stage, before.tail + piece);
      const left = before.left.slice((this.folds ? fold(piece) : piece).length);
      const word = before.word + step.word;
      const ids = [...before.ids, id];
      if (step.effect !== CLOSES) {
        const { tail, stage } = step;
        begun.push({ spelled: before.spelled + piece, word, tail, stage, left, mass, ids });
        readings.push({ state: source.expansion.state, piece: id });
      } else if (!left) this.#credit(word, mass, ids);
    }
    const expansions = await this.expander.expand(readings);
    return begun.map((spelling, at) => this.#add(spelling, expansions[at] as Expansion));
  }

  /** For each piece that agrees, all open probability on its path in the trie, or a little more.  # (V,) */
  chains(source: Source): Float64Array {
    if (source.chains) return source.chains;
    // Folded, a path mixes cases; else all of a path agrees if its end does, and the sums serve every letter of a word.
    if (this.folds) source.chains = this.lexicon.chains(source.table.grouped(source.allOpen()));
    return source.chains ?? source.expansion.chains(source.table, this.lexicon);
  }

  /** The heaviest path of `source` that agrees with `rest`, and the piece at its end. */
  along(source: Source, rest: Bytes): [bound: number, end: number] {
    const chains = this.chains(source);
    const { left } = source.spelling;
    const start = left.startsWith(rest) && !this.folds ? left : rest; // all that is open spells at least what is left
    const [low, high] = this.lexicon.extending(start);
    let end = low;
    if (low < high) {
      for (let id = low + 1; id < high; id++) if ((chains[id] as number) > (chains[end] as number)) end = id;
    } else {
      end = 0;
      for (const id of this.lexicon.beginning(start))
        if (!end || (chains[id] as number) > (chains[end] as number)) end = id;
    }
    return end ? [Math.max(chains[end] as number, 0), end] : [0, 0];
  }

  /** The heaviest open piece on the path to `end`, if there is one. */
  heaviest(source: Source, end: number): Pick[] {
    let best = end;
    for (let id = end; id; id = this.lexicon.parents[id] as number) {
      if (source.open(id) > source.open(best)) best = id;
    }
    return source.open(best) > 0 ? [source.pick(best)] : [];
  }

  /** Make an expanded spelling a source of open ones, and credit its word with what ends it. */
  #add(spelling: Spelling, expansion: Expansion): Source {
    const { left, word, mass, spelled, ids } = spelling;
    const table = this.lexicon.table(spelling.stage, spelling.tail);
    const source = new Source(spelling, expansion, table, this.#agreeingWith(left));
    if (left) {
      source.forAgreeing((id) => {
        source.total += mass * source.open(id);
      });
      this.agreeing += mass * this.#passed(source);
    } else {
      source.total = mass * expansion.spelling(table);
      if (word) this.#credit(word, mass - source.total, ids);
    }
    this.sources.push(source);
    append(this.bySpelled, spelled, source);
    append(this.byWord, word, source);
    return source;
  }

  #agreeingWith(left: Bytes): Agreeing {
    if (this.folds && left) {
      const [passing, inside] = this.lexicon.agreeingFolded(left);
      return { passing: new Set(passing), inside };
    }
    const [low, high] = this.lexicon.extending(left);
    return { passing: { low, high }, inside: this.lexicon.beginning(left.slice(0, -1)) };
  }

  /** The probability that the next piece spells all that is left. */
  #passed({ agreeing: { passing }, expansion: { probabilities } }: Source): number {
    let sum = 0;
    if ("low" in passing) for (let id = passing.low; id < passing.high; id++) sum += probabilities[id] as number;
    else for (const id of passing) sum += probabilities[id] as number;
    return sum;
  }

  #credit(word: Bytes, mass: number, ids: readonly number[]): void {
    if (!(this.folds ? fold(word) : word).startsWith(this.#typed)) return; // it ended before the mark typed last
    const known = this.found.get(word) ?? { mass: 0, best: 0, ids: [] };
    const best = mass > known.best ? { best: mass, ids } : { best: known.best, ids: known.ids };
    this.found.set(word, { mass: known.mass + mass, ...best });
  }

  /** Take a piece out of what is open. */
  #close(source: Source, id: number): void {
    const { table, spelling } = source;
    const share = source.open(id);
    const isOwn = source.chains !== undefined;
    const chains = this.chains(source);
    source.closed.add(id);
    source.total -= spelling.mass * share;
    if (table.effects[id] === DEFERS) {
      source.chains = this.lexicon.chains(table.grouped(source.allOpen())); // the sums of its stem are no longer true
      return;
    }
    source.chains = isOwn ? chains : chains.slice();
    const [low, high] = this.lexicon.extending(this.lexicon.pieces[id] as Bytes);
    for (let other = low; other < high; other++) source.chains[other] = (source.chains[other] as number) - share;
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
