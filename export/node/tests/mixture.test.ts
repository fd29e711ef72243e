import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { AS_READ, MixedPredictor, PersonalModel, Predictor, type Suggestions, WordgruError } from "../src/index.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const TINY = join(ROOT, "tests/runtime/tiny");
const GOLDEN = JSON.parse(readFileSync(join(ROOT, "export/golden/mixture/tiny.json"), "utf-8")) as Golden;
const BUNDLES = GOLDEN.bundles.map((bundle) => join(ROOT, bundle));
const MODELS = join(ROOT, "wordgru/models");

interface Word {
  word: string;
  probability: number;
  sources: string[];
}
type Step = { do: string } & Partial<{
  text: string;
  word: string;
  weight: number;
  count: number;
  before: string;
  shares: Record<string, number>;
  prefix: string;
  k: number;
  ignore_case: boolean;
  punctuation: boolean;
  space: boolean;
  words: Word[];
}>;
interface Golden {
  bundles: string[];
  search: { tolerance: number; max_rows: number };
  compare: { absolute: number };
  scenarios: { name: string; steps: Step[] }[];
  phrases: {
    context: string;
    k: number;
    max_words: number;
    threshold?: number;
    phrases: { text: string; probability: number }[];
  }[];
  nats: { before: string; following: string; nats: number }[];
  generated: { context: string; max_words: number; text: string }[];
}

function close(one: number | undefined, other: number | undefined, what: string): void {
  const difference = Math.abs((one ?? Number.NaN) - (other ?? Number.NaN));
  assert.ok(difference <= GOLDEN.compare.absolute, `${what}: ${one}, ${other}`);
}

function words({ items }: Suggestions): string[] {
  return items.map(({ word }) => word);
}

describe("the golden vectors of several languages", async () => {
  for (const { name, steps } of GOLDEN.scenarios) {
    it(name, async () => {
      const predictor = await Predictor.load(BUNDLES, { personal: new PersonalModel() });
      const session = predictor.session();
      const { tolerance, max_rows: maxRows } = GOLDEN.search;

      async function suggest(step: Step): Promise<void> {
        const { prefix, k, ignore_case: ignoreCase = false, punctuation = false, words: expected = [] } = step;
        const found = await session.suggest({ prefix, k, ignoreCase, punctuation, tolerance, maxRows });
        assert.ok(found.exact, session.text);
        assert.equal(found.space, step.space, session.text);
        const plain = (given: readonly { word: string; sources: readonly string[] }[]) =>
          given.map(({ word, sources }) => [word, ...sources].join());
        assert.deepEqual(plain(found.items), plain(expected), session.text);
        for (const [at, { word, probability }] of expected.entries()) {
          close(found.items[at]?.probability, probability, `${session.text}, ${word}`);
        }
      }

      async function languages({ shares = {} }: Step): Promise<void> {
        const found = await session.languages();
        assert.deepEqual([...found.keys()], Object.keys(shares));
        for (const [language, share] of found) close(share, shares[language], `${session.text}, ${language}`);
      }

      for (const step of steps) {
        const { text = "", word = "", weight, count } = step;
        const does: Record<string, () => unknown> = {
          languages: () => languages(step),
          suggest: () => suggest(step),
          list: () => predictor.words.add(word, weight),
          block: () => predictor.words.block(word),
          allow: () => predictor.words.allow(word),
          append: () => session.append(text),
          delete: () => session.delete(count),
          set: () => session.set(text),
          reset: () => session.reset({ before: step.before }),
          commit: async () => assert.equal(await session.commit(), count),
        };
        assert.ok(does[step.do], step.do);
        await does[step.do]?.();
      }
    });
  }

  it("phrases", async () => {
    const predictor = await Predictor.load(BUNDLES);
    for (const { context, k, max_words: maxWords, threshold, phrases } of GOLDEN.phrases) {
      const found = await predictor.phrases(context, { k, maxWords, threshold });
      const texts = (given: { text: string }[]) => given.map(({ text }) => text);
      assert.deepEqual(texts(found), texts(phrases));
      for (const [at, { text, probability }] of phrases.entries()) close(found[at]?.probability, probability, text);
    }
  });

  it("the probability of what follows a text, and text that goes on", async () => {
    const predictor = await Predictor.load(TINY);
    const session = predictor.session();
    for (const { before, following, nats } of GOLDEN.nats) {
      const found = await session.nats(before, following);
      assert.ok(Math.abs(found - nats) < 1e-3, `${before} | ${following}: ${found}, ${nats}`);
    }
    for (const { context, max_words: maxWords, text } of GOLDEN.generated) {
      assert.equal(await predictor.generate(context, { maxWords, temperature: 0 }), text, context);
    }
  });
});

