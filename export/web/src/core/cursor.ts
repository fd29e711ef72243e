/** The text before a cursor, cut where the word begins that is being typed. `wordgru/text/cursor.py` in TypeScript. */

const BEFORE = 600; // characters of what was sent before that a new text is read after; they grow to twice as many

/** What was written before a text, normalised, as whole lines, or the end of it. */
export function asBefore(text: string): string {
  let kept = text.replace(/^[ \n\t]+|[ \n\t]+$/g, "");
  const characters = kept.length > 2 * BEFORE ? [...kept] : [];
  if (characters.length > 2 * BEFORE) {
    kept = characters.slice(-BEFORE).join("");
    const cut = kept.includes("\n") ? kept.indexOf("\n") : kept.indexOf(" ");
    kept = (cut >= 0 && kept.slice(cut + 1)) || kept;
  }
  return kept && `${kept}\n`;
}
