import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
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

describe("options", () => {
  it("that are unknown or of another type are refused by name", async () => {
    const faults: [unknown, RegExp][] = [
      [{ k: "3" }, /^k is the string "3"; expected a number\.$/],
      [{ k: null }, /^k is null; expected a number\.$/],
      [{ k: 1.5 }, /^k is 1\.5;/],
      [{ count: 3 }, /^unknown option 'count'; known are k, prefix,/],
      [{ toString: 3 }, /^unknown option 'toString'/],
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
    assert.match(printed, /^ca\w*\t\d+\.\d%\nca\w*\t\d+\.\d%\n$/);
  });

  it("says in one line what is wrong", () => {
    const faults: [string[], RegExp][] = [
      [[], /usage/],
      [[TINY], /usage/],
      [["nowhere", "the"], /no such folder/],
      [[TINY, "the", "-k", "0"], /-k is '0'/],
      [[TINY, "the", "-k", "abc"], /-k is 'abc'; expected a whole number/],
      [[TINY, "the", "cat"], /put the text in quotes/],
      [[TINY, "the", "--wrong"], /--wrong/],
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
