/**
 * The exact word search: the most probable words after a context, with a proof that none is missing.
 * `wordgru/search/search.py` in TypeScript, the same step by step.
 *
 * Words used here. A *node* is a token sequence that has begun a word: its last token is open and the model has read it,
 * so its *row* is known: the probability of every token that may follow. Its *mass* is P(its tokens | context). The final
 * tokens of a row spell whole words, which are *found*; its open tokens are *open*: words may go on from them, but nobody
 * looked yet. P(word) is the sum over all its spellings, so what a word can still gain is the sum of the open masses
 * whose bytes the word begins with: its *missing* mass. They all lie on one path of the trie of tokens, and that is the
 * bound.
 *
 * Words are chosen by what they count: their mass times a *factor*, 1 for a word that the language knows, less for
 * another, 0 for one that may not be offered. Where a known word has a hundredth of what agrees with the letters, known
 * words are offered alone; elsewhere that one is known says little, for some improbable one nearly always agrees, or is
 * taken for one. With A the mass of all that agrees with the letters typed, and t the tolerance, an answer of k words is
 * proved when
 *
 * - no word but these k can count more than the k-th by more than t · A, and
 * - none of these k misses more than t · A, or the tokens that `Tokenizer.encode` spells it with.
 *
 * Until then the heaviest open tokens on the paths that break a rule are read, many in one call, within a budget.
 * docs/word-search.md works an example by hand.
 */
import type { Bytes } from "./bytes.js";
import { type Characters, characters } from "./characters.js";
import type { Named } from "./named.js";
import { type Choice, type Group, heaviest, largestOf, type Nodes, Reader, type Steps } from "./rows.js";
import type { Answer, SearchOptions } from "./suggestions.js";
import { TokenTries } from "./trie.js";
import { compare, Vocabulary } from "./vocabulary.js";
import { type Bound, enough, missing, type Spell, Weighed } from "./weighed.js";

const REMEMBERED = 4; // places of which the nodes are kept; each node takes four bytes a token of the vocabulary
const EXAMINED = 256; // words of which the factor is asked at most, in one ranking
const TRUSTED = 0.01; // share, of all that agrees, of a known word that is offered without unknown ones
const LOOSE = 4; // times the tolerance: what a known word may have that is missing where not k known words were found

/** Where a word is searched. */
export interface Place {
  /** Before the context's last token. */
  readonly state: Float32Array;
  /** The context's last token. */
  readonly last: number;
  /** What the word begins with: the space before it, if there is one, and the letters typed. */
  readonly typed: Bytes;
}

type Factor = (spelled: Bytes) => number;

interface Remembered {
  readonly state: Float32Array;
  readonly last: number;
  readonly fold: boolean;
  readonly nodes: Nodes;
}

/** Finds the most probable words after a state. It remembers a few places; sessions share it. */
export class WordSearch {
  readonly #vocabularies = new Map<boolean, Vocabulary>();
  #places: Remembered[] = []; // the latest last
  /** The model's tokens as tries, made when they are asked for. */
  readonly tries: TokenTries;

  /**
   * @param tokenBytes what each token spells, by id.
   * @param finals how many are final.
   * @param spell the tokens of a pre-token that is these bytes; the last one final.
   */
  constructor(
    private readonly model: Steps,
    readonly tokenBytes: readonly Bytes[],
    private readonly finals: number,
    readonly spell: Spell,
  ) {
    this.tries = new TokenTries(tokenBytes, finals);
  }

  /**
   * The `k` words that begin with the bytes typed and count most.
   *
   * @param factor of these bytes, from 0 for what may not be offered to 1; a named word that may be offered has 1.
   * Words of less than 1 are in the answer only where others hardly agree.
   * @param named words that other sources name. The answer's probabilities are those of the mixture.
   */
  async find(
    { state, last, typed }: Place,
    k: number,
    options: SearchOptions,
    factor: Factor,
    named: readonly Named[] = [],
  ): Promise<Answer> {
    return this.reading(state, last, options, (reader, vocabulary) => {
      const weighed = new Weighed(reader, vocabulary, vocabulary.key(typed), options, this.spell);
      return new Search(weighed, k, options, factor).run(typed ? this.spell(typed).slice(0, -1) : [], named);
    });
  }

  /** The distribution of the character after the bytes typed, whole characters. */
  async characters(
    { state, last, typed }: Place,
    options: SearchOptions,
    named: readonly Named[],
  ): Promise<Characters> {
    return this.reading(state, last, { ...options, ignoreCase: false }, (reader) =>
      characters(reader, this.tries, typed, typed ? this.spell(typed) : [], options, named),
    );
  }

