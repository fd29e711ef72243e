import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type Gram,
  KnownWords,
  PersonalModel,
  Predictor,
  STRANGE,
  type Suggestions,
  WordgruError,
  WordList,
} from "../src/index.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const TINY = join(ROOT, "tests/runtime/tiny");
const GOLDEN = JSON.parse(readFileSync(join(ROOT, "export/golden/sources/tiny.json"), "utf-8")) as Golden;
const MANY = "word ".repeat(800); // after which a count is worth half

type Step = { do: string; count?: number } & Partial<{
  before: string;
  text: string | null;
  word: string | null;
  weight: number;
  grams: Gram[];
  shares: Record<string, number>;
  k: number;
  attention: number;
  ignore_case: boolean;
  punctuation: boolean;
  words: { word: string; probability: number; sources: string[] }[];
}>;
interface Golden {
  search: { tolerance: number; max_rows: number };
  compare: { absolute: number };
  scenarios: { name: string; steps: Step[] }[];
  learnt: { text: string; count: number; grams: Gram[] }[];
  glossaries: { text: string; count: number; weights: Record<string, number>; error?: string }[];
}

function close(one: number | undefined, other: number | undefined, what: string): void {
  assert.ok(
    Math.abs((one ?? Number.NaN) - (other ?? Number.NaN)) <= GOLDEN.compare.absolute,
    `${what}: ${one}, ${other}`,
  );
}

function sameGrams(got: Gram[], expected: Gram[], what: string): void {
  const names = (grams: Gram[]) => grams.map(({ history, word }) => [history, word]);
  assert.deepEqual(names(got), names(expected), what);
  for (const [at, { word, count }] of expected.entries()) close(got[at]?.count, count, `${what}, ${word}`);
}

function words({ items }: Suggestions): string[] {
  return items.map(({ word }) => word);
}

/** The counts of a store, by history and word. */
async function counts(store: PersonalModel): Promise<Map<string, number>> {
  return new Map((await store.grams()).map(({ history, word, count }) => [`${history}|${word}`, count]));
}

describe("the golden vectors of other sources", async () => {
  for (const { name, steps } of GOLDEN.scenarios) {
    it(name, async () => {
      const personal = new PersonalModel();
      const predictor = await Predictor.load(TINY, { personal });
      const session = predictor.session();
      const { tolerance, max_rows: maxRows } = GOLDEN.search;

      async function suggest(step: Step): Promise<void> {
        const { text, k = 3, attention = 0, ignore_case: ignoreCase = false, punctuation = false, words = [] } = step;
        if (typeof text === "string") session.set(text);
        const options = { k, attention, ignoreCase, punctuation, tolerance, maxRows };
        const { items, exact } = await session.suggest(options);
        assert.ok(exact);
        const plain = (given: readonly { word: string; sources: readonly string[] }[]) =>
          given.map(({ word, sources }) => [word, ...sources].join());
        assert.deepEqual(plain(items), plain(words), `${name}: ${session.text}`);
        for (const [at, { word, probability }] of words.entries()) close(items[at]?.probability, probability, word);
      }

      async function after(text: string, shares: Record<string, number>): Promise<void> {
        const found = await personal.after(text);
        assert.deepEqual([...found.keys()].sort(), Object.keys(shares).sort());
        for (const [word, share] of found) close(share, shares[word], word);
      }

      for (const step of steps) {
        const { text, word, weight, grams = [] } = step;
        const does: Record<string, () => unknown> = {
          learn: () => personal.learn(text as string),
          unlearn: () => personal.unlearn(text as string),
          forget: () => personal.forget(word ?? undefined),
          add: () => personal.add(grams),
          grams: async () => sameGrams(await personal.grams(), grams, name),
          after: () => after(text as string, step.shares ?? {}),
          list: () => predictor.words.add(word as string, weight),
          block: () => predictor.words.block(word as string),
          allow: () => predictor.words.allow(word as string),
          append: () => session.append(text as string),
          set: () => session.set(text as string),
          reset: () => session.reset({ before: step.before }),
          commit: () => session.commit(),
          suggest: () => suggest(step),
        };
        const made = await does[step.do]?.();
        if (step.count !== undefined) assert.equal(made, step.count, `${name}: ${step.do}`);
      }
    });
  }

  it("what is learnt of texts", async () => {
    for (const { text, count, grams } of GOLDEN.learnt) {
      const store = new PersonalModel();
      assert.equal(await store.learn(text), count, text);
      sameGrams(await store.grams(), grams, text);
    }
  });

  it("glossaries", () => {
    for (const { text, count, weights, error } of GOLDEN.glossaries) {
      const list = new WordList();
      if (error) {
        assert.throws(
          () => list.read(text),
          (fault) => fault instanceof WordgruError && fault.message.startsWith(`${error}: `),
        );
        assert.equal(list.weights.size, 0);
      } else {
        assert.equal(list.read(text), count);
        assert.deepEqual(Object.fromEntries(list.weights), weights);
      }
    }
  });
});

