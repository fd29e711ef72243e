/** Which language a text is in, word by word: the forward algorithm of `wordgru/mixture.py` in TypeScript. */

/** Probability that a word is of another language than the one before it in the sentence. */
const SWITCHING = 0.05;

/** Probability that a sentence is of another language than the one before, as long as nothing is known of the text. */
const SWITCHING_SENTENCES = 0.25;

const WORDS = 40; // words before the cursor that say which language it is
const SENTENCES = 16; // of which the languages say how often they change
const KEPT = 256; // words of which the posterior is kept, each with the text before it
const FOREIGN = 0.1; // posterior of a language below which a sentence is not read by its model
const CLOSED = /[.!?…]["'”’)\]]*$/;
const PIECE = /[\p{White_Space}\x1c-\x1f]*[^\p{White_Space}\x1c-\x1f]+/gu;

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
  /** What each model reads of the text: not the sentences that are hardly of its language. */
  readonly contexts: readonly string[];
  /** And what it had read before the sentence under way. */
  readonly begun: readonly string[];
  /** The likeliest language of each sentence so far. */
  readonly spoken: readonly number[];
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
    while (this.#known.length && !head.startsWith((this.#known.at(-1) as Weighed).text)) this.#known.pop();
    let read = this.#known.at(-1) ?? this.#nothing;
    const pieces = [...head.slice(read.text.length).matchAll(PIECE)];
    const wanted = pieces.slice(-WORDS);
    const from = read.text.length;
    const skipped = pieces.length > WORDS ? head.slice(from, from + (wanted[0] as RegExpExecArray).index) : "";
    read = { ...read, contexts: read.contexts.map((context) => context + skipped) };
    for (const { 0: piece, index } of wanted) {
      read = await this.#next(read, piece, head.slice(0, from + index + piece.length), head);
      this.#known.push(read);
    }
    this.#known = this.#known.slice(-KEPT);
    return read;
  }

  get #nothing(): Weighed {
    const empty = this.readers.map(() => "");
    const logs = this.readers.map(() => -Math.log(this.readers.length));
    return { text: "", logs, contexts: empty, begun: empty, spoken: [] };
  }

  /** What is known after one more piece, with which `text` ends. */
  async #next(read: Weighed, piece: string, text: string, head: string): Promise<Weighed> {
    const nats: number[] = [];
    for (const [at, reader] of this.readers.entries()) {
      nats.push(await reader.nats(read.contexts[at] as string, piece));
    }
    const posterior = shares(nats.map((each, at) => each + (read.logs[at] as number)));
    let contexts = read.contexts.map((context) => context + piece);
    let { begun, spoken } = read;
    const ends = CLOSED.test(piece) || head[text.length] === "\n";
    if (ends) {
      contexts = contexts.map((context, at) =>
        (posterior[at] as number) >= FOREIGN ? context : (begun[at] as string),
      );
      begun = contexts;
      spoken = [...spoken.slice(1 - SENTENCES), posterior.indexOf(Math.max(...posterior))];
    }
    const switching = ends ? switchingOf(spoken) : SWITCHING;
    const others = Math.max(this.readers.length - 1, 1);
    const logs = posterior.map((share) => Math.log((1 - switching) * share + (switching * (1 - share)) / others));
    return { text, logs, contexts, begun, spoken };
  }
}

/** The distribution of which these are the logarithms, but for a constant. */
export function shares(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  const masses = logs.map((each) => Math.exp(each - most));
  const total = masses.reduce((sum, each) => sum + each, 0);
  return masses.map((mass) => mass / total);
}

/** How probably the next sentence is of another language: as often as so far, from `SWITCHING_SENTENCES` on. */
function switchingOf(spoken: readonly number[]): number {
  const changes = spoken.filter((language, at) => at > 0 && language !== spoken[at - 1]).length;
  return (1 + changes) / (1 / SWITCHING_SENTENCES + Math.max(spoken.length - 1, 0));
}