  /** What `work` finds with what reads at a place; what it read there is remembered. */
  async reading<Answered>(
    state: Float32Array,
    last: number,
    options: SearchOptions,
    work: (reader: Reader, vocabulary: Vocabulary) => Promise<Answered>,
  ): Promise<Answered> {
    const fold = options.ignoreCase;
    const vocabulary = this.#vocabulary(fold);
    const known = this.#places.find((each) => each.last === last && each.fold === fold && isSame(each.state, state));
    // taken out while in use: another session at the same place begins anew
    this.#places = this.#places.filter((each) => each !== known);
    const reader = new Reader(this.model, vocabulary, known?.nodes ?? new Map(), options);
    if (!known) await reader.begin(state, last);
    const answer = await work(reader, vocabulary);
    this.#places.push({ state, last, fold, nodes: new Map([...reader.nodes].slice(0, 2 * options.maxRows)) });
    this.#places = this.#places.slice(-REMEMBERED);
    return answer;
  }

  #vocabulary(fold: boolean): Vocabulary {
    const vocabulary = this.#vocabularies.get(fold) ?? new Vocabulary(this.tokenBytes, this.finals, fold);
    this.#vocabularies.set(fold, vocabulary);
    return vocabulary;
  }
}

/** Open tokens to read, each once. */
class Choices {
  readonly #choices = new Map<string, Choice>();

  get size(): number {
    return this.#choices.size;
  }

  add(choices: Iterable<Choice>): void {
    for (const choice of choices) this.#choices.set(`${choice.row} ${choice.place}`, choice);
  }

  heaviest(count: number): Choice[] {
    return heaviest(this.#choices.values(), count);
  }
}

/** A word found, and what it counts. */
type Ranked = readonly [word: Bytes, count: number];

/** One search: reads what is in question until nothing is. */
class Search {
  #isFew = false; // whether there were not k words, so that more were listed
  readonly #factors = new Map<Bytes, number>();

  constructor(
    private readonly weighed: Weighed,
    private readonly k: number,
    private readonly options: SearchOptions,
    private readonly factor: Factor,
  ) {}

  /** Read the usual tokens of what is typed, then what is in question. */
  async run(chain: readonly number[], named: readonly Named[]): Promise<Answer> {
    const { weighed } = this;
    const { maxSeconds = Number.POSITIVE_INFINITY, batch } = this.options;
    const deadline = performance.now() + 1000 * maxSeconds;
    await weighed.begin(chain, named);
    for (;;) {
      const choices = new Choices();
      const { inner } = weighed;
      const agrees = inner <= 0.5 * weighed.allowed; // else nobody knows yet what agrees with the letters
      const ranking = agrees ? this.#ranking() : [];
      const proved = agrees && this.#inQuestion(ranking, inner, choices);
      if (!agrees) this.#questionLetters(choices);
      const wanted = choices.heaviest(Math.min(batch, weighed.reader.left));
      if (proved || !wanted.length || performance.now() > deadline) {
        return this.#answer(agrees ? ranking : this.#ranking(), proved);
      }
      await weighed.read(wanted);
    }
  }

  #factor(word: Bytes): number {
    let factor = this.#factors.get(word);
    if (factor === undefined) {
      factor = this.factor(word);
      this.#factors.set(word, factor);
    }
    return factor && this.weighed.named.has(word) ? 1 : factor;
  }

  // -- the proof -----------------------------------------------------------------------------------------------

  /** The k best words found and what they count; of words that are compared as equals, the heaviest. */
  #ranking(): Ranked[] {
    const { weighed } = this;
    weighed.listWords();
    const best = this.#best();
    if (best.length === this.k || this.#isFew || weighed.isComplete) return best;
    this.#isFew = true;
    weighed.listWords(Math.max(Math.floor(EXAMINED / weighed.rows.length), this.k));
    return this.#best();
  }

