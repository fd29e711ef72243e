/** A predictor in a Worker, so that the page never waits. */
import type { Phrase } from "./core/asking.js";
import type { BundleConfig } from "./core/bundle.js";
import type { Characters } from "./core/characters.js";
import { WordgruError } from "./core/errors.js";
import type { GenerateOptions } from "./core/generating.js";
import type { FieldOptions, OpenOptions, Score } from "./core/predictor.js";
import {
  type PhraseOptions,
  type PrefixOptions,
  phraseDefaults,
  type SearchOptions,
  type SessionOptions,
  type Suggestions,
  type SuggestOptions,
  withDefaults,
} from "./core/suggestions.js";
import { type ResetOptions, TextField } from "./core/text_field.js";
import { type Correction, TypedField } from "./core/typing/field.js";
import { refuseUntyped } from "./core/typing/meaning.js";
import { Typing } from "./core/typing/model.js";
import { typistOptions } from "./core/typist.js";
import type { Field } from "./protocol.js";
import type { BundleSource } from "./source.js";
import { type PersonalModel, remote, Thread, type WordList } from "./thread.js";

/** How a bundle is loaded, and where the files of this package are, if not beside this module. */
export interface LoadOptions extends Omit<OpenOptions, "personal"> {
  /**
   * Where the words of the person who types are kept: the name of an IndexedDB database, made where there is none; or
   * true for the worker's memory alone. Sessions learn into it.
   */
  readonly personal?: string | true | undefined;
  /** The worker, `worker.js`. */
  readonly worker?: string | URL;
  /** onnxruntime's wasm file; by default it lies beside this module, or beside the worker that is named. */
  readonly wasm?: string | URL;
}

/** What predictors share: the worker, word lists, personal words. */
type SharedParts = readonly [thread: Thread, words: WordList, personal: PersonalModel | undefined];

/** What answers in a Worker. */
abstract class Asking {
  protected sessions = 0;

  protected constructor(
    protected readonly thread: Thread,
    /** Words to offer, and words never to offer. */
    readonly words: WordList,
    /** Words of the person who types, if the predictor was loaded with some. */
    readonly personal: PersonalModel | undefined,
  ) {}

  /** The most probable words after `context`; a space that is missing after it is implied. */
  async suggest(context: string, options: PrefixOptions = {}): Promise<Suggestions> {
    withDefaults(options);
    return this.thread.ask({ ask: "suggest", context, options });
  }

  /**
   * What the unfinished last word of `text` may become: after "the ca", words that begin with "ca".
   *
   * Where no word is unfinished, the next word is offered.
   */
  async complete(text: string, options: SuggestOptions = {}): Promise<Suggestions> {
    withDefaults(options);
    return this.thread.ask({ ask: "complete", text, options });
  }

  /** Several words ahead, best first, longer ones only while their probability stays above the threshold. */
  async phrases(context: string, options: PhraseOptions = {}): Promise<Phrase[]> {
    phraseDefaults(options);
    return this.thread.ask({ ask: "phrases", context, options });
  }

  /** End the worker; what is asked from now on is refused. */
  close(): void {
    this.thread.close();
  }
}

/**
 * Next words from a bundle, found in a Worker.
 *
 * @example
 * const predictor = await Predictor.load("models/en/");
 * const { items } = await predictor.suggest("the number of", { k: 3 });
 */
export class Predictor extends Asking {
  private constructor(
    /** What the bundle's `config.json` says. */
    readonly config: BundleConfig,
    ...shared: SharedParts
  ) {
    super(...shared);
  }

