/** What is asked of whatever opens a text field. `wordgru/asking.py` in TypeScript. */
import {
  type PhraseOptions,
  type PrefixOptions,
  phraseDefaults,
  type SessionOptions,
  type Suggestions,
  type SuggestOptions,
  withDefaults,
} from "./suggestions.js";

/** Several words ahead. */
export interface Phrase {
  /** The words, with the spaces between them. */
  readonly text: string;
  /** P(all of them, in this order | context). */
  readonly probability: number;
}

/** A text field: a `Session`, or several as one. */
export interface Field<Self> {
  readonly text: string;
  append(text: string): void;
  set(text: string): void;
  copy(): Self;
  suggest(options?: SessionOptions): Promise<Suggestions>;
}

/** Whatever makes text fields answers these in one. */
export abstract class Asking<Made extends Field<Made>> {
  /** A text field of its own: what is typed into it is read once. */
  abstract session(text?: string): Made;

  /** The most probable words after `context`; a space that is missing after it is implied. */
  async suggest(context: string, options: PrefixOptions = {}): Promise<Suggestions> {
    withDefaults(options); // before they are spread
    return this.session(context).suggest({ ...options, prefix: options.prefix ?? "" });
  }

  /**
   * What the unfinished last word of `text` may become: after "the ca", words that begin with "ca".
   *
   * Where no word is unfinished, the next word is offered.
   */
  async complete(text: string, options: SuggestOptions = {}): Promise<Suggestions> {
    return this.session(text).suggest(options);
  }

  /**
   * Several words ahead, best first, longer ones only while their probability stays above the threshold.
   *
   * A phrase is returned when no continuation of it is probable enough, or it has `maxWords` words; at most `k`.
   *
   * @throws WordgruError if the text holds a lone surrogate, or an option is unknown or out of its range.
   */
  async phrases(context: string, options: PhraseOptions = {}): Promise<Phrase[]> {
    const { maxWords, threshold, asked } = phraseDefaults(options);
    const found: Phrase[] = [];
    const waiting = [{ probability: 1, length: 0, session: this.session(context) }]; // the most probable last
    while (found.length < asked.k) {
      const begun = waiting.pop();
      if (!begun) break;
      const { probability, length, session } = begun;
      const { items, space } =
        length < maxWords ? await session.suggest({ ...asked, prefix: "" }) : { items: [], space: false };
      const likely = items.filter((item) => probability * item.probability >= threshold);
      for (const item of likely) {
        const longer = session.copy();
        longer.append((space ? " " : "") + item.word);
        const joint = probability * item.probability;
        const at = waiting.findIndex((other) => other.probability >= joint); // of equals, the first one goes first
        waiting.splice(at < 0 ? waiting.length : at, 0, { probability: joint, length: length + 1, session: longer });
      }
      if (length && !likely.length) found.push({ text: session.text.slice(context.length).trim(), probability });
    }
    return found;
  }
}
