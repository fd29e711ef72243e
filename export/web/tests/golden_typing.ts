/** The golden vectors of what was typed, as a check that runs wherever the module runs. */
import { corrections, Layout, type Predictor, type Suggestions, type TypingModel } from "../src/core/index.js";
import { Typed } from "../src/core/typing/channel.js";
import { Typing } from "../src/core/typing/model.js";

interface Word {
  word: string;
  probability: number;
}

export interface TypingGolden {
  bundle: string;
  search: { tolerance: number; max_rows: number };
  compare: { absolute: number; relative: number };
  layouts: Record<string, Record<string, [number, number]>>;
  likelihoods: { typing: TypingModel; typed: string; complete: boolean; words: Record<string, number> }[];
  fields: {
    typing: TypingModel;
    text: string;
    points: [number, number][];
    seen: string;
    exact: boolean;
    autocorrect: string | null;
    suggest: Word[];
    corrections: Word[];
    two: Word[];
  }[];
  texts: {
    typing: TypingModel;
    text: string;
    corrections: { start: number; end: number; typed: string; word: string; probability: number }[];
  }[];
}

/** What is not as the vectors say; nothing if all is well. */
export async function typingFaults(golden: TypingGolden, predictor: Predictor): Promise<string[]> {
  const faults: string[] = [];
  const same = (what: string, got: unknown, expected: unknown) => {
    const [one, other] = [JSON.stringify(got), JSON.stringify(expected)];
    if (one !== other) faults.push(`${what}: got ${one}, expected ${other}`);
  };
  const near = (what: string, got: number | undefined, expected: number, slack: number) => {
    if (!(Math.abs((got ?? Number.NaN) - expected) <= slack)) faults.push(`${what}: got ${got}, expected ${expected}`);
  };
  const { absolute, relative } = golden.compare;
  const words = (what: string, { items }: Suggestions, expected: Word[]) => {
    same(
      what,
      items.slice(0, expected.length).map(({ word }) => word),
      expected.map(({ word }) => word),
    );
    for (const [at, { word, probability }] of expected.entries()) {
      near(`${what}, ${word}`, items[at]?.probability, probability, absolute);
    }
  };
  const sorted = (names: string[]) => [...names].sort();
  same("layouts", Layout.names, sorted(Object.keys(golden.layouts)));
  for (const [name, keys] of Object.entries(golden.layouts)) {
    const found = Object.fromEntries(Layout.load(name).keys);
    same(name, sorted(Object.keys(found)), sorted(Object.keys(keys)));
    for (const [char, place] of Object.entries(keys)) same(`${name}, ${char}`, found[char], place);
  }
  for (const { typing, typed, complete, words: likelihoods } of golden.likelihoods) {
    const touches = Array.from(typed, (char) => ({ char }));
    const found = new Typed(new Typing(typing), touches, complete);
    for (const [word, likelihood] of Object.entries(likelihoods)) {
      // what is left of two numbers that are nearly 1 has fewer digits
      near(`P(${typed} | ${word}), ${complete}`, found.of(word), likelihood, relative * likelihood + 1e-15);
    }
  }
  const options = { k: 4, tolerance: golden.search.tolerance, maxRows: golden.search.max_rows };
  for (const { typing, text, points, seen, exact, autocorrect, ...expected } of golden.fields) {
    const session = predictor.session(text, { typing });
    for (const [x, y] of points) session.touch(x, y);
    const what = `${JSON.stringify(typing)}, ${seen}`;
    same(what, session.text, seen);
    const found = await session.suggest(options);
    same(`${what}: exact, autocorrect`, [found.exact, found.autocorrect ?? null], [exact, autocorrect]);
    words(`suggest, ${what}`, found, expected.suggest);
    words(`corrections, ${what}`, await session.corrections(options), expected.corrections);
    words(`corrections of two, ${what}`, await session.corrections(options, 2), expected.two);
  }
  for (const { typing, text, corrections: expected } of golden.texts) {
    const made: Omit<TypingGolden["texts"][number]["corrections"][number], "probability">[] = [];
    const shares: number[] = [];
    for await (const each of corrections(text, predictor.session("", { typing }), { threshold: 0.5 })) {
      const { start, end, typed, word, probability } = each;
      const place = (at: number) => [...text.slice(0, at)].length;
      made.push({ start: place(start), end: place(end), typed, word });
      shares.push(probability);
    }
    same(
      `corrections of ${text}`,
      made,
      expected.map(({ probability, ...each }) => each),
    );
    for (const [at, { probability, typed }] of expected.entries()) near(typed, shares[at], probability, 10 * absolute);
  }
  return faults;
}
