/** Which language a text is in, word by word: the forward algorithm of `wordgru/mixture.py` in TypeScript. */

/**
 * Probability that a word is of another language than the one before it in the sentence, as long as nothing is known of
 * the text.
 */
const SWITCHING = 0.05;

/** The same of a sentence. */
const SWITCHING_SENTENCES = 0.25;

const WORDS = 40; // words before the cursor that say which language it is
const FADING = 0.99; // what a change of language counts one word, or one sentence, later
const KEPT = 256; // words of which the posterior is kept, each with the text before it
const OWN = 0.5; // share of the likeliest language's posterior from which on a word is read by a model
const CLOSED = /[.!?…]["'”’)\]]*$/;
const SPACE = /[\p{White_Space}\x1c-\x1f]/u;
const LINE_END = /(?:(?!\n)[\p{White_Space}\x1c-\x1f])*\n/uy;
const PIECE = /[\p{White_Space}\x1c-\x1f]*([^\p{White_Space}\x1c-\x1f]+)/gu;

/** What one model says of a text. */
export interface Reader {
  nats(before: string, following: string): Promise<number>;
}

/** How far the words were weighed. */
export interface Weighed {
  /** Up to here. */
  readonly text: string;
  /** Log posterior of each language for the next word. */
  readonly logs: readonly number[];
  /** What each model reads of the text: the words that are probably of its language. */
  readonly contexts: readonly string[];
  /** Posterior of each language for the last word; none before the first one. */
  readonly shares?: readonly number[];
  /** Whether a line ends after it. */
  readonly line: boolean;
  /** Whether a sentence does. */
  readonly ends: boolean;
  /** How often the language changed within sentences. */
  readonly words: Changes;
  /** And between them. */
  readonly sentences: Changes;
}

/** How often the language changed between two words of a sentence, or between two sentences. */
class Changes {
  /**
   * @param count of changes, as far as they are certain; older ones count less.
   * @param of and of the places where it could.
   */
  constructor(
    private readonly count = 0,
    private readonly of = 0,
  ) {}

  /** With one place more, between two words of which these are the posteriors of the languages. */
  after(one: readonly number[], other: readonly number[]): Changes {
    const same = one.reduce((sum, share, at) => sum + share * (other[at] as number), 0);
    return new Changes(FADING * this.count + 1 - same, FADING * this.of + 1);
  }

  /** How probable a change is, which is `usual` before any place was seen. */
  rate(usual: number): number {
    return (1 + this.count) / (1 / usual + this.of);
  }
}

/** Weighs the words of a text that grows, and goes back where it was edited. */
export class Languages {
  #known: Weighed[] = [];

  /** @param readers of each language one. */
  constructor(private readonly readers: readonly Reader[]) {}

  /** The same over other readers, which read the same text. */
  copy(readers: readonly Reader[]): Languages {
    const other = new Languages(readers);
    other.#known = [...this.#known];
    return other;
  }

  /** Weigh the words of `head` that were not weighed yet. */
  async read(head: string): Promise<Weighed> {
    while (this.#known.length && !holds(this.#known.at(-1) as Weighed, head)) this.#known.pop();
    let read = this.#known.at(-1) ?? this.#nothing;
    const pieces = [...head.slice(read.text.length).matchAll(PIECE)];
    const wanted = pieces.slice(-WORDS);
    const from = read.text.length;
    const skipped = pieces.length > WORDS ? head.slice(from, from + (wanted[0] as RegExpExecArray).index) : "";
    read = { ...read, contexts: read.contexts.map((context) => context + skipped) };
    for (const { 0: piece, 1: word = piece, index } of wanted) {
      read = await this.#next(read, [piece, word], head.slice(0, from + index + piece.length), head);
      this.#known.push(read);
    }
    this.#known = this.#known.slice(-KEPT);
    return read;
  }

  get #nothing(): Weighed {
    const empty = this.readers.map(() => "");
    const logs = this.readers.map(() => -Math.log(this.readers.length));
    return {
      text: "",
      logs,
      contexts: empty,
      line: false,
      ends: false,
      words: new Changes(),
      sentences: new Changes(),
    };
  }

  /** What is known after one more piece, with which `text` ends, and the word in it. */
  async #next(read: Weighed, [piece, word]: readonly [string, string], text: string, head: string): Promise<Weighed> {
    const added = read.contexts.map((context) => (context ? piece : word)); // a text begins without a space
    const logs: number[] = [];
    for (const [at, reader] of this.readers.entries()) {
      const nats = await reader.nats(read.contexts[at] as string, added[at] as string);
      logs.push(nats + (read.logs[at] as number));
    }
    const posterior = shares(logs);
    const least = OWN * Math.max(...posterior);
    const contexts = read.contexts.map((context, at) =>
      (posterior[at] as number) >= least ? context + added[at] : context,
    );
    return after(read, text, contexts, posterior, lineEnds(head, text.length));
  }
}

/** Whether the words of `head` begin with those that were weighed, and none of them is another now. */
function holds({ text, line }: Weighed, head: string): boolean {
  const next = head.charAt(text.length);
  return head.startsWith(text) && !next.replace(SPACE, "") && line === lineEnds(head, text.length);
}

/** Whether a line ends at a place, or after the spaces that stand there. */
function lineEnds(head: string, at: number): boolean {
  LINE_END.lastIndex = at;
  return LINE_END.test(head);
}

/** What is known with one word more, with which `text` ends. */
function after(
  read: Weighed,
  text: string,
  contexts: readonly string[],
  posterior: readonly number[],
  line: boolean,
): Weighed {
  const ends = line || CLOSED.test(text);
  let { words, sentences } = read;
  if (read.shares && read.ends) sentences = sentences.after(read.shares, posterior);
  else if (read.shares) words = words.after(read.shares, posterior);
  const rate = ends ? sentences.rate(SWITCHING_SENTENCES) : words.rate(SWITCHING);
  const others = Math.max(posterior.length - 1, 1);
  const logs = posterior.map((share) => Math.log((1 - rate) * share + (rate * (1 - share)) / others));
  return { text, logs, contexts, shares: posterior, line, ends, words, sentences };
}

/** The distribution of which these are the logarithms, but for a constant. */
export function shares(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  const masses = logs.map((each) => Math.exp(each - most));
  const total = masses.reduce((sum, each) => sum + each, 0);
  return masses.map((mass) => mass / total);
}
