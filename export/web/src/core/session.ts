/** A session: one text field, whose text is read once however it is edited. `wordgru/session.py` in TypeScript. */
import { type Bytes, toBytes, toShown } from "./bytes.js";
import { type Characters, thatMayFollow } from "./characters.js";
import { asBefore, asPrefix, lastLinePart, parted, wordStart } from "./cursor.js";
import type { LanguageModel } from "./model.js";
import type { Named } from "./named.js";
import { asOffered, lessThose, type Offered, type Rule, sourcesOf, stillOffered, timesOffered } from "./offers.js";
import type { PersonalModel } from "./personal.js";
import { isProse } from "./prose.js";
import { Range } from "./ranges.js";
import { Reading } from "./reading.js";
import { type Committed, Saved } from "./saved.js";
import type { WordSearch } from "./search.js";
import type { Found } from "./suggestions.js";
import {
  type Asked,
  NO_OFFERS,
  type SearchOptions,
  type SessionOptions,
  type Suggestion,
  type Suggestions,
  type SuggestOptions,
  withDefaults,
} from "./suggestions.js";
import type { ResetOptions } from "./text_field.js";
import type { Tokenizer } from "./tokenizer.js";
import type { Typed } from "./typing/channel.js";
import { type Correction, type Touched, TypedField, touchesOf } from "./typing/field.js";
import { natsAfter } from "./typing/following.js";
import { Meaning, refuseUntyped, type WordStart } from "./typing/meaning.js";
import type { Typing } from "./typing/model.js";
import {
  asOne,
  inCapitals,
  inSmall,
  isInCapitals,
  offersNothing,
  type TypistOptions,
  typistOptions,
  withCapitalI,
} from "./typist.js";
import type { WordList } from "./word_list.js";
import { APOSTROPHES, isSpace, splitLast, wantsSpace } from "./words.js";

const TAIL = 256; // characters before a word that say which of the person's own words follow
const COUNT_TYPED = new Range(1, { most: 2, whole: true });

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

const NOTHING: Committed = { text: "", since: 0 };

/** What is known of the place where words are asked for: what was typed, whether a space is implied, whether a word ends. */
interface Place {
  readonly typed: string;
  readonly space: boolean;
  readonly ends: boolean;
}

/**
 * What is typed into one text field, and the model's states along it.
 *
 * Variants of a mark that the model never learnt are read as the one that it did (`Tokenizer.variants`), and words are
 * offered with the apostrophe that the text used last: `don’t` to whom types `’`.
 */
export class Session extends TypedField {
  #seen = ""; // the text of the last question
  #seenTouched: Touched = this.touched; // and of its letters
  #reading: Reading;
  #committed = NOTHING;
  #offered: readonly Offered[] = [];
  #named: { head: string; start: Bytes; edition: number; named: Named } | undefined; // what the person's words name
  #turn: Promise<unknown> = Promise.resolve(); // of the last question, for they are answered one by one

  readonly #meaning: Meaning | undefined;

  /**
   * @param shared what the predictor's sessions share.
   * @param typing how the person types; without it, letters are taken as they are.
   * @param typist how offers follow that person.
   */
  constructor(
    private readonly shared: Shared,
    private readonly typing?: Typing,
    readonly typist: TypistOptions = typistOptions(),
  ) {
    super(typing?.layout);
    this.#meaning = typing && new Meaning(typing, shared.search, shared.words);
    this.#reading = new Reading(shared.model, shared.tokenizer);
  }

  /**
   * The session that `save` made into `data`.
   *
   * @throws WordgruError if it is broken, or of another model.
   */
  static load(shared: Shared, data: Uint8Array, typing?: Typing, typist?: TypistOptions): Session {
    const size = shared.model.initialState().byteLength;
    const { text, before, committed, read } = Saved.fromBytes(data, shared.identity, size);
    const session = new Session(shared, typing, typist);
    session.set(text);
    session.#seen = text;
    session.#reading.before = before;
    session.#reading.load(session.#unfinished()[0], read);
    session.#committed = committed;
    return session;
  }