describe("several languages", async () => {
  const both = await Predictor.load([join(MODELS, "en"), pathToFileURL(join(MODELS, "de/"))]);

  it("follow the words back and forth, and each word says its own", async () => {
    const session = both.session("thanks for the invitation, ");
    const share = async (language: string) => (await session.languages()).get(language) ?? 0;
    assert.ok((await share("en")) > 0.9);
    session.append("ich komme gerne ");
    const german = await share("de");
    assert.ok(german > 0.9);
    const { items, exact } = await session.suggest();
    assert.ok(exact && items.slice(0, 2).every(({ sources }) => sources.includes("de")), JSON.stringify(items));
    session.append("and I will ");
    assert.ok((await share("en")) > 0.85); // and is expected to change again
    session.set("thanks for the invitation, ich komme gerne ");
    assert.ok(Math.abs((await share("de")) - german) < 1e-3);
    const total = [...(await session.languages()).values()].reduce((sum, each) => sum + each);
    assert.ok(Math.abs(total - 1) < 1e-9);
    assert.deepEqual([...both.configs.keys()], ["en", "de"]);
  });

  it("of a text that was edited are those of one that is new", async () => {
    for (const texts of [
      ["hello\n", "hello \n", "hello \nIch "],
      ["hello ", "hello\n", "hello\nIch "],
      ["cafe ", "cafe\u0301 ", "cafe\u0301 et "],
      ["😀 ", "😀😀 ", "😀😀 ich "],
      ["日本 ", "日本語 ", "日本語 the "],
    ]) {
      const session = both.session("");
      for (const text of texts) {
        session.set(text);
        await session.languages();
      }
      const anew = await both.session(texts.at(-1) as string).languages();
      for (const [language, share] of await session.languages()) {
        assert.ok(Math.abs(share - (anew.get(language) as number)) < 1e-3, `${JSON.stringify(texts)}: ${language}`);
      }
    }
  });

  it("are the sum of what each model says", async () => {
    for (const [text, ...read] of [
      ["", "", ""],
      ["I will be there ", "I will be there ", " "],
      ["Ich komme mor", " mor", "Ich komme mor"],
      ["See you. Wir sehen uns mor", "See you. mor", "Wir sehen uns mor"],
    ] as const) {
      const session = both.session(text);
      const options = { tolerance: 0.001 };
      const { items, exact } = await session.suggest(options);
      const logs = [...(await session.languages()).values()].map(Math.log);
      const alone = { k: 40, tolerance: 1e-4, maxRows: 2000 };
      const answers = await Promise.all(
        [...both.predictors.values()].map((each, at) => each.session(read[at], { typist: AS_READ }).suggest(alone)),
      );
      const masses = answers.map(({ logEvidence }, at) => Math.exp(logEvidence + (logs[at] as number)));
      const whole = masses.reduce((sum, each) => sum + each, 0);
      const total = new Map<string, number>();
      for (const [at, { items }] of answers.entries()) {
        for (const { word, probability } of items) {
          total.set(word, (total.get(word) ?? 0) + ((masses[at] as number) / whole) * probability);
        }
      }
      assert.ok(exact, text);
      for (const { word, probability } of items) {
        assert.ok(Math.abs(probability - (total.get(word) ?? 0)) < 0.004, `${text}${word}`);
      }
      const last = items.at(-1)?.probability ?? 0;
      for (const [word, each] of total)
        assert.ok(each <= last + 0.004 || words({ items } as Suggestions).includes(word));
    }
  });

  it("answer for the text at the time of the question, and a copy goes its own way", async () => {
    const session = both.session("Guten ");
    const first = session.suggest();
    session.append("Mor");
    const second = session.suggest();
    const other = session.copy();
    other.append("gen ");
    const [one, two, three] = await Promise.all([first, second, other.suggest()]);
    assert.deepEqual(words(one), words(await both.complete("Guten ")));
    assert.deepEqual(words(two), words(await both.complete("Guten Mor")));
    assert.deepEqual(words(three), words(await both.complete("Guten Morgen ")));
    assert.equal(session.text, "Guten Mor");
    session.reset();
    assert.deepEqual(words(await session.suggest()), words(await both.complete("")));
  });

  it("offer nothing inside an address", async () => {
    for (const text of ["user@teh", "mail user@teh", "www.goo"]) {
      const session = both.session(text);
      const { items, exact } = await session.suggest();
      assert.deepEqual([items, exact], [[], false], text);
      assert.ok((await session.suggest({ prefix: "th" })).items.length, text);
    }
  });

  it("of which there is one offer what that model does, under its name", async () => {
    const english = await Predictor.load(join(MODELS, "en"));
    const alone = await Predictor.load([join(MODELS, "en")]);
    for (const text of ["", "I will be there", "I LIKE T", "so i", "a zyx"]) {
      const session = alone.session(text);
      const { items, exact } = await session.suggest();
      const expected = await english.session(text).suggest();
      const told = ({ word, probability }: { word: string; probability: number }) => [word, probability];
      assert.deepEqual(items.map(told), expected.items.map(told), text);
      assert.equal(exact, expected.exact);
      assert.ok(items.every(({ sources }) => !sources.includes("model")));
      assert.deepEqual(await session.languages(), new Map([["en", 1]]));
    }
  });

  it("read a new text after what was committed before it, or what is named, each in its language", async () => {
    const sent = "Wir haben das Haus gestern gekauft.";
    const mixed = await Predictor.load([join(MODELS, "en"), join(MODELS, "de")], { personal: new PersonalModel() });
    const session = mixed.session(sent);
    const german = async () => (await session.languages()).get("de") as number;
    session.reset();
    assert.ok(Math.abs((await german()) - 0.5) < 1e-9); // it was not sent
    session.append(sent);
    await session.commit();
    session.reset();
    const after = await german();
    assert.ok(after > 0.6);
    const other = session.copy();
    assert.equal((await other.languages()).get("de"), after);
    session.reset({ before: "" });
    assert.ok(Math.abs((await german()) - 0.5) < 1e-9);
    session.reset({ before: sent });
    assert.equal(await german(), after);
    session.append("Es ist ");
    assert.deepEqual(words(await session.suggest()), words(await both.complete(`${sent}\nEs ist `)));
  });

  it("that cannot be mixed, and what cannot be asked, are refused in a line", async () => {
    assert.throws(() => new MixedPredictor(new Map()), /^WordgruError: no model is named; expected one or more/);
    await assert.rejects(Predictor.load([TINY, `${TINY}/`]), /^WordgruError: two models are called 'tiny'; expected/);
    await assert.rejects(both.suggest("the", { k: 0 }), /^WordgruError: k is 0/);
    await assert.rejects(both.suggest("the \ud800 "), /lone surrogate/);
    await assert.rejects(both.suggest("the", { prefix: "a b" }), /no beginning of a word/);
    assert.throws(() => both.words.add("two words"), /is not one word/);
  });
});

