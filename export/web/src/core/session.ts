import type { WordSearch } from "./decoding.js";
import { WordgruError } from "./errors.js";
import { checkOptions } from "./options.js";
import { Reader, type Shared } from "./reader.js";
import type { SearchOptions, Suggestions, SuggestOptions } from "./suggestions.js";
import { TextField } from "./text_field.js";
import { normalize } from "./tokenizer.js";
import { isUnspaced, splitLast, wantsSpace } from "./words.js";

/** What is asked at the cursor of a text field. */
export interface SessionOptions extends SuggestOptions {
  /**
   * Letters typed that are not in the text. Without it the unfinished last word of the text is the prefix, and no space
   * is implied: the text is taken as it stands.
   */
  readonly prefix?: string;
}

/** What a session needs of its predictor. */
export interface SessionContext extends Shared {
  readonly search: WordSearch;
  readonly blocked: ReadonlySet<string>;
}

/**
 * What is typed into one text field, read once however it is edited.
 *
 * Marks that the model never learnt are read as their twins, and words are offered with the apostrophe that the text
 * used last.
 */
export class Session extends TextField {
  #reader: Reader;
  #turn: Promise<unknown> = Promise.resolve(); // of the last question, for they are answered one by one

  constructor(private readonly context: SessionContext) {
    super();
    this.#reader = new Reader(context);
  }

  /** A session with the same text that goes its own way. */
  copy(): Session {
    const other = new Session(this.context);
    other.set(this.text);
    other.#reader = this.#reader.copy();
    return other;
  }

  /**
   * The most probable words at the cursor, as it stands when this is called.
   *
   * @throws WordgruError if the text holds a lone surrogate, the prefix is no part of a word, or an option is unknown,
   *   of another type or out of its range.
   */
  async suggest(options: SessionOptions = {}): Promise<Suggestions> {
    checkOptions(options);
    const { prefix } = options;
    const search = this.#searchOptions(options);
    if (prefix === undefined) {
      const [head, unfinished] = splitLast(this.text);
      return this.#find(head, unfinished, search);
    }
    if (prefix && splitLast(prefix)[0] && !isUnspaced(prefix)) {
      throw new WordgruError(
        `the prefix '${prefix}' is no beginning of a word; expected letters or digits, with single ' ’ or - between ` +
          "them. Put what stands before the word into the context.",
      );
    }
    return this.#find(this.text + (wantsSpace(this.text) ? " " : ""), prefix, search);
  }

  #find(head: string, prefix: string, options: SearchOptions): Promise<Suggestions> {
    const { tokenizer, search } = this.context;
    const answer = this.#turn.then(async () => {
      const { reading, gap } = await this.#reader.read(tokenizer.familiar(head));
      const letters = normalize(tokenizer.familiar(prefix));
      return this.#asTyped(await search.find({ reading, gap, prefix: letters }, options), head + prefix);
    });
    this.#turn = answer.catch(() => undefined); // whoever asked is told
    return answer;
  }

  /** The same words, with the apostrophe that `text` used last. */
  #asTyped(found: Suggestions, text: string): Suggestions {
    const mark = text.lastIndexOf("’") > text.lastIndexOf("'") ? "’" : "'";
    const twin = this.context.tokenizer.twins.get(mark);
    if (twin === undefined || !text.includes(mark)) return found;
    const items = found.items.map((item) => ({ ...item, word: item.word.replaceAll(twin, mark) }));
    return { ...found, items };
  }

  #searchOptions(options: SuggestOptions): SearchOptions {
    const { k = 5, ignoreCase = false, tolerance = 3e-3, maxExpanded = 512, allowBlocked = false } = options;
    if (!Number.isInteger(k) || k < 1) throw new WordgruError(`k is ${k}; expected at least 1 word.`);
    if (!(tolerance >= 0 && tolerance < 1)) {
      throw new WordgruError(`tolerance is ${tolerance}; expected a probability below 1.`);
    }
    return {
      k,
      ignoreCase,
      tolerance: Math.max(tolerance, 1e-9),
      maxExpanded,
      maxMilliseconds: options.maxMilliseconds ?? Number.POSITIVE_INFINITY,
      blocked: allowBlocked ? new Set() : this.context.blocked,
    };
  }
}
