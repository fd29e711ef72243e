import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { BundleError, Predictor, type Suggestions } from "../src/index.js";

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
    await assert.rejects(session.suggest(), /lone surrogate \(U\+D800 at character 4\)/);
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
      const apart = await predictor.suggest(context, { prefix, ignoreCase, tolerance: 1e-6 });
      close(apart, await predictor.complete(context + prefix, { ignoreCase, tolerance: 1e-6 }), context);
      assert.ok(apart.items.length && words(apart).every((word) => word.toLowerCase().startsWith("well-k")), context);
    }
  });

  it("says so when a budget ends the search", async () => {
    const predictor = await Predictor.load(TINY); // one that remembers nothing
    assert.equal((await predictor.suggest("the", { maxExpanded: 2 })).exact, false);
    assert.equal((await predictor.suggest("the", { maxMilliseconds: 0 })).exact, false);
    assert.equal((await predictor.suggest("the")).exact, true);
  });
});

describe("a bundle on disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "wordgru-"));
  after(() => rmSync(folder, { recursive: true }));

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
    assert.match(printed, /^ca\w*\t\d+\.\d%\nca\w*\t\d+\.\d%\n$/);
  });

  it("says in one line what is wrong", () => {
    for (const given of [[], [TINY], ["nowhere", "the"], [TINY, "the", "-k", "0"], [TINY, "the", "--wrong"]]) {
      const { status, stderr } = spawnSync(process.execPath, [SUGGEST, ...given], { encoding: "utf-8" });
      assert.equal(status, 1);
      assert.match(stderr, /^error: [^\n]+\n$/);
    }
  });
});
