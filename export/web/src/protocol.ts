import type {
  BundleConfig,
  Phrase,
  PhraseOptions,
  Score,
  SessionOptions,
  Suggestions,
  SuggestOptions,
} from "./core/index.js";
import type { LoadOptions } from "./inline.js";
import type { BundleSource } from "./source.js";

/** What a page asks of its worker. Sessions are numbered by the page. */
export type Request =
  | { readonly ask: "load"; readonly source: BundleSource; readonly options: LoadOptions }
  | { readonly ask: "suggest"; readonly context: string; readonly options: SessionOptions }
  | { readonly ask: "complete"; readonly text: string; readonly options: SuggestOptions }
  | { readonly ask: "phrases"; readonly context: string; readonly options: PhraseOptions }
  | { readonly ask: "score"; readonly text: string }
  | { readonly ask: "session"; readonly session: number; readonly text: string; readonly options: SessionOptions }
  | { readonly ask: "save"; readonly session: number; readonly text: string }
  | { readonly ask: "restore"; readonly session: number; readonly data: Uint8Array }
  | { readonly ask: "copy"; readonly session: number; readonly of: number }
  | { readonly ask: "forget"; readonly session: number };

/** What the worker answers to each. */
export interface Answers {
  readonly load: BundleConfig;
  readonly suggest: Suggestions;
  readonly complete: Suggestions;
  readonly phrases: Phrase[];
  readonly score: Score[];
  readonly session: Suggestions;
  readonly save: Uint8Array;
  /** The session's text. */
  readonly restore: string;
  readonly copy: undefined;
  readonly forget: undefined;
}

export type Answer = Answers[keyof Answers];

/** A request or an answer on its way; an error is taken apart, for classes do not survive the journey. */
export type Message =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
