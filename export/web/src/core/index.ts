export type { Bundle, BundleConfig, ReadFile } from "./bundle.js";
export { openBundle } from "./bundle.js";
export { BundleError, WordgruError } from "./errors.js";
export type { Runtime } from "./model.js";
export { Predictor } from "./predictor.js";
export type { Session, SessionOptions } from "./session.js";
export type { Suggestion, Suggestions, SuggestOptions } from "./suggestions.js";
