/**
 * Several models at once, each of a language: P(word) = Σ π_m P_m(word | text), with the proof of each search intact.
 * `wordgru/mixture.py` in TypeScript; it says how the mixture is made.
 */
import { Asking } from "./asking.js";
import type { BundleConfig } from "./bundle.js";
import { toBytes } from "./bytes.js";
import { asBefore, lastLinePart } from "./cursor.js";
import { WordgruError } from "./errors.js";
import { Languages, shares, type Weighed } from "./languages.js";
import { PersonalModel } from "./personal.js";
import type { OpenOptions, Predictor } from "./predictor.js";
import type { Session } from "./session.js";
import {
  type Asked,
  NO_OFFERS,
  type SessionOptions,
  type Suggestion,
  type Suggestions,
  withDefaults,
} from "./suggestions.js";
import { type ResetOptions, TextField } from "./text_field.js";
import { offersNothing } from "./typist.js";
import { compare, folded } from "./vocabulary.js";
import type { WordList } from "./word_list.js";
import { normalize, splitLast } from "./words.js";

const MOST = 64; // candidates of one model
const LOOSEST = 0.05; // tolerance of the search in an unlikely language
const ASKED = 5; // words, beside those wanted, that are asked for by name
const UNLIKELY = 1e-5; // what a word may have in a language at most, if it is not asked for there

const ONE_FORM = { capitals: false, loneI: false }; // a word has one form in all models

/** Several predictors as one: `Predictor.load(["en/", "de/"])`. A mixture of one offers what that model does. */
export class MixedPredictor extends Asking<MixedSession> {
  /** The word lists of all, changed together. */
  readonly words: MixedWords;
  /** Words of the person who types, shared by all. */
  readonly personal: PersonalModel | undefined;

  /**
   * @param predictors by the name of their language, which `Suggestion.sources` says.
   * @throws WordgruError if there is none.
   */
  constructor(readonly predictors: ReadonlyMap<string, Predictor>) {
    super();
    const [first, ...others] = predictors.values();
    if (!first) throw new WordgruError("no model is named; expected one or more.");
    this.words = new MixedWords([first, ...others].map(({ words }) => words));
    this.personal = first.personal;
  }

  /** What each bundle's `config.json` says, by the name of its language. */
  get configs(): ReadonlyMap<string, BundleConfig> {
    return new Map(Array.from(this.predictors, ([name, { config }]) => [name, config]));
  }

  /** A text field of its own, as `Predictor.session`. */
  session(text = ""): MixedSession {
    const typist = this.predictors.size > 1 ? ONE_FORM : undefined;
    const sessions = new Map(
      Array.from(this.predictors, ([name, predictor]) => [name, predictor.session("", { typist })]),
    );
    const session = new MixedSession(sessions, this);
    session.set(text);
    return session;
  }
}

/**
 * Predictors by the last folder of their address, loaded one after another.
 *
 * @throws WordgruError if two have the same name, or there is none.
 */
export async function loadMixed<Source, Options extends OpenOptions>(
  sources: readonly Source[],
  options: Options,
  load: (source: Source, options: Options) => Promise<Predictor>,
): Promise<MixedPredictor> {
  const personal = typeof options.personal === "string" ? new PersonalModel(options.personal) : options.personal;
  const found = new Map<string, Predictor>();
  for (const [at, source] of sources.entries()) {
    const name = source instanceof Map ? `model ${at + 1}` : lastFolder(String(source));
    if (found.has(name)) throw new WordgruError(`two models are called '${name}'; expected different ones.`);
    found.set(name, await load(source, { ...options, personal }));
  }
  return new MixedPredictor(found);
}

function lastFolder(address: string): string {
  return (
    address
      .replace(/[\\/]+$/, "")
      .split(/[\\/]/)
      .at(-1) ?? address
  );
}

/** The word lists of several models, changed together. */
export class MixedWords {
  constructor(private readonly lists: readonly WordList[]) {}

  /** The words that were added, and their weights. */
  get weights(): ReadonlyMap<string, number> {
    return (this.lists[0] as WordList).weights;
  }

  /** The words that are never offered, of all models. */
  get blocked(): ReadonlyMap<string, string> {
    return new Map(this.lists.flatMap(({ blocked }) => [...blocked]));
  }