  /** Empty the field, for a new text. The model reads it after the texts that were committed in this field. */
  override reset({ before }: ResetOptions = {}): void {
    super.reset();
    void this.#inTurn(async () => {
      const seen = this.shared.tokenizer.normalize(before ?? this.#reading.before + this.#committed.text);
      this.#reading.before = asBefore(seen);
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
    const other = new Session(this.shared, this.typing, this.typist);
    other.set(this.text);
    other.touched = this.touched;
    other.#seen = this.#seen;
    other.#reading = this.#reading.copy();
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
   * What was meant by the unfinished last word if it ends here, most probable first; what was typed included.
   *
   * @param count of how many last words it is asked, 1 or 2; of 2, one word that was typed as two is among what may have
   *   been meant.
   * @throws WordgruError if the session has no typing model, or a number is out of its range.
   */
  async corrections(options: SuggestOptions = {}, count = 1): Promise<Suggestions> {
    const asked = withDefaults(options);
    if (!this.#meaning) refuseUntyped();
    COUNT_TYPED.check("count", count);
    return this.#inTurn(() => this.#meant(...this.#unfinished(count), asked.k, asked));
  }

  /** Whether two words typed after `before` may be one that the language knows, with a space too many. */
  async mayBeOne(before: string, first: string, second: string): Promise<boolean> {
    return (
      this.shared.words.knows(first + second) &&
      second === second.toLowerCase() &&
      isProse(before + first, before.length, before.length + first.length) &&
      isProse(second, 0, second.length)
    );
  }

  /**
   * What the next character is, and whether the word ends, given the text and its unfinished last word.
   *
   * Where a space is missing before the next word, it is what follows that space.
   */
  async characters(options: Partial<SearchOptions> = {}): Promise<Characters> {
    const asked = withDefaults(options);
    return this.#inTurn(async () => {
      const [before, unfinished] = this.#unfinished();
      const head = before + (!unfinished && wantsSpace(before) ? " " : "");
      const { state, last, gap, named } = await this.#wordStart(head);
      const typed = gap + toBytes(unfinished);
      const found = await this.shared.search.characters({ state, last, typed }, asked, named);
      return thatMayFollow(found, (char) => (unfinished ? splitLast(unfinished + char)[0] === "" : char > " "));
    });
  }

  /**
   * Log P(following | the text before the unfinished last word, and each of some words in its place), natural; in the
   * place of the last two where `count` is 2.
   */
  async natsAfter(choices: readonly string[], following: string, count = 1): Promise<number[]> {
    return this.#inTurn(async () => {
      const start = await this.#wordStart(this.#unfinished(count)[0]);
      return natsAfter(this.shared.model, this.shared.tokenizer, start, choices, following);
    });
  }

  /**
   * Log P(following | before), natural; read as what the field holds.
   *
   * @param before any text that ends where a word does, or before one; the field's own is read fastest.
   * @param following what stands after it, whole words.
   */
  async nats(before: string, following: string): Promise<number> {
    return this.#inTurn(() => this.#reading.nats(before, following));
  }

  /** The session as a few kilobytes, for `Predictor.restore`. */
  async save(): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#reading.read(this.#unfinished()[0]);
      const saved = new Saved(this.#seen, this.#reading.before, this.#committed, this.#reading.saved);
      return saved.toBytes(this.shared.identity);
    });
  }

  /** The text before its unfinished last word, and that word; or the last two, if one space is between them. */
  #unfinished(count = 1): [before: string, unfinished: string] {
    return parted(this.#seen, this.shared.tokenizer, count);
  }

  /** Correct the unfinished last word; see `TypedField`. */
  async correction(threshold: number): Promise<Correction | undefined> {
    const asked = withDefaults({ threshold });
    if (!this.#meaning) refuseUntyped();
    return this.#inTurn(async () => {
      const [head, typed] = this.#unfinished();
      const word = typed && (await this.#correction(head, typed, asked));
      if (!word) return undefined;
      return { start: wordStart(this.#seen, typed, this.shared.tokenizer), typed, word };
    });
  }

  /** Do `work`, on the text as it is now, when all that was asked before is done. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { text, touched } = this;
    const done = this.#turn.then(() => {
      this.#seen = text;
      this.#seenTouched = touched;
      return work();
    });
    this.#turn = done.catch(() => undefined); // whoever asked is told
    return done;
  }

  async #suggest(asked: Asked): Promise<Suggestions> {
    const [before, part] = lastLinePart(this.#seen);
    const tail = this.shared.tokenizer.normalize(part);
    const [rest, unfinished] =
      asked.prefix === undefined ? splitLast(tail) : [tail, asPrefix(asked.prefix, this.shared.tokenizer)];
    const head = before + rest;
    const typed = this.#seen + (asked.prefix ?? "");
    if (offersNothing(this.typist, head, unfinished, asked.prefix !== undefined)) {
      return NO_OFFERS;
    }
    if (head && !unfinished && asked.punctuation && !isSpace(head.slice(-1))) {
      return this.#follow(head, "", asked, { typed, space: false, ends: true });
    }
    const space = !(asked.prefix === undefined && unfinished) && wantsSpace(head);
    return this.#follow(head + (space ? " " : ""), unfinished, asked, { typed, space, ends: false });
  }

  /** What may stand after `head`, in the form in which the one who types writes. */
  async #follow(head: string, prefix: string, asked: Asked, place: Place): Promise<Suggestions> {
    const { capitals, loneI, minProbability } = this.typist;
    const isShouted = capitals && isInCapitals(head, prefix);
    const seen = head + prefix;
    const [before, letters] = isShouted ? [inSmall(head, seen), inSmall(prefix, seen)] : [head, prefix];
    const hasI = loneI && this.shared.words.knows("i'm"); // as English does, and no other language
    const formed = (item: Suggestion): Suggestion => {
      const word = hasI && !this.#isSmallI() ? withCapitalI(item.word, before) : item.word;
      return { ...item, word: isShouted ? inCapitals(word, seen) : word };
    };
    for (let more = 0; ; more++) {
      const many = { ...asked, k: asked.k + more, ignoreCase: asked.ignoreCase || isShouted };
      const found = await this.#find(before, letters, many, place);
      const one = asOne(found.items.map(formed));
      if (!more && one.length < Math.min(asked.k, found.items.length)) continue; // two were one word
      const items = one.slice(0, asked.k).filter(({ probability }) => probability >= minProbability);
      if (asked.attention) {
        const shown = new Set(items.map(({ word }) => word));
        const words = found.items.filter((item) => shown.has(formed(item).word)).map(({ word }) => word);
        this.#offered = [...this.#offered, { head: before, prefix: letters, words }];
      }
      return isShouted && "autocorrect" in found ? { ...found, items, autocorrect: undefined } : { ...found, items };
    }
  }

  /** Whether the person's own words have "i" more often than "I". */
  #isSmallI(): boolean {
    const usual = this.#named?.named.common.shares;
    return (usual?.get("i") ?? 0) > (usual?.get("I") ?? 0);
  }

  // -- reading -------------------------------------------------------------------------------------------------

  async #find(head: string, prefix: string, asked: Asked, { typed, space, ends }: Place): Promise<Suggestions> {
    const gap = await this.#reading.read(head, ends);
    const begun = gap + toBytes(prefix);
    const spaced = ends || begun.startsWith(" ");
    const wanted = ends ? wantsSpace(head) : undefined;
    const place = { ...this.#reading.place, typed: begun };
    if (asked.attention) this.#offered = stillOffered(this.#offered, head, prefix);
    const passed = asked.attention ? timesOffered(this.#offered) : new Map<string, number>();
    const named = await this.#namedWords(head, ends ? (wanted ? " " : "") : gap);
    const factor = (word: Bytes) => this.#factor(word, asked, { spaced, wanted });
    const letters = this.#typed(prefix, false);
    const many = asked.k + passed.size;
    const { words, ...found } = letters
      ? await (this.#meaning as Meaning).goingOn({ ...this.#reading.place, gap, named }, letters, many, asked, factor)
      : await this.shared.search.find(place, many, asked, factor, named);
    let items = words.map((word) => this.#offer(word, typed));
    if (passed.size) items = lessThose(items, passed, asked.attention).slice(0, asked.k);
    if (!letters) return { items, ...found, space };
    return { items, ...found, space, autocorrect: await this.#correction(head, prefix, asked) };
  }

  /** The letters typed as the typing model sees them; undefined without one, or of what it does not look at. */
  #typed(prefix: string, isComplete: boolean): Typed | undefined {
    const start = this.#seen.endsWith(prefix) ? this.#seen.length - prefix.length : -1;
    return this.#meaning?.typed(touchesOf(prefix, start, this.#seenTouched), isComplete);
  }

  /** What was meant by letters after `head` with which the word ends. */
  async #meant(head: string, prefix: string, k: number, asked: Asked, doubt = 1): Promise<Suggestions> {
    const letters = this.#typed(prefix, true);
    if (!letters) return { items: [], exact: true, unexplored: 0, rows: 0, space: false, logEvidence: 0 };
    const start = await this.#wordStart(head);
    const rule = { spaced: start.gap !== "", wanted: undefined };
    const factor = (word: Bytes) => this.#factor(word, asked, rule);
    const meaning = this.#meaning as Meaning;
    const { words, ...found } = await meaning.inFull(head, start, letters, k, asked, factor, doubt);
    const items = words.map((word) => this.#offer(word, this.#seen));
    return { items: asOne(items, true), ...found, space: false };
  }

  /** The word that was meant by a word typed in full, if it is another and probable enough. */
  async #correction(head: string, word: string, asked: Asked): Promise<string | undefined> {
    if (this.#seenTouched.kept.has(word)) return undefined;
    const asTyped = this.#asTyped(word, this.#seen);
    return this.#meaning?.correction(head, word, asked.threshold, asTyped, (k, doubt) =>
      this.#meant(head, word, k, asked, doubt),
    );
  }

  /** Where the word after `head` begins. */
  async #wordStart(head: string): Promise<WordStart> {
    const gap = await this.#reading.read(head);
    return { ...this.#reading.place, gap, named: await this.#namedWords(head, gap) };
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

  /** What a pre-token counts: nothing if it may not stand here. */
  #factor(spelled: Bytes, { punctuation }: Asked, { spaced, wanted }: Pick<Rule, "spaced" | "wanted">): number {
    const text = asOffered(spelled, { punctuation, spaced, wanted });
    return text ? this.shared.words.factor(text) : 0;
  }

  /** `word` with the apostrophe that `text` used last. */
  #asTyped(word: string, text: string): string {
    const [straight, curly] = APOSTROPHES;
    const mark = text.lastIndexOf(curly) > text.lastIndexOf(straight) ? curly : straight;
    const learnt = this.shared.tokenizer.variants.get(mark);
    return learnt && text.includes(mark) ? word.replaceAll(learnt, mark) : word;
  }
}
