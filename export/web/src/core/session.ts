/** A session: one text field, whose text is read once however it is edited. `wordgru/session.py` in TypeScript. */
import { type Bytes, toBytes, toShown, toText } from "./bytes.js";
import { WordgruError } from "./errors.js";
import type { LanguageModel } from "./model.js";
import type { Named } from "./named.js";
import { lessThose, type Offered, sourcesOf, stillOffered, timesOffered } from "./offers.js";
import type { PersonalModel } from "./personal.js";
import type { Found, WordSearch } from "./search.js";
import { type Asked, type SessionOptions, type Suggestion, type Suggestions, withDefaults } from "./suggestions.js";
import { TextField } from "./text_field.js";
import { END_OF_TEXT, type Tokenizer } from "./tokenizer.js";
import type { WordList } from "./word_list.js";
import { APOSTROPHES, isOne, isSpace, kind, splitLast, takesSpace, wantsSpace } from "./words.js";

const STRIDE = 64; // tokens between the snapshots that a long text leaves
const SNAPSHOTS = 10; // of which the last half are kept as they are, older ones thinned out
const CONTEXT = 2048; // characters of a long paste that are read, some 500 tokens; the English model learnt from 1,024
const TAIL = 256; // characters before a word that say which of the person's own words follow
const WINDOW = 96; // characters after the last mark before a new one is set
const NEW_LINE = 10; // the byte between the two parts of a saved session
const STARTS_WORD = /^[\p{L}\p{N}]/u;

/** What a predictor's sessions share. */
export interface Shared {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** Over the same model. */
  readonly search: WordSearch;
  /** Words to offer and not to offer. */
  readonly words: WordList;
  /** Words of the person who types. */
  readonly personal: PersonalModel | undefined;
  /** By which a saved session knows its model again. */
  readonly identity: string;
}

/** How many tokens were read, and the state before the last of them. */
interface Snapshot {
  readonly count: number;
  readonly state: Float32Array;
}

/** A place where the text can be cut without changing its tokens, so that only what follows it is encoded again. */
interface Mark {
  readonly offset: number;
  readonly count: number;
}

/** What the person's words have learnt of a field, and their clock before. */
interface Committed {
  readonly text: string;
  readonly since: number;
}

const NOTHING: Committed = { text: "", since: 0 };

/**
 * What is typed into one text field, and the model's states along it.
 *
 * Variants of a mark that the model never learnt are read as the one that it did (`Tokenizer.variants`), and words are
 * offered with the apostrophe that the text used last: `don’t` to whom types `’`.
 *
 * Reading begins at the first mark: of a long paste only the last part is read (`CONTEXT`).
 */
export class Session extends TextField {
  #seen = ""; // the text of the last question
  #tokens: readonly number[] = [END_OF_TEXT];
  #snapshots: Snapshot[];
  #marks: Mark[] = [{ offset: 0, count: 1 }];
  #head = ""; // what was read last, which the marks belong to: its end is normalised
  #gap: Bytes | undefined; // the bytes held back then
  #committed = NOTHING;
  #offered: readonly Offered[] = [];
  #named: { head: string; start: Bytes; edition: number; named: Named } | undefined; // what the person's words name
  #turn: Promise<unknown> = Promise.resolve(); // of the last question, for they are answered one by one

  constructor(private readonly shared: Shared) {
    super();
    this.#snapshots = [{ count: 1, state: shared.model.initialState() }];
  }

