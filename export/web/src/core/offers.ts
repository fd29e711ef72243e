/** What a session offered, who gave it, and how words that were passed over give way. */
import { type Bytes, toText } from "./bytes.js";
import type { Source, Suggestion } from "./suggestions.js";
import { isOne, kind, takesSpace } from "./words.js";

/** Words that were offered after a text and the letters of a word. */
export interface Offered {
  readonly head: string;
  readonly prefix: string;
  readonly words: readonly string[];
}

/** What was offered for the word after `head` before the last letters of `prefix` came. */
export function stillOffered(offered: readonly Offered[], head: string, prefix: string): Offered[] {
  return offered.filter(
    (each) => each.head === head && prefix.startsWith(each.prefix) && each.prefix.length < prefix.length,
  );
}

/** The words that were offered, and how often. */
export function timesOffered(offered: readonly Offered[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const word of offered.flatMap(({ words }) => words)) times.set(word, (times.get(word) ?? 0) + 1);
  return times;
}

/**
 * `offers` given that some words were passed over, best first.
 *
 * Only words that were passed over lose, so the best k are among the best k + those before.
 */
export function lessThose(
  offers: readonly Suggestion[],
  passed: ReadonlyMap<string, number>,
  attention: number,
): Suggestion[] {
  const kept = (word: string) => (1 - attention) ** (passed.get(word) ?? 0);
  const whole = offers.reduce((left, { word, probability }) => left - (1 - kept(word)) * probability, 1);
  const weighed = offers.map((offer) => ({
    ...offer,
    probability: Math.min((kept(offer.word) * offer.probability) / Math.max(whole, 1e-9), 1),
  }));
  return weighed.sort((one, other) => other.probability - one.probability);
}

/** What may stand at a place. */
export interface Rule {
  /** Whether marks may. */
  readonly punctuation: boolean;
  /** Whether a space may begin what stands there. */
  readonly spaced: boolean;
  /**
   * Where what follows directly and what follows a space are ranked in one, whether a word has its space: each is
   * offered in one form, " word" and ".", not "word" and " .".
   */
  readonly wanted: boolean | undefined;
}

/** A pre-token as it is offered; undefined if it is no word, or if asked a mark, that may stand here. */
export function asOffered(spelled: Bytes, { punctuation, spaced, wanted }: Rule): string | undefined {
  const text = toText(spelled);
  if (!text || (text.startsWith(" ") && !spaced) || !isOne(text)) return undefined;
  const what = kind(text);
  if (what === "space" || ((what === "marks" || what === "emoji") && !punctuation)) return undefined;
  if (wanted !== undefined && text.startsWith(" ") !== (wanted && takesSpace(text))) return undefined;
  return text.replace(/^ /, "");
}

/** Who gives a tenth of a word's probability or more. */
export function sourcesOf(probability: number, named: ReadonlyMap<Source, number>): Source[] {
  let ofModel = probability;
  for (const share of named.values()) ofModel -= share;
  const shares: (readonly [Source, number])[] = [["model", ofModel], ...named];
  return shares.filter(([, share]) => share >= 0.1 * probability).map(([source]) => source);
}
