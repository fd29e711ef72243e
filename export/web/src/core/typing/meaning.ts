/**
 * What was meant at the cursor of a field: the part of a session that needs a typing model.
 * `wordgru/typing/meaning.py` in TypeScript.
 */
import type { Bytes } from "../bytes.js";
import { WordgruError } from "../errors.js";
import type { Named } from "../named.js";
import { isProse } from "../prose.js";
import type { WordSearch } from "../search.js";
import type { Answer, SearchOptions, Suggestions } from "../suggestions.js";
import { Typed } from "./channel.js";
import type { Touch, Typing } from "./model.js";
import { findMeant } from "./search.js";
import { type Standing, standing, stranger } from "./standing.js";

const LONGEST = 40; // letters of a word that a typing model looks at; longer ones are taken as they are
const CORRECTION_ROWS = 24; // budget of a search for a word typed in full
const TYPED_ROWS = 32; // and of one that goes on: its rows cost more, and it seldom finds better after them
const CORRECTION_BATCH = 4; // rows of one call there: what was read says what to read next
const ASKED = 3; // words among which a correction is looked for

/** Where a word begins. */
export interface WordStart {
  readonly state: Float32Array;
  readonly last: number;
  readonly gap: Bytes;
  readonly named: readonly Named[];
}

/** Finds what was meant by letters. */
export class Meaning {
  constructor(
    private readonly typing: Typing,
    private readonly search: WordSearch,
  ) {}

  /** The letters typed as the typing model sees them; undefined of what it does not look at. */
  typed(touches: readonly Touch[], isComplete: boolean): Typed | undefined {
    const isRead = touches.length > 0 && touches.length <= LONGEST;
    return isRead ? new Typed(this.typing, touches, isComplete) : undefined;
  }

  /** What a word typed after `head` has as it stands; `isStrange`: it is typed in full, and the language does not know it. */
  standing(head: string, typed: string, isStrange: boolean): Standing {
    return isStrange ? standing(this.typing, head, typed) : { prior: stranger(this.typing.shares.unknown, typed) };
  }

  /** What the keys of the layout type in words. */
  get letters(): string[] {
    return this.typing.layout.letters;
  }

  /**
   * The words most probably meant by letters.
   *
   * @param near words that were perhaps meant, of a word typed in full.
   * @param prior P(the next word is what was typed, and no model knows it).
   */
  find(
    { named, near = [], prior, ...start }: WordStart & { readonly near?: readonly string[]; readonly prior: number },
    typed: Typed,
    k: number,
    options: SearchOptions,
    factor: (spelled: Bytes) => number,
    doubt?: number,
  ): Promise<Answer> {
    const most = typed.complete ? CORRECTION_ROWS : TYPED_ROWS;
    const batch = typed.complete ? Math.min(options.batch, CORRECTION_BATCH) : options.batch;
    const fewer = { ...options, maxRows: Math.min(options.maxRows, most), batch };
    return findMeant(this.search, { ...start, typed }, k, fewer, {
      factor,
      prior,
      named,
      near,
      ...(doubt === undefined ? {} : { doubt }),
    });
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