  /**
   * The session that `save` made into `data`.
   *
   * @throws WordgruError if it is broken, or of another model.
   */
  static load(shared: Shared, data: Uint8Array): Session {
    const end = data.indexOf(NEW_LINE);
    const session = new Session(shared);
    const size = session.#last.state.byteLength;
    let saved: { model: string; text: string; tokens: number[]; mark: Mark; committed: Committed };
    try {
      saved = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data.subarray(0, end)));
      const isWhole = typeof saved.text === "string" && Array.isArray(saved.tokens) && isMark(saved.mark);
      if (!isWhole || !isCommitted(saved.committed)) throw new Error("a part is missing");
    } catch (error) {
      throw new WordgruError(`the saved session cannot be read (${(error as Error).message}); start a new one.`);
    }
    if (saved.model !== shared.identity) {
      throw new WordgruError("the saved session is of another model; load that model, or start a new session.");
    }
    if (data.length - end - 1 !== size) {
      throw new WordgruError("the saved session cannot be read (it was cut short); start a new one.");
    }
    session.set(saved.text);
    session.#tokens = saved.tokens;
    const state = new Float32Array(data.slice(end + 1).buffer);
    session.#snapshots.push({ count: saved.tokens.length, state });
    session.#marks = [saved.mark];
    session.#seen = saved.text;
    session.#head = session.#finished();
    session.#committed = saved.committed;
    return session;
  }

  /** Empty the field, for a new text. */
  override reset(): void {
    super.reset();
    void this.#inTurn(async () => {
      this.#committed = NOTHING;
      this.#offered = [];
    });
  }

  /**
   * Learn what stands in the field: call it when the text is sent, or the field left. Return how many words.
   *
   * Called again after a correction, what was learnt of the field before is taken back. Without a `PersonalModel`
   * nothing happens.
   *
   * @throws WordgruError if the text holds a lone surrogate, or the store cannot be written.
   */
  async commit(): Promise<number> {
    return this.#inTurn(async () => {
      const { personal, tokenizer } = this.shared;
      const { text, since } = this.#committed;
      if (!personal || this.#seen === text) return 0;
      const seen = tokenizer.normalize(this.#seen);
      if (text) await personal.unlearn(tokenizer.normalize(text), since);
      this.#committed = NOTHING;
      const clock = await personal.clock;
      const count = await personal.learn(seen);
      this.#committed = { text: this.#seen, since: clock };
      return count;
    });
  }

  /** A session with the same text that goes its own way; of what it commits, nothing was learnt yet. */
  copy(): Session {
    const other = new Session(this.shared);
    other.set(this.text);
    other.#seen = this.#seen;
    other.#tokens = this.#tokens;
    other.#snapshots = [...this.#snapshots];
    other.#marks = [...this.#marks];
    other.#head = this.#head;
    other.#gap = this.#gap;
    other.#named = this.#named;
    other.#offered = this.#offered;
    return other;
  }

  /**
   * The most probable words at the cursor, as it stands when this is called.
   *
   * Without a `prefix` the unfinished last word of the text is the prefix. A space that is missing between the text and
   * a new word is implied (`Suggestions.space`).
   *
   * @throws WordgruError if the text holds a lone surrogate, the prefix is no part of a word, or an option is unknown,
   *   of another type or out of its range.
   */
  async suggest(options: SessionOptions = {}): Promise<Suggestions> {
    const asked = withDefaults(options);
    return this.#inTurn(() => this.#suggest(asked));
  }

  /**
   * Log P(following | before), natural; read as what the field holds.
   *
   * @param before any text that ends where a word does, or before one; the field's own is read fastest.
   * @param following what stands after it, whole words.
   */
  async nats(before: string, following: string): Promise<number> {
    return this.#inTurn(async () => {
      await this.#read(before, !isSpace(before.slice(-1))); // nothing held back: its last word is no part of `following`
      const { offset, count } = this.#marks.at(-1) as Mark;
      const begun = this.#tokens.slice(count);
      const tokens = this.shared.tokenizer.encode(before.slice(offset) + following);
      if (tokens.length <= begun.length || begun.some((token, at) => token !== tokens[at])) return 0;
      const after = tokens.slice(begun.length);
      const read = [this.#tokens.at(-1) as number, ...after.slice(0, -1)];
      const [nats] = await this.shared.model.score(read, after, this.#last.state);
      return nats.reduce((total, each) => total + each, 0);
    });
  }

  /** The session as a few kilobytes, for `Predictor.restore`. */
  async save(): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#read(this.#finished());
      const { count, state } = this.#last;
      const tokens = this.#tokens.slice(0, count);
      const mark = this.#marks.at(-1);
      const head = JSON.stringify({
        model: this.shared.identity,
        text: this.#seen,
        tokens,
        mark,
        committed: this.#committed,
      });
      const values = new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
      return Uint8Array.from([...new TextEncoder().encode(head), NEW_LINE, ...values]);
    });
  }

  /** The text before its unfinished last word. */
  #finished(): string {
    const [before, tail] = lastLinePart(this.#seen);
    return before + splitLast(this.shared.tokenizer.normalize(tail))[0];
  }

  /** Do `work`, on the text as it is now, when all that was asked before is done. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { text } = this;
    const done = this.#turn.then(() => {
      this.#seen = text;
      return work();
    });
    this.#turn = done.catch(() => undefined); // whoever asked is told
    return done;
  }

  async #suggest(asked: Asked): Promise<Suggestions> {
    const [before, part] = lastLinePart(this.#seen);
    const tail = this.shared.tokenizer.normalize(part);
    const [rest, unfinished] = asked.prefix === undefined ? splitLast(tail) : [tail, this.#prefix(asked.prefix)];
    const head = before + rest;
    const typed = this.#seen + (asked.prefix ?? "");
    if (head && !unfinished && asked.punctuation && !isSpace(head.slice(-1))) {
      return this.#find(head, "", asked, { typed, space: false, ends: true });
    }
    const space = !(asked.prefix === undefined && unfinished) && wantsSpace(head);
    return this.#find(head + (space ? " " : ""), unfinished, asked, { typed, space, ends: false });
  }

  #prefix(prefix: string): string {
    const seen = this.shared.tokenizer.normalize(prefix);
    const unspaced = !seen.startsWith(" ") && isOne(seen) && kind(seen) === "unspaced";
    if (!unspaced && splitLast(seen)[1] !== seen) {
      throw new WordgruError(
        `the prefix '${prefix}' is no beginning of a word; expected letters or digits, with single ' ’ or - between ` +
          "them. Put what stands before the word into the context.",
      );
    }
    return seen;
  }

  // -- reading -------------------------------------------------------------------------------------------------

  get #last(): Snapshot {
    return this.#snapshots.at(-1) as Snapshot;
  }

  async #find(
    head: string,
    prefix: string,
    asked: Asked,
    { typed, space, ends }: { typed: string; space: boolean; ends: boolean },
  ): Promise<Suggestions> {
    const gap = await this.#read(head, ends);
    const { count, state } = this.#last;
    const begun = gap + toBytes(prefix);
    const spaced = ends || begun.startsWith(" ");
    const wanted = ends ? wantsSpace(head) : undefined;
    const place = { state, last: this.#tokens[count - 1] as number, typed: begun };
    if (asked.attention) this.#offered = stillOffered(this.#offered, head, prefix);
    const passed = asked.attention ? timesOffered(this.#offered) : new Map<string, number>();
    const named = await this.#namedWords(head, ends ? (wanted ? " " : "") : gap);
    const factor = (word: Bytes) => this.#factor(word, asked, { spaced, wanted });
    const { words, ...found } = await this.shared.search.find(place, asked.k + passed.size, asked, factor, named);
    let items = words.map((word) => this.#offer(word, typed));
    if (passed.size) items = lessThose(items, passed, asked.attention).slice(0, asked.k);
    if (asked.attention) this.#offered = [...this.#offered, { head, prefix, words: items.map(({ word }) => word) }];
    return { items, ...found, space };
  }

  #offer({ spelled, probability, tokens, named }: Found, typed: string): Suggestion {
    const { tokenBytes } = this.shared.tokenizer;
    return {
      word: this.#asTyped(toShown(spelled).replace(/^ /, ""), typed),
      probability,
      tokens: tokens.map((id) => toShown(tokenBytes[id] as Bytes)),
      sources: sourcesOf(probability, named),
    };
  }

  /** What other sources than the model name where a word begins after `head`, with `start` held back. */
  async #namedWords(head: string, start: Bytes): Promise<Named[]> {
    const { words, personal, tokenizer } = this.shared;
    const found = [words.named(start)];
    if (personal) {
      const edition = await personal.edition();
      const isKnown = this.#named?.head === head && this.#named.start === start && this.#named.edition === edition;
      if (!isKnown) {
        const text = tokenizer.normalize([...head.slice(-2 * TAIL)].slice(-TAIL).join(""));
        this.#named = { head, start, edition, named: await personal.named(text, start) };
      }
      found.push(this.#named?.named);
    }
    return found.filter((each) => each !== undefined);
  }

  /**
   * What a pre-token counts: nothing if it is no word, or if asked a mark, that may stand here.
   *
   * A space may begin it if `spaced`. Where what follows directly and what follows a space are ranked in one, `wanted`
   * says whether a word has its space: each is offered in one form, " word" and ".", not "word" and " .".
   */
  #factor(
    spelled: Bytes,
    { punctuation }: Asked,
    { spaced, wanted }: { spaced: boolean; wanted: boolean | undefined },
  ): number {
    const text = toText(spelled);
    if (!text || (text.startsWith(" ") && !spaced) || !isOne(text)) return 0;
    const what = kind(text);
    if (what === "space" || ((what === "marks" || what === "emoji") && !punctuation)) return 0;
    if (wanted !== undefined && text.startsWith(" ") !== (wanted && takesSpace(text))) return 0;
    return this.shared.words.factor(text.replace(/^ /, ""));
  }

  /** `word` with the apostrophe that `text` used last. */
  #asTyped(word: string, text: string): string {
    const [straight, curly] = APOSTROPHES;
    const mark = text.lastIndexOf(curly) > text.lastIndexOf(straight) ? curly : straight;
    const learnt = this.shared.tokenizer.variants.get(mark);
    return learnt && text.includes(mark) ? word.replaceAll(learnt, mark) : word;
  }

  /**
   * Read `head` up to the token before the next word; return the bytes held back for that word.
   *
   * With `ends`, nothing is held back.
   */
  async #read(head: string, ends = false): Promise<Bytes> {
    if (!ends && this.#gap !== undefined && this.#head === head) return this.#gap; // only letters have come since
    const same = sameStart(this.#head, head);
    this.#marks = this.#marks.filter(({ offset }) => !offset || offset < same); // the letter after it decides
    this.#head = head;
    this.#gap = undefined;
    const { offset, count } = await this.#mark(head);
    const { tokenizer } = this.shared;
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
    const tokens = this.shared.tokenizer.encode(head.slice(mark.offset, cut));
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
    this.#snapshots = [{ count: 1, state: this.shared.model.initialState() }];
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
      state = await this.shared.model.advance(tokens.slice(count - 1, upto - 1), state);
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
}

function isCommitted(committed: Committed | undefined): boolean {
  return typeof committed?.text === "string" && Number.isFinite(committed.since);
}

function isMark(mark: Mark | undefined): boolean {
  return Number.isInteger(mark?.offset) && Number.isInteger(mark?.count);
}

/** How many UTF-16 units two texts begin with alike. */
function sameStart(one: string, other: string): number {
  if (other.startsWith(one)) return one.length;
  const most = Math.min(one.length, other.length);
  let same = 0;
  while (same < most && one.charCodeAt(same) === other.charCodeAt(same)) same++;
  return same;
}

/** The last space after `start` at which the tokens before and after do not depend on each other, or `start`. */
function lastCut(head: string, start: number): number {
  for (let at = head.lastIndexOf(" "); at > start; at = head.lastIndexOf(" ", at - 1)) {
    if (!isSpace(head[at - 1] as string) && STARTS_WORD.test(head.slice(at + 1, at + 3))) return at;
  }
  return start;
}

/** `text` cut after its last white space. */
function lastLinePart(text: string): [before: string, part: string] {
  const start = Math.max(...[" ", "\n", "\r", "\t"].map((mark) => text.lastIndexOf(mark))) + 1;
  return [text.slice(0, start), text.slice(start)];
}
