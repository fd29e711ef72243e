/**
 * What was expanded of one word so far, and the words found: `Spellings` of `wordgru/spellings.py` in TypeScript. It is
 * kept from letter to letter.
 */
import type { Bytes } from "./bytes.js";
import type { Expander, Expansion, Reading } from "./expander.js";
import { CLOSES, fold, type Lexicon, read } from "./lexicon.js";
import type { Pick } from "./picks.js";
import { type Begun, Spelling } from "./spelling.js";

/** A word found: its mass, and its most probable spelling. */
interface Found {
  mass: number;
  most: number;
  ids: readonly number[];
}

/** All spellings expanded of the word after one context, and the words found. */
export class Spellings {
  /** The letters typed. */
  typed: Bytes = "";
  readonly root: Spelling;
  /** The root first. */
  all: Spelling[];
  readonly found = new Map<Bytes, Found>();
  readonly #begun: Bytes; // of the word, before the letters typed

  /** @param gap folded, if `folds`. */
  private constructor(
    private readonly lexicon: Lexicon,
    private readonly expander: Expander,
    private readonly gap: Bytes,
    private readonly folds: boolean,
    expansion: Expansion,
  ) {
    this.#begun = gap.replace(/^ /, "");
    const nothing = { ids: [], spelled: "", matched: "", word: "", tail: "" };
    const begun: Begun = { ...nothing, stage: gap ? "gap" : "start", left: gap, mass: 1 };
    this.root = new Spelling(begun, expansion, lexicon, folds);
    this.all = [this.root];
  }

  /**
   * Begin a word.
   *
   * @param reading the context's last piece, and the state before it.
   * @param gap a space if one stands between the context and the word, else nothing.
   * @param folds letters typed match letters of either case.
   */
  static async begin(
    lexicon: Lexicon,
    expander: Expander,
    reading: Reading,
    gap: Bytes,
    folds: boolean,
  ): Promise<Spellings> {
    const [expansion] = await expander.expand([reading]);
    return new Spellings(lexicon, expander, folds ? fold(gap) : gap, folds, expansion as Expansion);
  }

  /** Probability that what follows the context agrees with the gap and the letters typed. */
  get agreeing(): number {
    if (!this.gap && !this.typed) return 1;
    let agreeing = 0;
    for (const each of this.all) if (each.left) agreeing += each.agreeing;
    return agreeing;
  }

  /** How many probabilities are kept. */
  get size(): number {
    return this.all.reduce((size, each) => size + each.size, 0);
  }

  /** Keep only what agrees with `typed`, which goes on from the letters typed before. */
  narrow(typed: Bytes): void {
    if (typed === this.typed) return;
    this.typed = typed;
    const text = this.gap + typed;
    this.all = this.all.filter((each) => this.#narrowed(each, text) || each === this.root);
    for (const word of this.found.keys()) if (!this.#agrees(word)) this.found.delete(word);
  }

  /** Narrow a spelling to `text`; whether anything of it is left. */
  #narrowed(spelling: Spelling, text: Bytes): boolean {
    if (spelling.matched.length >= text.length) return spelling.matched.startsWith(text);
    if (!text.startsWith(spelling.matched)) return false;
    spelling.narrow(text.slice(spelling.matched.length), this.lexicon, this.folds);
    return spelling.total !== 0 || spelling.agreeing !== 0;
  }

  /** Expand the open pieces picked, with one call of the model, and credit the words that they end. */
  async expand(picks: readonly Pick[]): Promise<void> {
    const begun: Begun[] = [];
    const readings: Reading[] = [];
    for (const { spelling, id } of picks) {
      const mass = spelling.close(id, this.lexicon);
      const piece = this.lexicon.pieces[id] as Bytes;
      const { effect, stage, tail, ...step } = read(spelling.stage, spelling.tail + piece);
      const matched = this.folds ? fold(piece) : piece;
      const left = spelling.left.slice(matched.length);
      const word = spelling.word + step.word;
      const ids = [...spelling.ids, id];
      if (effect !== CLOSES) {
        const spelled = spelling.spelled + piece;
        begun.push({ ids, spelled, matched: spelling.matched + matched, word, tail, stage, left, mass });
        readings.push({ state: spelling.state, piece: id });
      } else if (!left) this.#credit(word, mass, ids);
    }
    const expansions = await this.expander.expand(readings);
    for (const [at, each] of begun.entries()) this.#add(each, expansions[at] as Expansion);
  }

  /** Make an expanded spelling a source of open pieces, and credit its word with what ends it. */
  #add(begun: Begun, expansion: Expansion): void {
    const spelling = new Spelling(begun, expansion, this.lexicon, this.folds);
    if (!begun.left && begun.word) this.#credit(begun.word, begun.mass - spelling.total, begun.ids);
    this.all.push(spelling);
  }

  #credit(word: Bytes, mass: number, ids: readonly number[]): void {
    if (!this.#agrees(word)) return; // the word ended before the mark that was typed last
    const found = this.found.get(word);
    if (!found) {
      this.found.set(word, { mass, most: mass, ids });
      return;
    }
    found.mass += mass;
    if (mass > found.most) [found.most, found.ids] = [mass, ids];
  }

  #agrees(word: Bytes): boolean {
    return (this.folds ? fold(word) : word).startsWith(this.#begun + this.typed);
  }
}
