import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { Tokenizer } from "../../web/src/core/tokenizer.js";
import { BundleError, Predictor, type Suggestions, WordgruError } from "../src/index.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const TINY = join(ROOT, "tests/runtime/tiny");
const SUGGEST = join(ROOT, "export/node/suggest.js");
const TEXT = 'The cat sat on the mat.\n"Don\'t know," said a well-known dog — 日本 is  far.';

const predictor = await Predictor.load(TINY);

function words({ items }: Suggestions): string[] {
  return items.map(({ word }) => word);
}

function close(one: Suggestions, other: Suggestions, what: string): void {
  assert.deepEqual(words(one), words(other), what);
  for (const [at, { probability }] of one.items.entries()) {
    assert.ok(Math.abs(probability - (other.items[at]?.probability ?? 0)) < 1e-4, what);
  }
}

describe("a session", () => {
  it("typed character by character equals one shot", async () => {
    const session = predictor.session();
    for (const character of TEXT) {
      session.append(character);
      close(await session.suggest({ k: 3 }), await predictor.session(session.text).suggest({ k: 3 }), session.text);
    }
  });

  it("edited anyhow in a long text equals one shot", async () => {
    const session = predictor.session("the cat sat on the mat and then the dog sat by the door and ".repeat(8));
    const edits = [
      () => session.append("😀 the c"),
      () => session.delete(3),
      () => session.delete(250),
      () => session.set(session.text.slice(0, 101)),
      () => session.append(" well-"),
      () => session.set(`A ${session.text}`),
      () => session.reset(),
    ];
    for (const edit of edits) {
      edit();
      close(await session.suggest({ k: 3 }), await predictor.session(session.text).suggest({ k: 3 }), session.text);
    }
  });

  it("answers for the text at the time of the question, however many are asked at once", async () => {
    const session = predictor.session("the ");
    const first = session.suggest();
    session.append("ca");
    const second = session.suggest();
    const copy = session.copy();
    session.set("a dog ");
    close(await first, await predictor.complete("the "), "first");
    close(await second, await predictor.complete("the ca"), "second");
    close(await copy.suggest(), await predictor.complete("the ca"), "copy");
    close(await session.suggest(), await predictor.complete("a dog "), "last");
  });

  it("goes on after a question that was refused", async () => {
    const session = predictor.session("the \ud800");
    await assert.rejects(session.suggest(), /lone surrogate \(U\+D800 at character 0\)/);
    session.set("the ");
    close(await session.suggest(), await predictor.complete("the "), "after");
  });
});

describe("suggest", () => {
  it("takes letters given apart as it takes letters in the text", async () => {
    for (const [context, prefix, ignoreCase] of [
      ["He is well-", "k", false],
      ["He is WELL-", "K", true],
    ] as const) {
      const given = { ignoreCase, tolerance: 1e-4, maxRows: 2000 };
      const apart = await predictor.suggest(context, { prefix, ...given });
      close(apart, await predictor.complete(context + prefix, given), context);
      assert.ok(apart.items.length && words(apart).every((word) => word.toLowerCase().startsWith("well-k")), context);
    }
  });

  it("says so when a budget ends the search", async () => {
    const predictor = await Predictor.load(TINY); // one that remembers nothing
    assert.equal((await predictor.suggest("the", { maxRows: 1 })).exact, false);
    assert.equal((await predictor.suggest("the", { maxSeconds: 1e-9 })).exact, false);
    assert.equal((await predictor.suggest("the")).exact, true);
  });

  it("offers marks if asked, and says where a space is missing", async () => {
    const found = await predictor.suggest("the cat sat", { punctuation: true, k: 40 });
    assert.ok(
      words(found).some((word) => /^[.,]$/.test(word)),
      String(words(found)),
    );
    assert.equal(found.space, false);
    assert.equal(new Set(words(found)).size, 40, "each in one form");
    assert.equal((await predictor.complete("the ")).space, false);
    assert.equal((await predictor.suggest("the")).space, true);
  });
});

describe("phrases", () => {
  it("go on while they are probable, and agree with word by word", async () => {
    const [best] = await predictor.phrases("the cat", { maxWords: 2, threshold: 1e-4, k: 1 });
    const [first, second, ...more] = best?.text.split(" ") ?? [];
    assert.ok(best && first && second && !more.length);
    const given = { k: 50, tolerance: 1e-6, maxRows: 1000 };
    const of = (found: Suggestions, word: string) => found.items.find((item) => item.word === word)?.probability ?? 0;
    const one = of(await predictor.suggest("the cat", given), first);
    const two = of(await predictor.suggest(`the cat ${first}`, given), second);
    assert.ok(Math.abs(best.probability - one * two) < 0.01);
  });
});

