import type { Bundle, BundleConfig } from "./bundle.js";
import { WordSearch } from "./decoding.js";
import { BundleError } from "./errors.js";
import { Expander, State } from "./expander.js";
import { Lexicon } from "./lexicon.js";
import { OnnxLanguageModel, type Runtime } from "./model.js";
import { checkOptions } from "./options.js";
import { Session, type SessionContext, type SessionOptions } from "./session.js";
import type { Suggestions, SuggestOptions } from "./suggestions.js";
import { Tokenizer } from "./tokenizer.js";

/** Next words from a bundle. Its sessions share what it remembers. */
export class Predictor {
  readonly #context: SessionContext;
  readonly #scratch: Session; // for questions outside a session: what two of them share is read once

  protected constructor(
    readonly config: BundleConfig,
    context: SessionContext,
  ) {
    this.#context = context;
    this.#scratch = new Session(context);
  }

  /**
   * Make a predictor of a bundle that was read.
   *
   * @param batch pieces that the model reads in one call at most: more take longer than they save.
   * @throws BundleError if its files do not fit each other.
   */
  static async open(
    runtime: Runtime,
    { config, tokenizerJson, graph, blocked }: Bundle,
    batch: number,
  ): Promise<Predictor> {
    const tokenizer = Tokenizer.fromJson(tokenizerJson);
    if (tokenizer.pieces.length !== config.model.vocab_size) {
      throw new BundleError(
        `tokenizer.json: has ${tokenizer.pieces.length} pieces; expected ${config.model.vocab_size} as config.json ` +
          "says. Export the model again with `wordgru export`.",
      );
    }
    const model = await OnnxLanguageModel.open(runtime, graph, config);
    const expander = new Expander(model);
    return new this(config, {
      model,
      tokenizer,
      blocked,
      expander,
      search: new WordSearch(new Lexicon(tokenizer.pieces), expander, batch),
      start: new State(model.initialState()),
    });
  }

  /** The most probable words after `context`; a space that is missing after it is implied. */
  async suggest(context: string, options: SessionOptions = {}): Promise<Suggestions> {
    checkOptions(options); // before they are spread
    this.#scratch.set(context);
    return this.#scratch.suggest({ ...options, prefix: options.prefix ?? "" });
  }

  /** What the unfinished last word of `text` may become. The text is taken as it stands: no space is implied. */
  async complete(text: string, options: SuggestOptions = {}): Promise<Suggestions> {
    this.#scratch.set(text);
    return this.#scratch.suggest(options);
  }

  /** A text field of its own: what is typed into it is read once. */
  session(text = ""): Session {
    const session = new Session(this.#context);
    session.set(text);
    return session;
  }
}
