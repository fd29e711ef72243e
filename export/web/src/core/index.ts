export type { Phrase } from "./asking.js";
export type { Bundle, BundleConfig, ReadFile } from "./bundle.js";
export { openBundle } from "./bundle.js";
export type { Characters } from "./characters.js";
export type { Days } from "./days.js";
export { BundleError, WordgruError } from "./errors.js";
export type { GenerateOptions } from "./generating.js";
export type { Gram } from "./grams.js";
export { KnownWords } from "./known.js";
export { loadMixed, MixedPredictor, type MixedSession, type MixedWords } from "./mixture.js";
export type { Runtime } from "./model.js";
export type { PersonalOptions } from "./personal.js";
export { PersonalModel } from "./personal.js";
export type { FieldOptions, OpenOptions, Score } from "./predictor.js";
export { Predictor } from "./predictor.js";
export { Session } from "./session.js";
export type {
  PhraseOptions,
  PrefixOptions,
  SearchOptions,
  SessionOptions,
  Source,
  Suggestion,
  Suggestions,
  SuggestOptions,
} from "./suggestions.js";
export { type Candidate, type Corrector, corrections, type TextCorrection } from "./typing/correct.js";
export type { CorrectOptions } from "./typing/field.js";
export { Layout, type LayoutRow, type LayoutRows, type Point } from "./typing/layout.js";
export type { TypingModel } from "./typing/model.js";
export { AS_READ, type TypistOptions } from "./typist.js";
export { STRANGE, WordList } from "./word_list.js";