describe("score", () => {
  it("names each word and mark where it stands, in UTF-16 units", async () => {
    const text = "the cafe\u0301 😀 sat\r\non, don’t.\n";
    const scores = await predictor.score(text);
    assert.deepEqual(
      scores.map((unit) => unit.text),
      ["the", "cafe\u0301", "😀", "sat", "on", ",", "don’t", ".", ""],
    );
    for (const unit of scores) {
      assert.ok(text.slice(unit.start).trimStart().startsWith(unit.text), unit.text);
      assert.ok(unit.bits > 0 && Math.abs(unit.logProbability + unit.bits * Math.LN2) < 1e-9);
    }
  });
});

describe("a saved session", () => {
  it("goes on where it was", async () => {
    const session = predictor.session(`${"the cat sat on the mat. ".repeat(30)}the c`);
    await session.suggest();
    const restored = await (await Predictor.load(TINY)).restore(await session.save());
    assert.equal(restored.text, session.text);
    close(await restored.suggest(), await session.suggest(), "restored");
    restored.append("at and 日本 a");
    close(await restored.suggest(), await predictor.complete(restored.text), "edited");
    restored.delete(300);
    close(await restored.suggest(), await predictor.complete(restored.text), "deleted");
  });

  it("of a long paste reads on from its state", async () => {
    const session = predictor.session("the cat sat on the mat and the dog. ".repeat(250));
    await session.suggest();
    session.append("a dog is in the house. ".repeat(50)); // so that a start anew would begin elsewhere
    const restored = await predictor.restore(await session.save());
    for (const more of ["", "the ", "cat sat. "]) {
      session.append(more);
      restored.append(more);
      const found = await session.suggest();
      assert.deepEqual(await restored.suggest(), { ...found, rows: 0 }); // the state is the same, and so remembered
    }
  });

  it("is whole after edits that took all marks away", async () => {
    const text = "the cat sat on the mat and the dog. ".repeat(250);
    const session = predictor.session(text);
    await session.suggest();
    session.set("\ud800");
    await assert.rejects(session.suggest(), /lone surrogate/);
    session.set(text);
    const restored = await predictor.restore(await session.save());
    close(await restored.suggest(), await predictor.complete(text), "restored");
  });

  it("that is broken, or of another model, is refused", async () => {
    const data = await predictor.session("the c").save();
    for (const broken of [new Uint8Array(), new Uint8Array(50), data.slice(0, -1), data.slice(1)]) {
      await assert.rejects(predictor.restore(broken), /^WordgruError: the saved session cannot be read/);
    }
    const other = await Predictor.load(`${TINY}-int8`);
    await assert.rejects(other.restore(data), /^WordgruError: the saved session is of another model/);
  });
});

describe("options", () => {
  it("that are unknown or of another type are refused by name", async () => {
    const faults: [unknown, RegExp][] = [
      [{ k: "3" }, /^k is "3"; expected a whole number of at least 1 and at most 256\.$/],
      [{ k: 257 }, /^k is 257; expected a whole number of at least 1 and at most 256\.$/],
      [{ maxRows: 0 }, /^maxRows is 0; expected a whole number of at least 1\.$/],
      [{ k: null }, /^k is null; expected a whole number/],
      [{ k: 1.5 }, /^k is 1\.5;/],
      [{ tolerance: 1 }, /^tolerance is 1; expected a number of at least 0 and below 1\.$/],
      [{ maxSeconds: 0 }, /^maxSeconds is 0; expected a number above 0\.$/],
      [{ ignoreCase: 1 }, /^ignoreCase is 1; expected true or false\.$/],
      [{ prefix: 1 }, /^prefix is 1; expected a string\.$/],
      [{ count: 3 }, /^count is no option of a search; expected k, prefix,/],
      [{ toString: 3 }, /^toString is no option/],
      [3, /^the options are 3; expected an object/],
      [null, /^the options are null/],
    ];
    for (const [options, message] of faults) {
      const given = options as object;
      for (const ask of [
        () => predictor.suggest("the", given),
        () => predictor.complete("the", given),
        () => predictor.session("the").suggest(given),
      ]) {
        await assert.rejects(ask, (error) => error instanceof WordgruError && message.test(error.message));
      }
    }
  });
});

describe("a tokenizer.json", () => {
  const json = JSON.parse(readFileSync(join(TINY, "tokenizer.json"), "utf-8"));
  const rule = json.pre_tokenizer.pretokenizers[0];

  it("whose rule of a word is another one is refused in one line", () => {
    Tokenizer.fromJson(JSON.stringify(json));
    for (const Regex of [`${rule.pattern.Regex}|x`, "(?i:a)++", "\\S+"]) {
      const pretokenizers = [{ ...rule, pattern: { Regex } }, json.pre_tokenizer.pretokenizers[1]];
      const changed = { ...json, pre_tokenizer: { ...json.pre_tokenizer, pretokenizers } };
      assert.throws(() => Tokenizer.fromJson(JSON.stringify(changed)), {
        name: "BundleError",
        message: /^tokenizer\.json is not one of bundle format 2: its rule of a word is another one; [^\n]+$/,
      });
    }
  });
});