  /**
   * Load a bundle: the address of its folder, or its files by name; or several, as one predictor that follows its user
   * between their languages.
   *
   * @throws BundleError if there is no bundle, or it is broken, foreign or too new; WordgruError outside a browser,
   *   without onnxruntime's wasm, or if personal words cannot be read.
   */
  static async load(source: BundleSource, options?: LoadOptions): Promise<Predictor>;
  static async load(sources: readonly BundleSource[], options?: LoadOptions): Promise<MixedPredictor>;
  static async load(source: BundleSource | readonly BundleSource[], options: LoadOptions = {}): Promise<unknown> {
    if (typeof Worker === "undefined") {
      throw new WordgruError("there is no Worker here, so this is no page; in Node import 'wordgru-node'.");
    }
    const absolute = (each: BundleSource) =>
      each instanceof Map ? each : new URL(String(each), document.baseURI).href;
    const from = Array.isArray(source) ? source.map(absolute) : absolute(source as BundleSource);
    const at = options.worker ?? new URL("./worker.js", import.meta.url);
    // named here, and not in the worker alone, for bundlers take along what a module names in this form
    const beside = options.worker ? undefined : new URL("./ort-wasm-simd-threaded.wasm", import.meta.url);
    const file = options.wasm ?? beside;
    const wasm = file && new URL(String(file), document.baseURI).href;
    const thread = new Thread(new Worker(at, { type: "module" }));
    try {
      const { block, personal } = options;
      const configs = await thread.ask({ ask: "load", source: from, options: { wasm, block, personal } });
      const own = personal === undefined ? undefined : remote<PersonalModel>("personal", thread);
      const shared: SharedParts = [thread, remote<WordList>("words", thread), own];
      const [[, config] = []] = configs;
      return Array.isArray(source)
        ? new MixedPredictor(configs, shared)
        : new Predictor(config as BundleConfig, ...shared);
    } catch (error) {
      thread.close();
      throw error;
    }
  }

  /** Log-probability of each word and mark of `text`, and of the text's end; they sum to the text's. */
  async score(text: string): Promise<Score[]> {
    return this.thread.ask({ ask: "score", text });
  }

  /** Text that goes on from `context`, drawn from the model; the answer does not repeat it. */
  async generate(context = "", options: GenerateOptions = {}): Promise<string> {
    return this.thread.ask({ ask: "generate", context, options });
  }

  /**
   * A text field of its own: what is typed into it is read once.
   *
   * @throws WordgruError if the typing model is none.
   */
  session(text = "", options: FieldOptions = {}): Session {
    const session = new Session(this.thread, () => this.sessions++, options);
    session.set(text);
    return session;
  }

  /**
   * A session from what `Session.save` returned.
   *
   * @throws WordgruError if the data is broken, or of another model.
   */
  async restore(data: Uint8Array, options: FieldOptions = {}): Promise<Session> {
    return Session.load(this.thread, () => this.sessions++, data, options);
  }
}

/** What is typed into one text field, read once however it is edited. */
export class Session extends TypedField {
  readonly #id: number;

