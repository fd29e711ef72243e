/** Base of every error that wordgru throws on purpose: one line that says what was wrong, expected, and to do. */
export class WordgruError extends Error {
  override name = "WordgruError";
}

/** A bundle is missing, broken, foreign, or newer than this version of wordgru. */
export class BundleError extends WordgruError {
  override name = "BundleError";
}
