/**
 * What was meant at the cursor of a field: the part of a session that needs a typing model.
 * `wordgru/typing/meaning.py` in TypeScript.
 */
import { type Bytes, toBytes, toText } from "../bytes.js";
import { WordgruError } from "../errors.js";
import type { Named } from "../named.js";
import { isProse } from "../prose.js";
import type { WordSearch } from "../search.js";
import type { Answer, SearchOptions, Suggestions } from "../suggestions.js";
import { STRANGE, type WordList } from "../word_list.js";
import { Typed } from "./channel.js";
import type { Touch, Typing } from "./model.js";
import { findMeant } from "./search.js";
import { type Standing, standing, stranger } from "./standing.js";

const LONGEST = 40; // letters of a word that a typing model looks at; longer ones are taken as they are
const CORRECTION_ROWS = 24; // budget of a search for a word typed in full
const CORRECTION_BATCH = 4; // rows of one call there: what was read says what to read next
const TYPED_ROWS = 16; // budget of one that goes on: its rows cost more, and it seldom finds better after them
const ASKED = 3; // words among which a correction is looked for

/** Where a word begins. */
export interface WordStart {
  readonly state: Float32Array;
  readonly last: number;
  readonly gap: Bytes;
  readonly named: readonly Named[];
}

/** What a pre-token counts, from 0 for what may not be offered to 1. */
export type Factor = (spelled: Bytes) => number;

/** Finds what was meant by letters. */
export class Meaning {
  constructor(
    private readonly typing: Typing,
    private readonly search: WordSearch,
    private readonly words: WordList,
  ) {}

  /** The letters typed as the typing model sees them; undefined of what it does not look at. */
  typed(touches: readonly Touch[], isComplete: boolean): Typed | undefined {
    const isRead = touches.length > 0 && touches.length <= LONGEST;
    return isRead ? new Typed(this.typing, touches, isComplete) : undefined;
  }

  /** The words most probably meant by letters after which others may come. */
  goingOn(start: WordStart, typed: Typed, k: number, options: SearchOptions, factor: Factor): Promise<Answer> {
    const fewer = { ...options, maxRows: Math.min(options.maxRows, TYPED_ROWS) };
    const prior = stranger(this.typing.shares.unknown, typed.letters);
    return findMeant(this.search, { ...start, typed }, k, fewer, { factor, prior, named: start.named });
  }

  /**
   * The words most probably meant by letters after `head` with which the word ends.
   *
   * What was typed is always allowed; other words are not looked for where its share is above `doubt`.
   */
  inFull(
    head: string,
    start: WordStart,
    typed: Typed,
    k: number,
    options: SearchOptions,
    factor: Factor,
    doubt: number,
  ): Promise<Answer> {
    const own = start.gap + toBytes(typed.letters);
    const { prior, share, isName } = this.#standing(head, typed.letters);
    const small = toText(own)?.toLowerCase();
    const standingFactor = (word: Bytes) => {
      const usual = factor(word);
      if (share === undefined || !usual || toText(word)?.toLowerCase() !== small) return usual || Number(word === own);
      return word === own ? share : Math.min(usual, share);
    };
    const fewer = {
      ...options,
      maxRows: Math.min(options.maxRows, CORRECTION_ROWS),
      batch: Math.min(options.batch, CORRECTION_BATCH),
    };
    return findMeant(this.search, { ...start, typed }, k, fewer, {
      factor: standingFactor,
      prior,
      named: start.named,
      near: [...this.#near(typed.letters), ...(isName ? [typed.letters] : [])],
      doubt,
    });
  }

  /** What a word typed in full after `head` has as it stands. */
  #standing(head: string, typed: string): Standing {
    const isStrange = !typed.includes(" ") && this.words.factor(typed) === STRANGE;
    return isStrange ? standing(this.typing, head, typed) : { prior: stranger(this.typing.shares.unknown, typed) };
  }

  /** Known words near a word that is none, as they are and with a capital. */
  #near(typed: string): string[] {
    if (typed.includes(" ") || this.words.knows(typed)) return [];
    const found = this.words.near(typed, this.typing.layout.letters);
    return found.flatMap((word) => [word, word.replace(/^./u, (first) => first.toUpperCase())]);
  }

  /**
   * The word that was meant by a word typed in full, if it is another and probable enough.
   *
   * @param ask the words meant, most probable first; given how many, and the share above which what was typed is right.
   */
  async correction(
    head: string,
    word: string,
    threshold: number,
    asTyped: string,
    ask: (k: number, doubt: number) => Promise<Suggestions>,
  ): Promise<string | undefined> {
    if (!isProse(head + word, head.length, head.length + word.length)) return undefined;
    const { items, unexplored } = await ask(ASKED, 1 - threshold);
    const [best] = items;
    if (!best) return undefined;
    const isSame = best.word.toLowerCase() === asTyped.toLowerCase();
    return isSame || best.probability * (1 - unexplored) < threshold ? undefined : best.word;
  }
}

/** @throws WordgruError always: there is no typing model. */
export function refuseUntyped(): never {
  throw new WordgruError("this session has no typing model; make it with predictor.session(text, { typing: {} }).");
}
