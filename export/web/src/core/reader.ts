import type { Bytes } from "./bytes.js";
import { type Expander, type Reading, State } from "./expander.js";
import type { LanguageModel } from "./model.js";
import { END_OF_TEXT, type Tokenizer } from "./tokenizer.js";
import { isSpace, kind } from "./words.js";

const STRIDE = 64; // pieces between the snapshots that a long text leaves
const SNAPSHOTS = 10; // of which the last half are kept as they are, older ones thinned out
const WINDOW = 96; // characters after the last mark before a new one is set

/** What a predictor's sessions share. */
export interface Shared {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly expander: Expander;
  /** The state in which a text begins. */
  readonly start: State;
}

/** Pieces read, and the state before the last of them. */
interface Snapshot {
  readonly count: number;
  readonly state: State;
}

/** A place where the text can be cut without changing its pieces, so that only what follows it is encoded again. */
interface Mark {
  readonly offset: number;
  readonly count: number;
}

/** A text that is read once however it is edited. One call at a time. */
export class Reader {
  #text = "";
  #gap: Bytes | undefined;
  #pieces: readonly number[] = [END_OF_TEXT];
  #snapshots: Snapshot[];
  #marks: Mark[] = [{ offset: 0, count: 1 }];

  constructor(private readonly shared: Shared) {
    this.#snapshots = [{ count: 1, state: shared.start }];
  }

  /** A reader that has read the same and goes its own way. */
  copy(): Reader {
    const other = new Reader(this.shared);
    other.#text = this.#text;
    other.#gap = this.#gap;
    other.#pieces = this.#pieces;
    other.#snapshots = [...this.#snapshots];
    other.#marks = [...this.#marks];
    return other;
  }

  /**
   * Read `text` up to the piece before the next word.
   *
   * Only what differs from the text before is read again. Returns that piece, the state before it, and the bytes held
   * back for the word.
   */
  async read(text: string): Promise<{ reading: Reading; gap: Bytes }> {
    if (this.#gap === undefined || this.#text !== text) {
      const same = sameStart(this.#text, text);
      this.#marks = this.#marks.filter(({ offset }) => !offset || offset < same); // the letter after it decides
      this.#text = text;
      this.#gap = undefined;
      const mark = await this.#mark();
      const [ids, gap] = this.shared.tokenizer.encodeContext(text.slice(mark.offset));
      await this.#goTo([...this.#pieces.slice(0, mark.count), ...ids]);
      this.#gap = gap;
    }
    const { count, state } = this.#snapshots.at(-1) as Snapshot;
    return { reading: { state, piece: this.#pieces[count - 1] as number }, gap: this.#gap };
  }

  /** The last mark; a new one is set when much text has come since. */
  async #mark(): Promise<Mark> {
    const mark = this.#marks.at(-1) as Mark;
    const cut = this.#text.length - mark.offset > WINDOW ? lastCut(this.#text, mark.offset) : mark.offset;
    if (cut === mark.offset) return mark;
    const ids = this.shared.tokenizer.encode(this.#text.slice(mark.offset, cut));
    await this.#goTo([...this.#pieces.slice(0, mark.count), ...ids]);
    const next = { offset: cut + 1, count: mark.count + ids.length };
    this.#marks.push(next);
    return next;
  }

  /** Make the last snapshot the one of `pieces`, from the latest that agrees with them. */
  async #goTo(pieces: readonly number[]): Promise<void> {
    const { model, expander } = this.shared;
    let agreed = 0;
    while (agreed < pieces.length && pieces[agreed] === this.#pieces[agreed]) agreed++;
    this.#snapshots = this.#snapshots.filter(({ count }) => count <= agreed);
    this.#pieces = pieces;
    let { count, state } = this.#snapshots.at(-1) as Snapshot;
    while (count < pieces.length) {
      const known = expander.recall({ state, piece: pieces[count - 1] as number });
      const next = known ? count + 1 : Math.min(count + STRIDE, pieces.length);
      state = known?.state ?? new State(await model.advance(pieces.slice(count - 1, next - 1), state.values));
      count = next;
      this.#snapshots.push({ count, state });
      if (this.#snapshots.length > SNAPSHOTS) this.#thin();
    }
  }

  /** Drop the old snapshot whose neighbours are nearest to each other, for its distance from the end. */
  #thin(): void {
    const counts = this.#snapshots.map(({ count }) => count);
    const end = counts.at(-1) as number;
    const spread = (at: number) =>
      ((counts[at + 1] as number) - (counts[at - 1] as number)) / (end - (counts[at] as number) + 1);
    let least = 1;
    for (let at = 2; at < counts.length - SNAPSHOTS / 2; at++) if (spread(at) < spread(least)) least = at;
    this.#snapshots.splice(least, 1);
  }
}

/** How many UTF-16 units two texts begin with alike. */
function sameStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let same = 0;
  while (same < most && one.charCodeAt(same) === other.charCodeAt(same)) same++;
  return same;
}

/** The last space after `start` at which the pieces before and after do not depend on each other, or `start`. */
function lastCut(text: string, start: number): number {
  for (let at = text.lastIndexOf(" "); at > start; at = text.lastIndexOf(" ", at - 1)) {
    const next = text.codePointAt(at + 1);
    const isCut =
      next !== undefined && !isSpace(text[at - 1] as string) && kind(String.fromCodePoint(next)) === "letter";
    if (isCut) return at;
  }
  return start;
}
