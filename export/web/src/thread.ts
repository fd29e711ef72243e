/** The worker of a page's predictor, as the page sees it. */
import { BundleError, WordgruError } from "./core/errors.js";
import type { Answer, Answers, Call, Message, Owners, Remote, Request } from "./protocol.js";

/** Words to offer, and words never to offer: the `WordList` of `wordgru/inline`, in the worker. */
export type WordList = Remote<Owners["words"]>;
/** Words of the person who types: the `PersonalModel` of `wordgru/inline`, in the worker. */
export type PersonalModel = Remote<Owners["personal"]>;

const METHODS = {
  words: ["add", "block", "allow", "read"],
  personal: ["learn", "unlearn", "forget", "grams", "add", "export", "import", "after"],
} as const;
const VALUES = { words: ["weights", "blocked"], personal: ["clock"] } as const;

/** Asks a worker, and hands each answer to whom it is for. */
export class Thread {
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
export function remote<Owner>(of: keyof Owners, thread: Thread): Owner {
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