describe("a bundle on disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "wordgru-"));
  after(() => rmSync(folder, { recursive: true }));

  it("may be named by a file: URL, and by no other", async () => {
    close(await (await Predictor.load(pathToFileURL(TINY))).suggest("the"), await predictor.suggest("the"), "URL");
    await assert.rejects(Predictor.load(new URL("https://example.org/en/")), {
      name: "BundleError",
      message: /is no address of a folder on this machine/,
    });
  });

  it("that is missing, a file, or something else is refused", async () => {
    writeFileSync(join(folder, "file"), "");
    const faults: [string, RegExp][] = [
      [join(folder, "no"), /no such folder/],
      [join(folder, "file"), /is a file/],
      [folder, /has no config.json/],
    ];
    for (const [path, message] of faults) {
      await assert.rejects(
        Predictor.load(path),
        (error) => error instanceof BundleError && message.test(error.message),
      );
    }
  });

  it("that lacks a file is refused by the file's name", async () => {
    for (const name of readdirSync(TINY).filter((name) => name !== "README.md")) {
      const copy = join(folder, name.replace(".", "-"));
      cpSync(TINY, copy, { recursive: true });
      rmSync(join(copy, name));
      await assert.rejects(Predictor.load(copy), new RegExp(name));
    }
  });
});

describe("suggest.js", () => {
  it("prints words and probabilities", () => {
    const printed = execFileSync(process.execPath, [SUGGEST, TINY, "the ca", "--complete", "-k", "2"], {
      encoding: "utf-8",
    });
    assert.match(printed, /^(ca\w*\t\d+\.\d%\n){2}$/);
    const three = execFileSync(process.execPath, [SUGGEST, TINY, "the"], { encoding: "utf-8" });
    assert.match(three, /^(\S+\t\d+\.\d%\n){3}$/);
  });

  it("offers the words of a glossary, and names a line that is none", () => {
    const folder = mkdtempSync(join(tmpdir(), "wordgru-"));
    const file = join(folder, "words.txt");
    const given = [SUGGEST, TINY, "the Ey", "--complete", "--glossary", file];
    writeFileSync(file, "\ufeffEyjafjallajo\u0308kull\t5\r\n");
    assert.match(execFileSync(process.execPath, given, { encoding: "utf-8" }), /^Eyjafjallajökull\t/);
    writeFileSync(file, "good\ntwo words");
    const { stderr } = spawnSync(process.execPath, given, { encoding: "utf-8" });
    assert.match(stderr, /^error: line 2: "two words" is not one word; [^\n]+\n$/);
    rmSync(folder, { recursive: true });
  });

  it("says in one line what is wrong", () => {
    const faults: [string[], RegExp][] = [
      [[], /usage/],
      [[TINY], /usage/],
      [["nowhere", "the"], /no such folder/],
      [[TINY, "the", "-k", "0"], /k is 0; expected a whole number of at least 1 and at most 256\./],
      [[TINY, "the", "-k", "257"], /k is 257; expected a whole number of at least 1 and at most 256\./],
      [[TINY, "the", "-k", "abc"], /-k is 'abc'; expected a whole number/],
      [[TINY, "the", "cat"], /put the text in quotes/],
      [[TINY, "the", "--wrong"], /--wrong/],
      [[TINY, "the", "--glossary", "nowhere"], /nowhere: cannot be read \(ENOENT\); expected words/],
    ];
    for (const [given, message] of faults) {
      const { status, stderr } = spawnSync(process.execPath, [SUGGEST, ...given], { encoding: "utf-8" });
      assert.equal(status, 1);
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.match(stderr, message);
    }
  });

  it("prints its usage when asked", () => {
    assert.match(execFileSync(process.execPath, [SUGGEST, "--help"], { encoding: "utf-8" }), /^usage: .*\n/);
  });

  it("says in one line that the build is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "wordgru-"));
    cpSync(SUGGEST, join(folder, "suggest.mjs"));
    const given = [join(folder, "suggest.mjs"), TINY, "the"];
    const { status, stderr } = spawnSync(process.execPath, given, { encoding: "utf-8" });
    rmSync(folder, { recursive: true });
    assert.equal(status, 1);
    assert.equal(stderr, "error: node/dist is not built; run `npm ci && npm run build` in export/.\n");
  });
});
