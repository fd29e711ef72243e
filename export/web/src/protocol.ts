import type { BundleConfig, SessionOptions, Suggestions, SuggestOptions } from "./core/index.js";
import type { BundleSource } from "./source.js";

/** What a page asks of its worker. Sessions are numbered by the page. */
export type Request =
  | { readonly ask: "load"; readonly source: BundleSource; readonly wasm: string | undefined }
  | { readonly ask: "suggest"; readonly context: string; readonly options: SessionOptions }
  | { readonly ask: "complete"; readonly text: string; readonly options: SuggestOptions }
  | { readonly ask: "session"; readonly session: number; readonly text: string; readonly options: SessionOptions }
  | { readonly ask: "copy"; readonly session: number; readonly of: number }
  | { readonly ask: "forget"; readonly session: number };

/** What the worker answers. */
export type Answer = BundleConfig | Suggestions | undefined;

/** A request or an answer on its way; an error is taken apart, for classes do not survive the journey. */
export type Message =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