  /** As `WordList.add`. */
  add(word: string, weight = 1): void {
    for (const list of this.lists) list.add(word, weight);
  }

  /** As `WordList.block`. */
  block(word: string, reason = ""): void {
    for (const list of this.lists) list.block(word, reason);
  }

  /** As `WordList.allow`. */
  allow(word: string): void {
    for (const list of this.lists) list.allow(word);
  }

  /** As `WordList.read`. */
  read(text: string): number {
    return Math.max(...this.lists.map((list) => list.read(text)));
  }

  /** What a word counts: as much as in the language that knows it best; nothing if it is blocked in one. */
  factor(word: string): number {
    const factors = this.lists.map((list) => list.factor(word));
    return factors.every(Boolean) ? Math.max(...factors) : 0;
  }
}

/** One language's part of an answer. */
interface Part {
  readonly session: Session;
  answer: Suggestions;
  /** Posterior of the language, now that the letters typed are known. */
  share: number;
  /** How many words were asked for, and how closely they were searched. */
  wanted: number;
  tolerance: number;
}

/** A word of the mixture: what it has in each language, and its most probable answer. */
interface Candidate {
  readonly parts: Map<string, number>;
  best: Suggestion;
}

/** One text field, read by several models. */
export class MixedSession extends TextField {
  #languages: Languages;
  #committing: Session | undefined;
  #committed = ""; // what the person's words have learnt of the field
  #before = ""; // what is read before the field
  #turn: Promise<unknown> = Promise.resolve(); // of the last question, for they are answered one by one

  /** @param sessions empty ones, by the name of their language. */
  constructor(
    private readonly sessions: ReadonlyMap<string, Session>,
    private readonly predictor: MixedPredictor,
  ) {
    super();
    this.#languages = new Languages([...sessions.values()]);
  }

