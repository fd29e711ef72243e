/** What `attach` is given: where the words come from, and how they are offered. */
import type { SessionOptions } from "./core/suggestions.js";
import type { Labels } from "./popup.js";
import type { Session } from "./predictor.js";
import type { BundleSource } from "./source.js";

export type { Labels } from "./popup.js";

/** What a field asks of its session; one that learns nothing needs no `commit`. */
export type FieldSession = Pick<Session, "set" | "suggest"> & Partial<Pick<Session, "reset" | "commit">>;

/** A predictor, or whatever else has such sessions: one of another process, say. */
export interface SessionSource {
  session(): FieldSession;
}

/** Where the words come from: a bundle, several, a predictor, or what makes one when the first word is typed. */
export type WordSource =
  | BundleSource
  | readonly BundleSource[]
  | SessionSource
  | (() => SessionSource | Promise<SessionSource>);

/** How words are offered. What a session may be asked may be given too: `k`, `ignoreCase`, `maxSeconds`, … */
export interface AttachOptions extends Omit<SessionOptions, "prefix"> {
  /** A list of words at the cursor, the rest of the first word behind it, or both. Default "both". */
  readonly show?: "list" | "ghost" | "both" | undefined;
  /** Whether Tab takes the first word. Default true; after Escape it moves on in any case. */
  readonly tab?: boolean | undefined;
  /**
   * Where the words of the person who types are kept, if the source is a bundle: the name of an IndexedDB database, or
   * true for memory alone. Default: nowhere, and nothing is learnt.
   */
  readonly personal?: string | true | undefined;
  /** Whether what is written is learnt when it is sent or its field left, by a predictor with personal words. Default true. */
  readonly learn?: boolean | undefined;
  /** What screen readers are told. Default: English. */
  readonly labels?: Labels | undefined;
  /**
   * Told what is wrong: a bundle that cannot be loaded, say. Then nothing more is offered until the field is entered
   * again. Default: the console.
   */
  readonly onError?: ((error: Error) => void) | undefined;
}