  #best(): Ranked[] {
    const found = [...this.weighed.found];
    const examined = largestOf(
      Float64Array.from(found, ([, mass]) => mass),
      EXAMINED,
    ).map((at) => found[at] as Ranked);
    examined.sort(([word, mass], [other, more]) => more - mass || compare(word, other));
    const best = new Map<Bytes, Ranked>();
    const counts: number[] = []; // of the known words, the heaviest first, as they come
    for (const [word, mass] of examined) {
      if (counts.length >= this.k && mass <= (counts[this.k - 1] as number)) break;
      const form = this.weighed.vocabulary.form(word);
      const factor = best.has(form) ? 0 : this.#factor(word);
      if (!factor) continue;
      best.set(form, [word, mass * factor]);
      if (factor === 1) counts.push(mass);
    }
    return this.#first(best);
  }

  #isKnown([word]: Ranked): boolean {
    return this.#factor(word) === 1;
  }

  /** The k best. */
  #first(words: ReadonlyMap<Bytes, Ranked>): Ranked[] {
    const sorted = [...words.values()].sort(([one, less], [other, more]) => more - less || compare(one, other));
    const known = sorted.filter((ranked) => this.#isKnown(ranked));
    if (this.#isAlone(known)) return [...known, ...sorted.filter((ranked) => !this.#isKnown(ranked))].slice(0, this.k);
    return sorted.slice(0, this.k);
  }

  /** Whether known words are offered alone. */
  #isAlone([first]: readonly Ranked[]): boolean {
    return first !== undefined && this.#isKnown(first) && first[1] >= TRUSTED * this.weighed.agreeing;
  }

  /**
   * Whether a ranking is proved; if not, the open tokens to read next are added to `choices`.
   *
   * @param inner the mass of the inner ones.
   */
  #inQuestion(ranking: Ranked[], inner: number, choices: Choices): boolean {
    const { weighed } = this;
    const allowed = weighed.allowed - inner - weighed.unnamed;
    const bound = weighed.bound();
    for (const [word] of ranking) {
      if (bound(weighed.key(word)) > allowed) choices.add(enough(weighed.along(word), allowed));
      choices.add(weighed.unread(word));
    }
    if (ranking.length < this.k) {
      choices.add(weighed.heaviest(this.options.batch));
      this.#questionLetters(choices);
      return !choices.size && weighed.found.size <= EXAMINED && weighed.isComplete;
    }
    const limit = this.#limit(ranking, allowed);
    const most = this.#questionUnlisted(limit, bound, choices);
    const settled = most <= limit && this.#questionListed(ranking, limit, most, bound, choices);
    return settled && !choices.size;
  }

  /** The most that a word may count which is missing from the answer. */
  #limit(ranking: readonly Ranked[], allowed: number): number {
    const [last, count] = ranking.at(-1) as Ranked;
    const factor = this.#factor(last);
    if (factor === 1) return count + allowed;
    // no known word found: then no word at all is more probable
    if (!ranking.some((ranked) => this.#isKnown(ranked))) return count / factor + allowed;
    return Math.max(count + allowed, LOOSE * allowed);
  }

  /**
   * The heaviest tokens inside the letters typed, and with a third of a call those that agree already.
   *
   * The former may be countless and lead nowhere, since a spelling that began well need not reach the last letter.
   */
  #questionLetters(choices: Choices): void {
    const { batch } = this.options;
    const others = Math.floor(batch / 3);
    choices.add(this.weighed.heaviestInner(batch - others));
    choices.add(this.weighed.heaviest(others));
  }

  /** Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have. */
  #questionUnlisted(limit: number, bound: Bound, choices: Choices): number {
    const { batch } = this.options;
    const { weighed } = this;
    let most = 0;
    for (const [key] of [...weighed.groups].sort(([, one], [, other]) => other.peak("") - one.peak(""))) {
      let total = bound(key);
      if (total <= limit) {
        most = Math.max(most, total);
        continue;
      }
      total = weighed.unnamed;
      let best: { mass: number; group: Group } | undefined;
      for (const [group, rest] of weighed.alongKey(key)) {
        const mass = group.peak(rest);
        total += mass + group.unlisted;
        if (!best || mass >= best.mass) best = { mass, group };
      }
      most = Math.max(most, total);
      if (!best || total <= limit) continue;
      choices.add(best.group.over(Math.max(limit - (total - best.mass), 0), batch));
      if (choices.size >= 2 * batch) break; // enough for the next call
    }
    return most;
  }

  /**
   * Add tokens by which a word that is listed, but not among the best, may still exceed `limit`; false if one exceeds it
   * that was not examined.
   */
  #questionListed(ranking: readonly Ranked[], limit: number, most: number, bound: Bound, choices: Choices): boolean {
    const { weighed } = this;
    let settled = true;
    const best = new Set(ranking.map(([word]) => this.weighed.vocabulary.form(word)));
    const least = this.#isAlone(ranking) ? 1 : 0;
    for (const [word, found] of weighed.found) {
      if (found + most <= limit || found + bound(weighed.key(word)) <= limit) continue;
      if (best.has(this.weighed.vocabulary.form(word))) continue;
      const along = weighed.along(word);
      const mass = along.reduce((total, [group]) => total + group.unlisted, found + weighed.unnamed);
      const factor = mass + missing(along) > limit ? this.#factor(word) : 0;
      if (!factor || factor < least) continue;
      choices.add(enough(along, Math.max(limit / factor - mass, 0)));
      if (factor * mass <= limit) continue; // with what rows do not list
      settled &&= factor * weighed.measured(word).probability * weighed.agreeing <= limit;
    }
    return settled;
  }

  // -- the answer ----------------------------------------------------------------------------------------------

  #answer(ranking: readonly Ranked[], proved: boolean): Answer {
    const { weighed } = this;
    const offered = this.#isAlone(ranking) ? ranking.filter((ranked) => this.#isKnown(ranked)) : ranking;
    const words = offered.map(([word]) => weighed.measured(word));
    words.sort((one, other) => other.probability - one.probability || compare(one.spelled, other.spelled));
    const { unexplored, logAgreeing, reader } = weighed;
    return { words, exact: proved && weighed.agreeing > 0, unexplored, rows: reader.rows, logEvidence: logAgreeing };
  }
}

function isSame(one: Float32Array, other: Float32Array): boolean {
  return one === other || (one.length === other.length && one.every((value, at) => value === other[at]));
}