  /** Empty the field, for a new text, as `Session.reset`; each model reads what is of its language before it. */
  override reset({ before }: ResetOptions = {}): void {
    super.reset();
    void this.#inTurn(async () => {
      this.#before = asBefore(normalize(before ?? this.#before + this.#committed));
      this.#committed = "";
      this.#languages = new Languages([...this.sessions.values()]);
      this.#committing = undefined;
      for (const session of this.sessions.values()) session.reset();
    });
  }

  /** Learn what stands in the field, as `Session.commit`. */
  async commit(): Promise<number> {
    return this.#inTurn(async (text) => {
      const [first] = this.predictor.predictors.values();
      this.#committing ??= (first as Predictor).session();
      this.#committing.set(text);
      const learnt = await this.#committing.commit();
      this.#committed = this.predictor.personal ? text : "";
      return learnt;
    });
  }

  /** A session with the same text that goes its own way; of what it commits, nothing was learnt yet. */
  copy(): MixedSession {
    const sessions = new Map(Array.from(this.sessions, ([name, session]) => [name, session.copy()]));
    const other = new MixedSession(sessions, this.predictor);
    other.set(this.text);
    other.#before = this.#before;
    other.#languages = this.#languages.copy([...sessions.values()]);
    return other;
  }

  /** The posterior of each language at the cursor, from the words before it. */
  async languages(): Promise<ReadonlyMap<string, number>> {
    return this.#inTurn(async (text) => {
      const { logs } = await this.#languages.read(this.#before + lastCut(text)[0]);
      return new Map([...this.sessions.keys()].map((name, at) => [name, Math.exp(logs[at] as number)]));
    });
  }

  /**
   * The most probable words at the cursor, in whatever language; options as of `Session.suggest`.
   *
   * `Suggestion.sources` names the languages.
   *
   * @throws WordgruError if the text holds a lone surrogate, the prefix is no part of a word, or an option is unknown,
   *   of another type or out of its range.
   */
  async suggest(options: SessionOptions = {}): Promise<Suggestions> {
    const asked = withDefaults(options);
    return this.#inTurn((text) => this.#suggest(text, asked));
  }

  /** Do `work`, on the text as it is now, when all that was asked before is done. */
  #inTurn<T>(work: (text: string) => Promise<T>): Promise<T> {
    const { text } = this;
    const done = this.#turn.then(() => work(text));
    this.#turn = done.catch(() => undefined); // whoever asked is told
    return done;
  }

  async #suggest(text: string, asked: Asked): Promise<Suggestions> {
    const [head, typed] = asked.prefix === undefined ? lastCut(text) : [text, asked.prefix];
    const { logs } = await this.#sync(head, text);
    const [first] = this.sessions.values();
    if (first && offersNothing(first.typist, head, typed, asked.prefix !== undefined)) return NO_OFFERS;
    if (this.sessions.size === 1) return this.#ofOne(asked);
    const { tolerance, k } = asked;
    const parts = new Map<string, Part>();
    for (const [at, [name, session]] of [...this.sessions].entries()) {
      const share = Math.exp(logs[at] as number); // an unlikely language need not be searched as closely
      const loose = Math.min(tolerance / Math.max(share, 1e-3), Math.max(LOOSEST, tolerance));
      const answer = await session.suggest({ ...asked, tolerance: loose });
      parts.set(name, { session, answer, share, wanted: k, tolerance: loose });
    }
    const reader = [...parts.values()][logs.indexOf(Math.max(...logs))] as Part; // of the last word: another may not be
    for (;;) {
      weigh(parts, logs);
      const close = [...parts.values()].filter((part) => part.share * part.tolerance > 1.5 * tolerance);
      if (close.length) {
        for (const part of close) await this.#ask(part, asked, part.wanted, tolerance); // the letters made it likely
        continue;
      }
      const items = await this.#mixed(parts, typed, asked);
      const last = items[k - 1];
      const missing = [...parts.values()].reduce((sum, part) => sum + missingOf(part), 0);
      const proved = last !== undefined && last.probability + tolerance >= missing;
      const going = [...parts.values()].filter(({ answer, wanted }) => answer.items.length >= wanted && wanted < MOST);
      if (proved || !going.length) return answerOf([...parts.values()], reader, items, proved);
      const next = going.reduce((one, other) => (missingOf(other) > missingOf(one) ? other : one));
      await this.#ask(next, asked, Math.min(2 * next.wanted, Math.max(MOST, k)), next.tolerance);
    }
  }

  /** What a model offers that stands alone, under its name. */
  async #ofOne(asked: Asked): Promise<Suggestions> {
    const [one] = this.sessions;
    const [name, session] = one as [string, Session];
    const found = await session.suggest(asked);
    return { ...found, items: found.items.map((item) => ({ ...item, sources: under([name], item) })) };
  }

  async #ask(part: Part, asked: Asked, wanted: number, tolerance: number): Promise<void> {
    Object.assign(part, { wanted, tolerance });
    part.answer = await part.session.suggest({ ...asked, k: wanted, tolerance });
  }

  /** The k best words of the mixture. */
  async #mixed(parts: ReadonlyMap<string, Part>, typed: string, { k, ignoreCase }: Asked): Promise<Suggestion[]> {
    const found = candidatesOf(parts);
    const total = (word: string) => totalOf(found.get(word) as Candidate, parts);
    const small = (word: string) => (ignoreCase ? word.toLowerCase() : word);
    const key = (word: string) => (ignoreCase ? folded(toBytes(word)) : word);
    let order = distinct(
      [...found.keys()].sort((one, other) => total(other) - total(one)),
      small,
    );
    const least = order.length >= k ? total(order[k - 1] as string) : 0;
    for (const word of order.slice(0, 2 * k + ASKED)) {
      const candidate = found.get(word) as Candidate;
      const unasked = [...parts].filter(([name]) => !candidate.parts.has(name));
      if (total(word) + unasked.reduce((sum, [, part]) => sum + missingOf(part), 0) <= least) continue;
      for (const [name, part] of unasked) {
        if (missingOf(part) <= UNLIKELY) continue;
        const agrees = key(word).startsWith(key(typed)); // else it is meant by other letters: then it has little
        candidate.parts.set(name, agrees ? await named(part, typed, word) : 0);
      }
    }
    const factor = (word: string) => {
      const { sources } = (found.get(word) as Candidate).best;
      return sources.some((source) => source !== "model") ? 1 : this.predictor.words.factor(word);
    };
    order = order.filter(factor);
    const known = order.filter((word) => factor(word) === 1);
    order = (known.length ? known : order).sort(
      (one, other) => total(other) - total(one) || compare(toBytes(one), toBytes(other)),
    );
    return order.slice(0, k).map((word) => {
      const candidate = found.get(word) as Candidate;
      const probability = Math.min(total(word), 1);
      return { ...candidate.best, probability, sources: sourcesOf(candidate, parts) };
    });
  }

  /** Give each model what it reads of `text`; return what is known of the languages after `head`. */
  async #sync(head: string, text: string): Promise<Weighed> {
    const read = await this.#languages.read(this.#before + head);
    const rest = (this.#before + text).slice(read.size);
    for (const [at, session] of [...this.sessions.values()].entries()) session.set(read.contexts[at] + rest);
    return read;
  }
}