describe("text that goes on", async () => {
  const predictor = await Predictor.load(TINY);

  it("is the same for the same seed, and no longer than was asked", async () => {
    const drawn = (seed: number, maxWords = 8) => predictor.generate("the cat ", { seed, maxWords });
    const [one, same, other] = [await drawn(1), await drawn(1), await drawn(2)];
    assert.equal(one, same);
    assert.notEqual(one, other);
    assert.equal(await drawn(1, 0), "");
    assert.ok((await predictor.generate("", { seed: 3, maxWords: 2 })).trim().split(/\s+/).length <= 2);
    assert.equal(
      await predictor.generate("the", { temperature: 0, seed: 1, maxWords: 5 }),
      await predictor.generate("the", { topP: 1e-9, seed: 2, maxWords: 5 }),
    );
  });

  it("refuses what is out of its range, by name", async () => {
    for (const [options, says] of [
      [{ topP: 0 }, "topP is 0; expected a number above 0 and at most 1"],
      [{ seed: -1 }, "seed is -1"],
      [{ temperature: Number.NaN }, "temperature is NaN"],
      [{ maxWords: 1.5 }, "maxWords is 1.5"],
      [{ max_words: 3 } as object, "max_words is no option; expected maxWords, temperature, topP, seed."],
    ] as const) {
      await assert.rejects(
        predictor.generate("the", options),
        (error) => error instanceof WordgruError && error.message.includes(says),
      );
    }
  });
});