  /** @param number gives each session of a predictor its own. */
  constructor(
    private readonly thread: Thread,
    private readonly number: () => number,
    private readonly options: FieldOptions = {},
  ) {
    super(options.typing && new Typing(options.typing).layout); // what is wrong with it is said here
    this.#id = number();
    typistOptions(options.typist);
    if (options.typing || options.typist) thread.tell({ ask: "open", session: this.#id, options });
    thread.forgetWith(this, this.#id);
  }

  /** The session that was saved; see `Predictor.restore`. */
  static async load(thread: Thread, number: () => number, data: Uint8Array, options: FieldOptions): Promise<Session> {
    const session = new Session(thread, number, options);
    session.set(await thread.ask({ ask: "restore", session: session.#id, data, options }));
    return session;
  }

  /** The most probable words at the cursor, as it stands when this is called. */
  async suggest(options: SessionOptions = {}): Promise<Suggestions> {
    withDefaults(options);
    return this.thread.ask({ ask: "session", ...this.#field, options });
  }

  /**
   * What was meant by the unfinished last word if it ends here, or by the last two, most probable first; what was typed
   * included.
   */
  async corrections(options: SuggestOptions = {}, count = 1): Promise<Suggestions> {
    withDefaults(options);
    if (!this.keyboard) refuseUntyped();
    return this.thread.ask({ ask: "corrections", ...this.#field, options, count });
  }

  /** Whether two words typed after `before` may be one that the language knows, with a space too many. */
  async mayBeOne(before: string, first: string, second: string): Promise<boolean> {
    return this.thread.ask({ ask: "mayBeOne", ...this.#field, before, first, second });
  }

  /** What the next character is, and whether the word ends, given the text and its unfinished last word. */
  async characters(options: Partial<SearchOptions> = {}): Promise<Characters> {
    withDefaults(options);
    return this.thread.ask({ ask: "characters", ...this.#field, options });
  }

  /** Log P(following | the text before the unfinished last word, and each of some words in its place), natural. */
  async natsAfter(choices: readonly string[], following: string, count = 1): Promise<number[]> {
    return this.thread.ask({ ask: "natsAfter", ...this.#field, choices, following, count });
  }

  protected async correction(threshold: number): Promise<Correction | undefined> {
    withDefaults({ threshold });
    if (!this.keyboard) refuseUntyped();
    return this.thread.ask({ ask: "correction", ...this.#field, threshold });
  }

  /** Empty the field, for a new text. The model reads it after the texts that were committed in this field. */
  override reset(options: ResetOptions = {}): void {
    super.reset();
    this.thread.tell({ ask: "reset", session: this.#id, options });
  }

  /**
   * Learn what stands in the field: call it when the text is sent, or the field left. Return how many words.
   *
   * Called again after a correction, what was learnt of the field before is taken back. Without personal words nothing
   * happens.
   */
  async commit(): Promise<number> {
    return this.thread.ask({ ask: "commit", ...this.#field });
  }

  /** Log P(following | before), natural: `before` ends where a word does, or before one. */
  async nats(before: string, following: string): Promise<number> {
    return this.thread.ask({ ask: "nats", ...this.#field, before, following });
  }

  /** The session as a few kilobytes, for `Predictor.restore`. */
  async save(): Promise<Uint8Array> {
    return this.thread.ask({ ask: "save", ...this.#field });
  }

  /** A session with the same text that goes its own way. */
  copy(): Session {
    const other = new Session(this.thread, this.number, this.options);
    other.set(this.text);
    other.touched = this.touched;
    this.thread.tell({ ask: "copy", session: other.#id, of: this.#id });
    return other;
  }

  get #field(): Field {
    return { session: this.#id, text: this.text, touched: this.touched };
  }
}

/** Several bundles as one, in one Worker: `Predictor.load(["en/", "de/"])`. */
export class MixedPredictor extends Asking {
  /** What each bundle's `config.json` says, by the name of its language: the last folder of its address. */
  readonly configs: ReadonlyMap<string, BundleConfig>;

  /** `Predictor.load` makes it. */
  constructor(configs: ReadonlyMap<string, BundleConfig>, shared: SharedParts) {
    super(...shared);
    this.configs = configs;
  }

  /** A text field of its own: what is typed into it is read once. */
  session(text = ""): MixedSession {
    const session = new MixedSession(this.thread, () => this.sessions++);
    session.set(text);
    return session;
  }
}

/** One text field, read by several models. */
export class MixedSession extends TextField {
  readonly #id: number;

  /** @param number gives each session of a predictor its own. */
  constructor(
    private readonly thread: Thread,
    private readonly number: () => number,
  ) {
    super();
    this.#id = number();
    thread.forgetWith(this, this.#id);
  }

  /** The most probable words at the cursor, in whatever language; `Suggestion.sources` names it. */
  async suggest(options: SessionOptions = {}): Promise<Suggestions> {
    withDefaults(options);
    return this.thread.ask({ ask: "session", session: this.#id, text: this.text, options });
  }

  /** The posterior of each language at the cursor, from the words before it. */
  async languages(): Promise<ReadonlyMap<string, number>> {
    return this.thread.ask({ ask: "languages", session: this.#id, text: this.text });
  }

  /** Empty the field, for a new text, as `Session.reset`. */
  override reset(options: ResetOptions = {}): void {
    super.reset();
    this.thread.tell({ ask: "reset", session: this.#id, options });
  }

  /** Learn what stands in the field, as `Session.commit`. */
  async commit(): Promise<number> {
    return this.thread.ask({ ask: "commit", session: this.#id, text: this.text });
  }

  /** A session with the same text that goes its own way. */
  copy(): MixedSession {
    const other = new MixedSession(this.thread, this.number);
    other.set(this.text);
    this.thread.tell({ ask: "copy", session: other.#id, of: this.#id });
    return other;
  }
}
