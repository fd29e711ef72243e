/** wordgru for pages: a predictor in a Worker, and offers in text fields. */
export { type Attached, attach } from "./attach.js";
export type { AttachOptions, FieldSession, Labels, SessionSource, WordSource } from "./attach_options.js";
export type { Phrase } from "./core/asking.js";
export type { BundleConfig } from "./core/bundle.js";
export type { Characters } from "./core/characters.js";
export type { Days } from "./core/days.js";
export { BundleError, WordgruError } from "./core/errors.js";
export type { GenerateOptions } from "./core/generating.js";
export type { Gram } from "./core/grams.js";
export type { FieldOptions, Score } from "./core/predictor.js";
export type {
  PhraseOptions,
  PrefixOptions,
  SearchOptions,
  SessionOptions,
  Source,
  Suggestion,
  Suggestions,
  SuggestOptions,
} from "./core/suggestions.js";
export { type Candidate, type Corrector, corrections, type TextCorrection } from "./core/typing/correct.js";
export type { CorrectOptions } from "./core/typing/field.js";
export { Layout, type LayoutRow, type LayoutRows, type Point } from "./core/typing/layout.js";
export type { TypingModel } from "./core/typing/model.js";
export { AS_READ, type TypistOptions } from "./core/typist.js";
export { isSpace, splitLast, wantsSpace } from "./core/words.js";
export { type LoadOptions, type MixedPredictor, type MixedSession, Predictor, type Session } from "./predictor.js";
export type { BundleSource } from "./source.js";
export type { PersonalModel, WordList } from "./thread.js";
