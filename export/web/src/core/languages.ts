/** Which language a text is in, word by word: the forward algorithm of `wordgru/languages.py` in TypeScript. */

/**
 * Probability that a word is of another language than the one before it in the sentence, as long as nothing is known of
 * the text.
 */
const SWITCHING = 0.05;

/** The same of a sentence. */
const SWITCHING_SENTENCES = 0.25;

const WORDS = 40; // words before the cursor that say which language it is
const FADING = 0.99; // what a change of language counts one word, or one sentence, later
const KEPT = 256; // words of which the posterior is kept
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
  /** Characters of the text up to here. */
  readonly size: number;
  /** Log posterior of each language for the next word. */
  readonly logs: readonly number[];
  /** Characters that each model reads of them: the words that are probably of its language. */
  readonly sizes: readonly number[];
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
  #text = "";
  #known: Weighed[] = [];
  #contexts: readonly string[];

  /** @param readers of each language one. */
  constructor(private readonly readers: readonly Reader[]) {
    this.#contexts = readers.map(() => "");
  }

  /** The same over other readers, which read the same text. */
  copy(readers: readonly Reader[]): Languages {
    const other = new Languages(readers);
    other.#text = this.#text;
    other.#known = [...this.#known];
    other.#contexts = this.#contexts;
    return other;
  }

  /** Weigh the words of `head` that were not weighed yet. `contexts` is what each model reads of them. */
  async read(head: string): Promise<Weighed & { readonly contexts: readonly string[] }> {
    const known = [...this.#known]; // the rest is kept together, at the end: what is awaited may fail, or be overtaken
    while (known.length && !this.#holds(known.at(-1) as Weighed, head)) known.pop();
    let read = known.at(-1) ?? this.#nothing;
    const from = read.size;
    const pieces = [...head.slice(from).matchAll(PIECE)];
    const wanted = pieces.slice(-WORDS);
    const skipped = pieces.length > WORDS ? head.slice(from, from + (wanted[0] as RegExpExecArray).index) : "";
    const { sizes: begun } = read;
    let contexts = this.#contexts.map((context, at) => context.slice(0, begun[at]) + skipped);
    for (const { 0: piece, 1: word = piece, index } of wanted) {
      const added = contexts.map((context) => (context ? piece : word)); // a text begins without a space
      const posterior = shares(await this.#logs(read, contexts, added));
      const least = OWN * Math.max(...posterior);
      contexts = contexts.map((context, at) => ((posterior[at] as number) >= least ? context + added[at] : context));
      const sizes = contexts.map((context) => context.length);
      read = after(read, head, from + index + piece.length, sizes, posterior);
      known.push(read);
    }
    this.#known = known.slice(-KEPT);
    this.#text = head.slice(0, read.size);
    this.#contexts = contexts;
    return { ...read, contexts };
  }

  get #nothing(): Weighed {
    const logs = this.readers.map(() => -Math.log(this.readers.length));
    const sizes = this.readers.map(() => 0);
    return { size: 0, logs, sizes, line: false, ends: false, words: new Changes(), sentences: new Changes() };
  }

  /** Whether `head` begins with words that were weighed, and none of them is another now. */
  #holds({ size, line }: Weighed, head: string): boolean {
    const next = head.charAt(size);
    const same = size <= head.length && head.startsWith(this.#text.slice(0, size));
    return same && !next.replace(SPACE, "") && line === lineEnds(head, size);
  }

  /** Log posterior of each language, but for a constant, with one word more. */
  async #logs(read: Weighed, contexts: readonly string[], added: readonly string[]): Promise<number[]> {
    const logs: number[] = [];
    for (const [at, reader] of this.readers.entries()) {
      const nats = await reader.nats(contexts[at] as string, added[at] as string);
      logs.push(nats + (read.logs[at] as number));
    }
    return logs;
  }
}

/** Whether a line ends at a place, or after the spaces that stand there. */
function lineEnds(head: string, at: number): boolean {
  LINE_END.lastIndex = at;
  return LINE_END.test(head);
}

/** What is known with one word more, which ends after `size` characters of `head`. */
function after(
  read: Weighed,
  head: string,
  size: number,
  sizes: readonly number[],
  posterior: readonly number[],
): Weighed {
  const line = lineEnds(head, size);
  const ends = line || CLOSED.test(head.slice(0, size));
  let { words, sentences } = read;
  if (read.shares && read.ends) sentences = sentences.after(read.shares, posterior);
  else if (read.shares) words = words.after(read.shares, posterior);
  const rate = ends ? sentences.rate(SWITCHING_SENTENCES) : words.rate(SWITCHING);
  const others = posterior.length - 1;
  const next = (share: number) => (others ? (1 - rate) * share + (rate * (1 - share)) / others : share);
  const logs = posterior.map((share) => Math.log(next(share)));
  return { size, logs, sizes, shares: posterior, line, ends, words, sentences };
}

/** The distribution of which these are the logarithms, but for a constant. */
export function shares(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  const masses = logs.map((each) => Math.exp(each - most));
  const total = masses.reduce((sum, each) => sum + each, 0);
  return masses.map((mass) => mass / total);
}
