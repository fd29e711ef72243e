/** The predictor: a bundle, loaded once, that answers what word comes next. `wordgru/predictor.py` in TypeScript. */
import { Asking } from "./asking.js";
import type { Bundle, BundleConfig } from "./bundle.js";
import { BundleError } from "./errors.js";
import { type GenerateOptions, generate } from "./generating.js";
import { OnnxLanguageModel, type Runtime } from "./model.js";
import { PersonalModel } from "./personal.js";
import { WordSearch } from "./search.js";
import { Session, type Shared } from "./session.js";
import { END_OF_TEXT, Tokenizer } from "./tokenizer.js";
import { Typing, type TypingModel } from "./typing/model.js";
import { AS_READ, type TypistOptions, typistOptions } from "./typist.js";
import { WordList } from "./word_list.js";

/** How a bundle is loaded. */
export interface OpenOptions {
  /** Never offer the words of the bundle's block list, if it has one. Default true. */
  readonly block?: boolean | undefined;
  /** Words of the person who types, or the name of the IndexedDB database that keeps them. Sessions learn into it. */
  readonly personal?: PersonalModel | string | undefined;
  /** How offers follow the person; a session may say otherwise. */
  readonly typist?: Partial<TypistOptions> | undefined;
}

/** What is known of a text field. */
export interface FieldOptions {
  /** How the person types: then letters stand for those beside them on the keyboard too. `{}`: the defaults. */
  readonly typing?: TypingModel | undefined;
  /** How offers follow the person; without it, the defaults. */
  readonly typist?: Partial<TypistOptions> | undefined;
}

/** How expected one word or mark of a text was. */
export interface Score {
  /** The word or mark; empty for the end of the text. */
  readonly text: string;
  /** Where it begins in the text, white space before it included, in UTF-16 units. */
  readonly start: number;
  /** Nats, of its tokens given all before them. */
  readonly logProbability: number;
  /** Surprisal in bits. */
  readonly bits: number;
}

/** Next words from a bundle. Its sessions share what it remembers. */
export class Predictor extends Asking<Session> {
  readonly #shared: Shared;

  protected constructor(
    readonly config: BundleConfig,
    shared: Shared,
    /** How offers follow the person, in sessions that do not say otherwise. */
    public typist: TypistOptions = typistOptions(),
  ) {
    super();
    this.#shared = shared;
  }

  /** Words to offer, and words never to offer. */
  get words(): WordList {
    return this.#shared.words;
  }

  /** Words of the person who types. */
  get personal(): PersonalModel | undefined {
    return this.#shared.personal;
  }

  /**
   * Make a predictor of a bundle that was read.
   *
   * @throws BundleError if its files do not fit each other; WordgruError if personal words cannot be read.
   */
  static async open(
    runtime: Runtime,
    { config, tokenizerJson, graph, blocked, known }: Bundle,
    { block = true, personal: given, typist }: OpenOptions = {},
  ): Promise<Predictor> {
    const tokenizer = Tokenizer.fromJson(tokenizerJson);
    const { tokenBytes, finals } = tokenizer;
    if (tokenBytes.length !== config.model.vocab_size) {
      throw new BundleError(
        `tokenizer.json: has ${tokenBytes.length} tokens; expected ${config.model.vocab_size} as config.json says. ` +
          "Export the model again with `wordgru export`.",
      );
    }
    const personal = typeof given === "string" ? new PersonalModel(given) : given;
    await personal?.edition(); // what is wrong with a store is said here, not at the first keystroke
    const model = await OnnxLanguageModel.open(runtime, graph, config);
    const shared = {
      model,
      tokenizer,
      search: new WordSearch(model, tokenBytes, finals, (preToken) => tokenizer.spell(preToken)),
      words: new WordList((text) => tokenizer.normalize(text), block ? blocked : [], known),
      personal,
      identity: Object.values(config.files).sort().join(" "),
    };
    return new this(config, shared, typistOptions(typist));
  }

  /**
   * A text field of its own: what is typed into it is read once.
   *
   * @throws WordgruError if the typing model is none, or a number of the typist's is out of its range.
   */
  session(text = "", { typing, typist }: FieldOptions = {}): Session {
    const session = new Session(
      this.#shared,
      typing && new Typing(typing),
      typist ? typistOptions(typist) : this.typist,
    );
    session.set(text);
    return session;
  }

  /**
   * A session from what `Session.save` returned.
   *
   * @throws WordgruError if the data is broken, or of another model.
   */
  async restore(data: Uint8Array, { typing, typist }: FieldOptions = {}): Promise<Session> {
    return Session.load(this.#shared, data, typing && new Typing(typing), typist ? typistOptions(typist) : this.typist);
  }

  /**
   * Log-probability of each word and mark of `text`, and of the text's end; they sum to the text's.
   *
   * The text is read as in training: CR LF, invisible marks and variants of marks as the tokenizer normalises them.
   *
   * @throws WordgruError if the text holds a lone surrogate.
   */
  async score(text: string): Promise<Score[]> {
    const { model, tokenizer } = this.#shared;
    const tokens = tokenizer.encode(text);
    const [nats] = await model.score([END_OF_TEXT, ...tokens], [...tokens, END_OF_TEXT], model.initialState());
    const scored = (text: string, start: number, low: number, high: number) => {
      const logProbability = nats.slice(low, high).reduce((total, each) => total + each, 0);
      return { text, start, logProbability, bits: -logProbability / Math.LN2 };
    };
    return [
      ...tokenizer.units(text).map(({ start, end, low, high }) => {
        const unit = text.slice(start, end).trimStart();
        return scored(unit.trimEnd(), end - unit.length, low, high);
      }),
      scored("", text.length, tokens.length, nats.length),
    ];
  }
  /**
   * Text that goes on from `context`, drawn from the model; the answer does not repeat it.
   *
   * The text may be cut anywhere: its last word is taken as unfinished, and drawn among those that it may become.
   *
   * @throws WordgruError if the text holds a lone surrogate, or a number is out of its range.
   */
  async generate(context = "", options: GenerateOptions = {}): Promise<string> {
    return generate(this.#shared, this.session(context, { typist: AS_READ }), options);
  }
}