describe("personal words", () => {
  it("are not learnt before they are committed, and a field that is emptied takes nothing back", async () => {
    const personal = new PersonalModel();
    const predictor = await Predictor.load(TINY, { personal });
    const session = predictor.session("to the Krakenhaus");
    await session.suggest();
    assert.deepEqual(await personal.grams(), []);
    const committed = session.commit(); // of the text as it is now
    session.reset();
    session.append("to the");
    assert.equal(await session.commit(), 2);
    assert.equal(await committed, 3);
    close((await counts(personal)).get("|Krakenhaus"), 2 ** (-2 / 800), "Krakenhaus");
    const copy = session.copy();
    copy.set("a");
    await copy.commit();
    assert.ok((await counts(personal)).has("to|the"), "a copy takes nothing back");
  });

  it("are taken back by the field that taught them, saved and restored, though others wrote since", async () => {
    const personal = new PersonalModel();
    const predictor = await Predictor.load(TINY, { personal });
    const session = predictor.session("the the the the krakenhose");
    await session.commit();
    await personal.learn(MANY);
    const before = await counts(personal);
    const restored = await predictor.restore(await session.save());
    restored.set("the");
    await restored.commit();
    const after = await counts(personal);
    assert.deepEqual(
      [...after.keys()].filter((gram) => gram.includes("krakenhose")),
      [],
    );
    assert.ok(Math.abs((after.get("|word") ?? 0) - (before.get("|word") ?? 0)) < 2);
  });

  it("fade, and are forgotten in every case and as history", async () => {
    const store = new PersonalModel();
    await store.learn("at the Krakenhaus tonight");
    await store.learn(MANY);
    close((await counts(store)).get("|Krakenhaus"), 2 ** (-801 / 800), "half");
    assert.equal(await store.forget(""), 0);
    assert.ok((await store.forget("KRAKENHAUS")) >= 4);
    const left = [...(await counts(store)).keys()];
    assert.deepEqual(
      left.filter((gram) => /krakenhaus/i.test(gram)),
      [],
    );
    assert.ok(left.includes("|tonight"));
    assert.ok((await store.forget()) > 0);
    assert.deepEqual([await store.grams(), await store.clock], [[], 0]);
  });

  it("go to another store and to Python as JSON lines, and what is no gram is refused whole", async () => {
    const [one, other] = [new PersonalModel(), new PersonalModel()];
    await one.learn("at the Krakenhaus\nRuairí's \"");
    const lines = await one.export();
    assert.match(lines, /^\{"history": "", "word": "Ruairí's", "count": 1, "day": "\d{4}-\d\d-\d\d"\}\n/);
    assert.equal(await other.import(lines), (await one.grams()).length);
    assert.equal(await other.export(), lines);
    await other.import(lines.replaceAll("\n", "\r\n\r\n"));
    assert.equal((await counts(other)).get("|Ruairí's"), 2);
    const before = await other.export();
    for (const [bad, says] of [
      [`${lines}{"history": "", "word": "x"}`, /^line 12: expected \{"history"/],
      [`${lines}no`, /^line 12: /],
      [`${lines}{"history": "", "word": "x", "count": 1, "day": "2026-02-30"}`, /^line 12: expected .*"day": …/],
      ['{"history": "", "word": "", "count": 1}', /expected a history, a word, and a count above 0/],
      ['{"history": "", "word": "x", "count": -1}', /a count above 0/],
    ] as const) {
      await assert.rejects(other.import(bad), (error) => error instanceof WordgruError && says.test(error.message));
    }
    assert.equal(await other.export(), before);
  });

  it("are forgotten by days, each word by itself or all, as Python does", async () => {
    const store = new PersonalModel();
    for (const [text, day] of [
      ["one Zoo", "2025-12-24"],
      ["two Zoo", "2026-01-05"],
      ["two", "2026-02-01"],
    ] as const) {
      await store.learn(text, { day });
    }
    const days = async (word: string) =>
      (await store.grams()).filter((gram) => !gram.history && gram.word === word).map(({ day }) => day);
    assert.deepEqual(await days("Zoo"), ["2025-12-24", "2026-01-05"]);
    assert.equal(await store.forget("zoo", { since: "2026-01-01" }), 3);
    assert.deepEqual(await days("Zoo"), ["2025-12-24"]);
    assert.equal(await store.forget(undefined, { since: "2026-02-02" }), 0);
    assert.equal(await store.forget(undefined, { until: "2025-12-31" }), 5);
    assert.deepEqual([await days("one"), await days("two")], [[], ["2026-01-05", "2026-02-01"]]);
    await store.unlearn("two"); // from the last day first
    assert.deepEqual(await days("two"), ["2026-01-05"]);
    assert.equal(await store.clock, 5);
    await assert.rejects(
      store.forget("x", { since: "2026-02-01", until: "2026-01-01" }),
      /^WordgruError: the days 2026/,
    );
    await assert.rejects(store.forget("x", { since: "2026-02-30" }), /"2026-02-30" is no day; expected one as "2026/);
    await assert.rejects(store.learn("x", { day: "today" }), /^WordgruError: "today" is no day/);
    await assert.rejects(store.add([{ history: "", word: "x", count: 1, day: "1" }]), /"1" is no day/);
    const other = new PersonalModel();
    await other.import(await store.export());
    assert.equal(await other.export(), await store.export());
    await other.add([{ history: "", word: "x", count: 1 }]); // today
    assert.equal(await other.forget(undefined, { since: "2026-02-02" }), 1);
  });

  it("stay few: the oldest and least used go", async () => {
    const store = new PersonalModel(undefined, { maxBytes: 100_000 });
    const letters = "abcdefghijklmnop";
    await store.learn("Krakenhaus");
    for (const first of letters) {
      for (const second of letters) await store.learn(letters.replace(/./g, (third) => `${first}${second}${third} `));
    }
    const kept = await counts(store);
    assert.ok(!kept.has("|Krakenhaus") && kept.has("|ppp"));
    assert.ok(kept.size > 1000 && kept.size < 5000, String(kept.size));
  });

  it("that were forgotten are not taken back from what came later", async () => {
    const store = new PersonalModel();
    await store.learn("what was before it");
    const since = await store.clock;
    await store.learn("one two");
    await store.forget();
    await store.learn("one two");
    const kept = await store.export();
    await store.unlearn("one two", since);
    assert.equal(await store.export(), kept);
    await store.unlearn("one two", 0);
    assert.equal(await store.export(), "");
  });

  it("that cannot be kept, or are no text, are refused in a line", async () => {
    assert.throws(() => new PersonalModel("my words"), /^WordgruError: there is no IndexedDB here/);
    assert.throws(() => new PersonalModel(undefined, { maxBytes: 3 }), /maxBytes is 3; expected a whole number of at/);
    await assert.rejects(Predictor.load(TINY, { personal: "my words" }), /^WordgruError: there is no IndexedDB here/);
    await assert.rejects(new PersonalModel().learn("a \ud800"), /lone surrogate/);
  });
});

describe("a word list", () => {
  it("is heeded at the next keystroke, and a blocked word is blocked whoever gives it", async () => {
    const predictor = await Predictor.load(TINY, { personal: new PersonalModel() });
    const session = predictor.session("the Ey");
    predictor.words.add("Eyjafjallajökull");
    const [first] = (await session.suggest()).items;
    assert.deepEqual([first?.word, first?.sources], ["Eyjafjallajökull", ["glossary"]]);
    await predictor.personal?.learn("the Eyjafjallajökull");
    predictor.words.block("EYJAFJALLAJÖKULL", "too long");
    assert.ok(!words(await session.suggest()).includes("Eyjafjallajökull"));
    assert.equal(predictor.words.blocked.get("eyjafjallajökull"), "too long");
    predictor.words.allow("eyjafjallajökull");
    assert.equal(words(await session.suggest())[0], "Eyjafjallajökull");
  });

  it("holds a million words and no more", () => {
    const list = new WordList((word) => word);
    for (let at = 0; at < 1_000_000; at++) list.add(`x${at}`);
    assert.throws(() => list.add("one"), /^WordgruError: a list holds 1,000,000 words at most; take some off/);
    list.add("x7", 2); // is on it
    list.add("x7", 0);
    list.add("one");
    assert.equal(list.weights.size, 1_000_000);
  });

  it("knows the words of a filter that Python wrote, what is made of them, and of the others the near ones of a block", () => {
    const data = Buffer.from("57474b4e4f574e31480000000b000000" + "1886a120110cc25092", "hex"); // cat, dog
    const known = KnownWords.from(data, "here");
    const isKnown = (word: string) => known.has(word);
    assert.ok(["cat", "Dog", "dog's", "DOG’S", "12", "-"].every(isKnown));
    assert.ok(!["fish", "cat-", "cat-dog", "fish's", "7x", "'s"].some(isKnown));
    for (const bad of [data.subarray(0, 20), Buffer.alloc(0), Buffer.concat([data, data])]) {
      assert.throws(() => KnownWords.from(bad, "here"), /^BundleError: here: is no list of known words, or is cut off/);
    }
    const list = new WordList(undefined, ["dogma", "bullseye"], known);
    assert.deepEqual(
      ["cat", "dogma", "dogmatix", "bullse", "bull", "fish"].map((word) => list.factor(word)),
      [1, 0, 0, 0, STRANGE, STRANGE],
    );
  });

  it("has for near words those of the filter, one letter away or two slips of spelling, as Python has them", () => {
    const data = Buffer.from("57474b4e4f574e31480000000b000000" + "1886a120110cc25092", "hex"); // cat, dog, and few bits
    const list = new WordList(undefined, [], KnownWords.from(data, "here"));
    const letters = [..."abcdefghijklmnopqrstuvwxyz'"];
    assert.deepEqual(
      ["kat", "DGO", "ct", "kaat", "catz", "12"].map((word) => list.near(word, letters)),
      [["cat"], ["dog"], ["cat"], ["kaatj", "cat", "okaot"], ["cat", "catzs"], []],
    );
    assert.deepEqual(new WordList().near("kat", letters), []);
  });

  it("takes both apostrophes for one", () => {
    const list = new WordList();
    list.block("don’t");
    assert.equal(list.factor("Don't"), 0);
    list.allow("DON'T");
    assert.equal(list.factor("don’t"), 1);
  });

  it("refuses what is not one word, and what is no weight", () => {
    const list = new WordList();
    for (const word of ["", " ", "two words", "a,b", "-", "x@y.z", 3 as unknown as string]) {
      for (const call of ["add", "block", "allow"] as const) {
        assert.throws(() => list[call](word), /^WordgruError: .* is not one word; expected letters or digits/);
      }
    }
    for (const weight of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2e6, "3" as unknown as number]) {
      assert.throws(() => list.add("word", weight), /the weight of "word" is .*; expected a number of at least 0 and/);
    }
  });
});

describe("attention", () => {
  it("out of its range is refused by name", async () => {
    const session = (await Predictor.load(TINY)).session("the ");
    await assert.rejects(
      session.suggest({ attention: 1 }),
      /^WordgruError: attention is 1; expected a number of at least/,
    );
  });
});
