/** A predictor in a Worker, so that the page never waits. */
import type { BundleConfig } from "./core/bundle.js";
import type { Characters } from "./core/characters.js";
import { BundleError, WordgruError } from "./core/errors.js";
import type { FieldOptions, OpenOptions, Phrase, Score } from "./core/predictor.js";
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
import { type Correction, TypedField } from "./core/typing/field.js";
import { refuseUntyped } from "./core/typing/meaning.js";
import { Typing } from "./core/typing/model.js";
import type { Answer, Answers, Call, Field, Message, Owners, Remote, Request } from "./protocol.js";
import type { BundleSource } from "./source.js";

/** Words to offer, and words never to offer: the `WordList` of `wordgru/inline`, in the worker. */
export type WordList = Remote<Owners["words"]>;
/** Words of the person who types: the `PersonalModel` of `wordgru/inline`, in the worker. */
export type PersonalModel = Remote<Owners["personal"]>;

const METHODS = {
  words: ["add", "block", "allow", "read"],
  personal: ["learn", "unlearn", "forget", "grams", "add", "export", "import", "after"],
} as const;
const VALUES = { words: ["weights", "blocked"], personal: ["clock"] } as const;

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

/**
 * Next words from a bundle, found in a Worker.
 *
 * @example
 * const predictor = await Predictor.load("models/en/");
 * const { items } = await predictor.suggest("the number of", { k: 3 });
 */
export class Predictor {
  #sessions = 0;

  private constructor(
    /** What the bundle's `config.json` says. */
    readonly config: BundleConfig,
    private readonly thread: Thread,
    /** Words to offer, and words never to offer. */
    readonly words: WordList,
    /** Words of the person who types, if the predictor was loaded with some. */
    readonly personal: PersonalModel | undefined,
  ) {}

  /**
   * Load a bundle: the address of its folder, or its files by name.
   *
   * @throws BundleError if there is no bundle, or it is broken, foreign or too new; WordgruError outside a browser,
   *   without onnxruntime's wasm, or if personal words cannot be read.
   */
  static async load(source: BundleSource, options: LoadOptions = {}): Promise<Predictor> {
    if (typeof Worker === "undefined") {
      throw new WordgruError("there is no Worker here, so this is no page; in Node import 'wordgru-node'.");
    }
    const from = source instanceof Map ? source : new URL(String(source), document.baseURI).href;
    const at = options.worker ?? new URL("./worker.js", import.meta.url);
    // named here, and not in the worker alone, for bundlers take along what a module names in this form
    const beside = options.worker ? undefined : new URL("./ort-wasm-simd-threaded.wasm", import.meta.url);
    const file = options.wasm ?? beside;
    const wasm = file && new URL(String(file), document.baseURI).href;
    const thread = new Thread(new Worker(at, { type: "module" }));
    try {
      const { block, personal } = options;
      const config = await thread.ask({ ask: "load", source: from, options: { wasm, block, personal } });
      const own = personal === undefined ? undefined : remote<PersonalModel>("personal", thread);
      return new Predictor(config, thread, remote<WordList>("words", thread), own);
    } catch (error) {
      thread.close();
      throw error;
    }
  }

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

  /** Log-probability of each word and mark of `text`, and of the text's end; they sum to the text's. */
  async score(text: string): Promise<Score[]> {
    return this.thread.ask({ ask: "score", text });
  }

  /**
   * A text field of its own: what is typed into it is read once.
   *
   * @throws WordgruError if the typing model is none.
   */
  session(text = "", options: FieldOptions = {}): Session {
    const session = new Session(this.thread, () => this.#sessions++, options);
    session.set(text);
    return session;
  }

  /**
   * A session from what `Session.save` returned.
   *
   * @throws WordgruError if the data is broken, or of another model.
   */
  async restore(data: Uint8Array, options: FieldOptions = {}): Promise<Session> {
    return Session.load(this.thread, () => this.#sessions++, data, options);
  }

  /** End the worker; what is asked from now on is refused. */
  close(): void {
    this.thread.close();
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
    if (options.typing) thread.tell({ ask: "open", session: this.#id, options });
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

  /** What was meant by the unfinished last word if it ends here, most probable first; what was typed included. */
  async corrections(options: SuggestOptions = {}): Promise<Suggestions> {
    withDefaults(options);
    if (!this.keyboard) refuseUntyped();
    return this.thread.ask({ ask: "corrections", ...this.#field, options });
  }

  /** What the next character is, and whether the word ends, given the text and its unfinished last word. */
  async characters(options: Partial<SearchOptions> = {}): Promise<Characters> {
    withDefaults(options);
    return this.thread.ask({ ask: "characters", ...this.#field, options });
  }

  /** Log P(following | the text before the unfinished last word, and each of some words in its place), natural. */
  async natsAfter(choices: readonly string[], following: string): Promise<number[]> {
    return this.thread.ask({ ask: "natsAfter", ...this.#field, choices, following });
  }

  protected async correction(threshold: number): Promise<Correction | undefined> {
    withDefaults({ threshold });
    if (!this.keyboard) refuseUntyped();
    return this.thread.ask({ ask: "correction", ...this.#field, threshold });
  }

  /** Empty the field, for a new text. */
  override reset(): void {
    super.reset();
    this.thread.tell({ ask: "reset", session: this.#id });
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

/** Asks a worker, and hands each answer to whom it is for. */
class Thread {
  readonly #waiting = new Map<number, { answered: (answer: Answer) => void; refused: (error: Error) => void }>();
  readonly #gone = new FinalizationRegistry((session: number) => this.tell({ ask: "forget", session }));
  #asked = 0;
  #failure: Error | undefined;

  constructor(private readonly worker: Worker) {
    worker.addEventListener("message", ({ data }: MessageEvent<Message>) => this.#receive(data));
    worker.addEventListener("error", ({ message }) => {
      this.#fail(
        new WordgruError(
          `the worker cannot run (${message || "no script is there"}); expected worker.js beside the module.`,
        ),
      );
    });
  }

  ask<Asked extends Request>(request: Asked): Promise<Answers[Asked["ask"]]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#asked++;
    return new Promise((answered, refused) => {
      this.#waiting.set(id, { answered: answered as (answer: Answer) => void, refused });
      this.worker.postMessage({ id, request });
    });
  }

  /** As `ask`, without an answer. */
  tell(request: Request): void {
    if (!this.#failure) this.worker.postMessage({ id: this.#asked++, request });
  }

  /** Have the worker forget a session when nobody holds `session` any more. */
  forgetWith(session: object, id: number): void {
    this.#gone.register(session, id);
  }

  close(): void {
    this.worker.terminate();
    this.#fail(new WordgruError("the predictor was closed; load the bundle again."));
  }

  #receive(message: Message): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.refused(revived(message.error));
    else if ("answer" in message) waiting?.answered(message.answer);
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { refused } of this.#waiting.values()) refused(error);
    this.#waiting.clear();
  }
}

/** An object whose methods and values are those of the same one in the worker. */
function remote<Owner>(of: keyof Owners, thread: Thread): Owner {
  const ask = (name: string, given: unknown[]) => thread.ask({ ask: "call", of, name, given } as Request & Call);
  const made = {};
  for (const name of METHODS[of]) Object.assign(made, { [name]: (...given: unknown[]) => ask(name, given) });
  for (const name of VALUES[of]) Object.defineProperty(made, name, { get: () => ask(name, []) });
  return made as Owner;
}

function revived({ name, message }: { name: string; message: string }): Error {
  if (name === "BundleError") return new BundleError(message);
  return name === "WordgruError" ? new WordgruError(message) : new Error(message);
}
