/** Text that goes on, drawn from the model. `Predictor.generate` of `wordgru/predictor.py` in TypeScript. */
import { WordgruError } from "./errors.js";
import type { LanguageModel } from "./model.js";
import { Range } from "./ranges.js";
import type { Session } from "./session.js";
import { END_OF_TEXT, type Tokenizer } from "./tokenizer.js";
import { splitLast } from "./words.js";

/** How text is drawn. */
export interface GenerateOptions {
  /** Words to draw at most; the text may end earlier. Default 50. */
  readonly maxWords?: number | undefined;
  /** Below 1 more probable tokens, above 1 less; 0 always the most probable. Default 1. */
  readonly temperature?: number | undefined;
  /** Only the most probable tokens whose probabilities reach this sum. Default 1. */
  readonly topP?: number | undefined;
  /** The same seed gives the same text; another one than in Python. Default: none. */
  readonly seed?: number | undefined;
}

const DRAWN = 50; // words that a word cut by the end of a text may become, where one is drawn
const COUNT = new Range(0, { whole: true });
const TEMPERATURE = new Range(0);
const TOP_P = new Range(0, { most: 1, above: true });
const COLDEST = 1e-4;

type Draw = (probabilities: ArrayLike<number>) => number;

/** See `Predictor.generate`; `session` holds the context. */
export async function generate(
  { model, tokenizer }: { readonly model: LanguageModel; readonly tokenizer: Tokenizer },
  session: Session,
  options: GenerateOptions,
): Promise<string> {
  const { maxWords = 50, temperature = 1, topP = 1, seed, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown) throw new WordgruError(`${unknown} is no option; expected maxWords, temperature, topP, seed.`);
  COUNT.check("maxWords", maxWords);
  TEMPERATURE.check("temperature", temperature);
  TOP_P.check("topP", topP);
  if (seed !== undefined) COUNT.check("seed", seed);
  const random = seed === undefined ? Math.random : seeded(seed);
  const draw: Draw = (probabilities) => drawn(probabilities, random, temperature, topP);
  const context = session.text;
  let [written, left] = ["", maxWords];
  if (left && context) {
    const { items, space } = await session.suggest({ k: DRAWN });
    const item = items.length && items[draw(items.map(({ probability }) => probability))];
    if (!item) return "";
    const [, begun] = splitLast(context);
    written = (space ? " " : "") + (item.word.startsWith(begun) ? item.word.slice(begun.length) : item.word);
    left--;
  }
  const before = tokenizer.encode(context + written);
  const after: number[] = [];
  let state = model.initialState();
  const tokens = [END_OF_TEXT, ...before];
  state = tokens.length > 1 ? await model.advance(tokens.slice(0, -1), state) : state;
  for (let last = tokens.at(-1) as number; ; ) {
    const [answer] = await model.step([last], [state]);
    if (!answer) break;
    state = answer.state;
    last = draw(answer.row);
    if (last === END_OF_TEXT) break;
    if (/^[\t-\r ]/.test(tokenizer.tokenBytes[last] as string) && --left < 0) break;
    after.push(last);
  }
  return written + tokenizer.decode([...before, ...after]).slice(tokenizer.decode(before).length);
}

/** The place of one of the most probable that reach `topP` together. */
function drawn(probabilities: ArrayLike<number>, random: () => number, temperature: number, topP: number): number {
  const tempered = atTemperature(probabilities, temperature);
  const order = Array.from(tempered.keys()).sort(
    (one, other) => (tempered[other] as number) - (tempered[one] as number),
  );
  let [count, reached] = [0, 0];
  while (count < order.length) {
    reached += tempered[order[count++] as number] as number;
    if (reached >= topP) break;
  }
  let left = random() * reached;
  for (const at of order.slice(0, count)) {
    left -= tempered[at] as number;
    if (left < 0) return at;
  }
  return order[0] as number;
}

/** The distribution at a temperature: each probability to the power of 1 / temperature, normalized. */
function atTemperature(probabilities: ArrayLike<number>, temperature: number): Float64Array {
  const shares = Float64Array.from(probabilities);
  const most = shares.reduce((best, each) => Math.max(best, each), 0);
  const power = 1 / Math.max(temperature, COLDEST);
  let total = 0;
  for (const [at, each] of shares.entries()) {
    const share = (each / most) ** power;
    shares[at] = share;
    total += share;
  }
  return shares.map((share) => share / total);
}

/** Numbers from 0 to 1 that a seed decides: Mulberry32, by Tommy Ettinger, public domain. */
function seeded(seed: number): () => number {
  let state = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
