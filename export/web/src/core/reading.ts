/**
 * The model's states along a text: what was read once is not read again, however the text is edited.
 * `wordgru/reading.py` in TypeScript.
 */
import type { Bytes } from "./bytes.js";
import type { LanguageModel } from "./model.js";
import { END_OF_TEXT, type Tokenizer } from "./tokenizer.js";
import { sameStart } from "./typing/field.js";
import { isSpace } from "./words.js";

const STRIDE = 64; // tokens between the snapshots that a long text leaves
const SNAPSHOTS = 10; // of which the last half are kept as they are, older ones thinned out
const CONTEXT = 2048; // characters of a long paste that are read, some 500 tokens; the English model learnt from 1,024
const WINDOW = 96; // characters after the last mark before a new one is set
const STARTS_WORD = /^[\p{L}\p{N}]/u;

/** How many tokens were read, and the state before the last of them. */
interface Snapshot {
  readonly count: number;
  readonly state: Float32Array;
}

/** A place where the text can be cut without changing its tokens, so that only what follows it is encoded again. */
export interface Mark {
  readonly offset: number;
  readonly count: number;
}

/** The last snapshot and mark, to be kept. */
export interface Read {
  readonly tokens: readonly number[];
  readonly mark: Mark;
  readonly state: Float32Array;
}

/**
 * A text as the model read it.
 *
 * Reading begins at the first mark: of a long paste only the last part is read (`CONTEXT`).
 */
export class Reading {
  #tokens: readonly number[] = [END_OF_TEXT];
  #snapshots: Snapshot[];
  #marks: Mark[] = [{ offset: 0, count: 1 }];
  /** What is read before each text, in whole lines: what its writer sent last. It may change at any time. */
  before = "";
  #head = ""; // what was read last, `before` included, which the marks belong to: its end is normalised
  #gap: Bytes | undefined; // the bytes held back then

  constructor(
    private readonly model: LanguageModel,
    private readonly tokenizer: Tokenizer,
  ) {
    this.#snapshots = [{ count: 1, state: model.initialState() }];
  }

  /** Where the next word begins: the state before the last token, and that token. */
  get place(): { readonly state: Float32Array; readonly last: number } {
    const { count, state } = this.#last;
    return { state, last: this.#tokens[count - 1] as number };
  }

  /** What `load` goes on from. */
  get saved(): Read {
    const { count, state } = this.#last;
    return { tokens: this.#tokens.slice(0, count), mark: this.#marks.at(-1) as Mark, state };
  }

  /** Go on from what `saved` gave when `head` was read. */
  load(head: string, { tokens, mark, state }: Read): void {
    this.#head = this.before + head;
    this.#tokens = tokens;
    this.#marks = [mark];
    this.#snapshots.push({ count: tokens.length, state });
  }

  /** The same, to go its own way. */
  copy(): Reading {
    const other = new Reading(this.model, this.tokenizer);
    other.before = this.before;
    other.#tokens = this.#tokens;
    other.#snapshots = [...this.#snapshots];
    other.#marks = [...this.#marks];
    other.#head = this.#head;
    other.#gap = this.#gap;
    return other;
  }

  /** Log P(following | before), natural; 0 where the two are not cut between words. */
  async nats(before: string, following: string): Promise<number> {
    await this.read(before, !isSpace(before.slice(-1))); // nothing held back: its last word is no part of `following`
    const { offset, count } = this.#marks.at(-1) as Mark;
    const begun = this.#tokens.slice(count);
    const tokens = this.tokenizer.encode((this.before + before).slice(offset) + following);
    if (tokens.length <= begun.length || begun.some((token, at) => token !== tokens[at])) return 0;
    const after = tokens.slice(begun.length);
    const read = [this.#tokens.at(-1) as number, ...after.slice(0, -1)];
    const [nats] = await this.model.score(read, after, this.#last.state);
    return nats.reduce((total, each) => total + each, 0);
  }

  /**
   * Read `text` up to the token before the next word; return the bytes held back for that word.
   *
   * With `ends`, nothing is held back.
   */
  async read(text: string, ends = false): Promise<Bytes> {
    const head = this.before + text;
    if (!ends && this.#gap !== undefined && this.#head === head) return this.#gap; // only letters have come since
    const same = sameStart(this.#head, head);
    this.#marks = this.#marks.filter(({ offset }) => !offset || offset < same); // the letter after it decides
    this.#head = head;
    this.#gap = undefined;
    const { offset, count } = await this.#mark(head);
    const { tokenizer } = this;
    const rest = head.slice(offset);
    const [tokens, gap] = ends ? [tokenizer.encode(rest), ""] : tokenizer.encodeContext(rest);
    await this.#goTo([...this.#tokens.slice(0, count), ...tokens]);
    if (!ends) this.#gap = gap;
    return gap;
  }

  /** The last mark in `head`; a new one is set when much text has come since. */
  async #mark(head: string): Promise<Mark> {
    if (!this.#marks.length || head.length - (this.#marks.at(-1) as Mark).offset > 2 * CONTEXT) {
      this.#beginNearEnd(head);
    }
    const mark = this.#marks.at(-1) as Mark;
    const cut = head.length - mark.offset > WINDOW ? lastCut(head, mark.offset) : mark.offset;
    if (cut === mark.offset) return mark;
    const tokens = this.tokenizer.encode(head.slice(mark.offset, cut));
    await this.#goTo([...this.#tokens.slice(0, mark.count), ...tokens]);
    const next = { offset: cut + 1, count: mark.count + tokens.length };
    this.#marks.push(next);
    return next;
  }

  /** Forget all that was read, and begin with the last `CONTEXT` characters, at a word. */
  #beginNearEnd(head: string): void {
    let offset = Math.max(head.length - CONTEXT, 0);
    if (offset) {
      const place = head.indexOf(" ", offset);
      if (place >= 0 && place < head.length - CONTEXT / 2) offset = place + 1;
      else if (/^\p{Surrogate}/u.test(head.slice(offset))) offset++; // the second half of a character
    }
    this.#marks = [{ offset, count: 1 }];
    this.#tokens = [END_OF_TEXT];
    this.#snapshots = [{ count: 1, state: this.model.initialState() }];
  }

  /** Make the last snapshot the one of `tokens`, from the latest that agrees with them. */
  async #goTo(tokens: readonly number[]): Promise<void> {
    let agreed = 0;
    while (agreed < tokens.length && tokens[agreed] === this.#tokens[agreed]) agreed++;
    this.#snapshots = this.#snapshots.filter(({ count }) => count <= agreed);
    this.#tokens = tokens;
    let { count, state } = this.#last;
    while (count < tokens.length) {
      const upto = Math.min(count + STRIDE, tokens.length);
      state = await this.model.advance(tokens.slice(count - 1, upto - 1), state);
      count = upto;
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

  get #last(): Snapshot {
    return this.#snapshots.at(-1) as Snapshot;
  }
}

/** The last space after `start` at which the tokens before and after do not depend on each other, or `start`. */
function lastCut(head: string, start: number): number {
  for (let at = head.lastIndexOf(" "); at > start; at = head.lastIndexOf(" ", at - 1)) {
    if (!isSpace(head[at - 1] as string) && STARTS_WORD.test(head.slice(at + 1, at + 3))) return at;
  }
  return start;
}
