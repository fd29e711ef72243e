export type { Bundle, BundleConfig, ReadFile } from "./bundle.js";
export { openBundle } from "./bundle.js";
export { BundleError, WordgruError } from "./errors.js";
export type { Runtime } from "./model.js";
export type { OpenOptions, Phrase, Score } from "./predictor.js";
export { Predictor } from "./predictor.js";
export { Session } from "./session.js";
export type {
  PhraseOptions,
  SearchOptions,
  SessionOptions,
  Suggestion,
  Suggestions,
  SuggestOptions,
} from "./suggestions.js";
