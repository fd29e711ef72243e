/**
 * Corrections of a whole text: each word by what stands before it, then by what follows.
 * `wordgru/typing/correct.py` in TypeScript.
 */
import { codeIn, isProse } from "../prose.js";
import { Range } from "../ranges.js";
import type { Suggestions, SuggestOptions } from "../suggestions.js";
import { spans } from "../words.js";
import type { CorrectOptions } from "./field.js";

const CANDIDATES = 8; // words that are weighed by what follows
const FOLLOWING = 60; // characters after a word that are read to judge it
const SURE = 0.9999; // a word that is so probable by what stands before it is not judged by what follows
const THRESHOLD = new Range(0, { most: 1 });

/** A word that may have been meant. */
export interface Candidate {
  readonly word: string;
  /** Given the text before and after it. */
  readonly probability: number;
}

/** A word of a text and what was probably meant by it. */
export interface TextCorrection {
  /** Where the word begins in the text, in UTF-16 units. */
  readonly start: number;
  /** And where it ends. */
  readonly end: number;
  readonly typed: string;
  /** What stands in its place. */
  readonly word: string;
  /** That this was meant. */
  readonly probability: number;
  /** What may have been meant, most probable first; what was typed may be among them. */
  readonly candidates: readonly Candidate[];
}

/** What corrects a text: a session with a typing model. */
export interface Corrector {
  set(text: string): void;
  corrections(options: SuggestOptions, count?: number): Promise<Suggestions>;
  natsAfter(choices: readonly string[], following: string, count?: number): Promise<readonly number[]>;
  mayBeOne(before: string, first: string, second: string): Promise<boolean>;
}

/**
 * The words of `text` that were meant otherwise, in order.
 *
 * Numbers, code between backticks, addresses, case, words in capitals and what stands beside marks of code are left
 * alone. A word that was corrected is read as corrected by those after it.
 *
 * @param session an empty session with a typing model; it is used up.
 * @throws WordgruError if the session has no typing model, or the threshold is no probability.
 */
export async function* corrections(
  text: string,
  session: Corrector,
  { threshold = 0.9 }: CorrectOptions = {},
): AsyncGenerator<TextCorrection> {
  THRESHOLD.check("the threshold", threshold);
  let before = "";
  let done = 0;
  const code = codeIn(text);
  for (const [start, end, isUnspaced] of spans(text)) {
    while ((code[0]?.[1] ?? text.length) <= start) code.shift();
    if (start < done) continue; // it was one with the word before
    before += text.slice(done, start);
    const found =
      !isUnspaced && start < (code[0]?.[0] ?? text.length) && isProse(text, start, end)
        ? await correctionAt(text, start, end, before, session, threshold)
        : undefined;
    if (found) yield found;
    before += found?.word ?? text.slice(start, end);
    done = found?.end ?? end;
  }
}

/**
 * The correction of the word of `text` from `start` to `end`, if there is one. Where it and the next one may be one that
 * was typed as two, it may be that of both.
 */
async function correctionAt(
  text: string,
  start: number,
  end: number,
  before: string,
  session: Corrector,
  threshold: number,
): Promise<TextCorrection | undefined> {
  const typed = text.slice(start, end);
  const second = afterSpace(firstOf(text.slice(end)));
  if (second && (await session.mayBeOne(before, typed, second))) {
    const both = `${typed} ${second}`;
    const last = start + both.length;
    const candidates = await meant(before, both, text.slice(last), session);
    const [best] = candidates;
    if (best && !best.word.includes(" ") && best.probability >= threshold) {
      return { start, end: last, typed: both, word: best.word, probability: best.probability, candidates };
    }
  }
  const candidates = await meant(before, typed, text.slice(end), session);
  const [best] = candidates;
  const isOther = best && best.word.toLowerCase() !== typed.toLowerCase() && best.probability >= threshold;
  return isOther ? { start, end, typed, word: best.word, probability: best.probability, candidates } : undefined;
}

/** As much of what follows a word as is read to judge it. */
function firstOf(after: string): string {
  return [...after.slice(0, 2 * FOLLOWING)].slice(0, FOLLOWING).join("");
}

/** The word that stands after the one space with which `text` begins; nothing where there is none. */
function afterSpace(text: string): string {
  const [start, end, isUnspaced] = (text.startsWith(" ") && spans(text)[0]) || [0, 0, true];
  return start === 1 && !isUnspaced && isProse(text, start, end) ? text.slice(start, end) : "";
}

/** What may have been meant by a word, or two, given the text before and after; most probable first. */
async function meant(before: string, typed: string, after: string, session: Corrector): Promise<Candidate[]> {
  session.set(before + typed);
  const count = typed.includes(" ") ? 2 : 1;
  const { items, unexplored } = await session.corrections({ k: CANDIDATES }, count);
  let shares = items.map(({ probability }) => probability * (1 - unexplored));
  const [line = ""] = firstOf(after).split("\n");
  const following = line.trimEnd();
  const isSure = items[0]?.word === typed && (shares[0] as number) > SURE;
  if (following && items.length > 1 && !isSure) {
    const nats = await session.natsAfter(
      items.map(({ word }) => word),
      following,
      count,
    );
    shares = judged(shares, nats);
  }
  const found = items.map(({ word }, at) => ({ word, probability: shares[at] as number }));
  return found.sort((one, other) => other.probability - one.probability);
}

/** Shares times P(what follows | before and word), with the same sum. */
function judged(shares: readonly number[], nats: readonly number[]): number[] {
  const most = Math.max(...nats);
  const weighed = shares.map((share, at) => share * Math.exp((nats[at] as number) - most));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return weighed.map((share) => share * (sum(shares) / sum(weighed)));
}