/** Set the posterior of each language, now that the letters typed are known. */
function weigh(parts: ReadonlyMap<string, Part>, logs: readonly number[]): void {
  const all = [...parts.values()];
  const posterior = shares(all.map(({ answer }, at) => answer.logEvidence + (logs[at] as number)));
  for (const [at, part] of all.entries()) part.share = posterior[at] as number;
}

/** The most that a word has of a language which did not offer it. */
function missingOf({ share, answer }: Part): number {
  return share * (answer.items.at(-1)?.probability ?? 0);
}

function candidatesOf(parts: ReadonlyMap<string, Part>): Map<string, Candidate> {
  const found = new Map<string, Candidate>();
  for (const [name, { answer }] of parts) {
    for (const item of answer.items) {
      const candidate = found.get(item.word) ?? { parts: new Map(), best: item };
      candidate.parts.set(name, item.probability);
      if (item.probability > candidate.best.probability) candidate.best = item;
      found.set(item.word, candidate);
    }
  }
  return found;
}

/** What a word has in all languages as far as it is known. */
function totalOf(candidate: Candidate, parts: ReadonlyMap<string, Part>): number {
  let total = 0;
  for (const [name, probability] of candidate.parts) total += (parts.get(name) as Part).share * probability;
  return total;
}

/** What a word has in a model that did not offer it, out of what agrees with the letters typed. */
async function named({ session, answer }: Part, typed: string, word: string): Promise<number> {
  const { text } = session;
  const isTyped = typed !== "" && !answer.space && text.endsWith(typed);
  const before = isTyped ? text.slice(0, text.length - typed.length) : text;
  const nats = (await session.nats(before, (answer.space ? " " : "") + word)) - answer.logEvidence;
  return Math.min(Math.exp(Math.min(nats, 0)), answer.items.at(-1)?.probability ?? 0);
}

/** The words; of those that are the same to `small`, the first. */
function distinct(words: readonly string[], small: (word: string) => string): string[] {
  const seen = new Set<string>();
  return words.filter((word) => seen.size < seen.add(small(word)).size);
}

/** The languages that give a tenth of a word or more, and the other sources. */
function sourcesOf(candidate: Candidate, parts: ReadonlyMap<string, Part>): string[] {
  const total = totalOf(candidate, parts);
  const names = [...candidate.parts].filter(
    ([name, probability]) => (parts.get(name) as Part).share * probability >= 0.1 * total,
  );
  return under(
    names.map(([name]) => name),
    candidate.best,
  );
}

/** The sources of a word, with languages in place of the model. */
function under(languages: readonly string[], { sources }: Suggestion): string[] {
  return sources.flatMap((source) => (source === "model" ? languages : [source]));
}

function answerOf(parts: readonly Part[], reader: Part, items: readonly Suggestion[], isProved: boolean): Suggestions {
  const best = parts.reduce((one, other) => (other.answer.logEvidence > one.answer.logEvidence ? other : one));
  const isAll = parts.every(({ answer, wanted }) => answer.items.length < wanted);
  return {
    ...best.answer,
    items,
    exact: (isProved || isAll) && parts.every(({ answer }) => answer.exact),
    unexplored: Math.max(...parts.map(({ answer }) => answer.unexplored)),
    rows: parts.reduce((sum, { answer }) => sum + answer.rows, 0),
    space: reader.answer.space,
  };
}

/** `text` before its unfinished last word, and that word. */
function lastCut(text: string): [head: string, unfinished: string] {
  const [before, part] = lastLinePart(text);
  const [rest, unfinished] = splitLast(part);
  return [before + rest, unfinished];
}
