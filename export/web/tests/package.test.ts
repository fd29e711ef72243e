/** What `npm pack` makes of the two packages, unpacked into an empty folder and used from there. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findChromium, launch, Site } from "./site.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const EXPORT = join(ROOT, "export");
const TINY = join(ROOT, "tests/runtime/tiny");
const NEEDED = ["onnxruntime-common", "onnxruntime-node"]; // what npm would install beside them
const CHROMIUM = findChromium();

const PAGE = `<!doctype html>
<script type="importmap">{"imports": {"wordgru": "/node_modules/wordgru/dist/index.js"}}</script>
<script type="module">
  import { Predictor } from "wordgru";
  const predictor = await Predictor.load("/model/");
  const { items } = await predictor.suggest("the", { k: 3 });
  document.title = items.map(({ word }) => word).join(" ");
</script>`;

const TYPED = `
import { type Attached, attach, Predictor, type Suggestions, WordgruError } from "wordgru";
import type { WordgruField } from "wordgru/element";
import { Predictor as Inline } from "wordgru/inline";
import { Predictor as InNode } from "wordgru-node";
const found: Suggestions = await (await Predictor.load("model/")).session("the").suggest({ k: 3 });
export const words: string[] = found.items.map(({ word }) => word);
export const others: number[] = (await (await InNode.load("model")).complete("the c")).items.map((item) => item.probability);
export const refused: Error = new WordgruError(String((await Inline.load("model/")).config.model.vocab_size));
const offers: Attached = attach(document.querySelector("textarea"), await Predictor.load("model/"), { show: "list", k: 5 });
export const field = (element: WordgruField) => [offers.detach(), (element.source = () => Predictor.load("model/"))];
// @ts-expect-error there is no such option
await (await InNode.load("model")).suggest("the", { count: 3 });
`;

/** The files that the "exports" of a package name. */
function named(exports: string | Record<string, string>): string[] {
  return typeof exports === "string" ? [exports] : Object.values(exports).flatMap(named);
}

describe("the packages, packed and unpacked", () => {
  const folder = mkdtempSync(join(tmpdir(), "wordgru-"));
  const modules = join(folder, "node_modules");
  let words: string;

  /** What a script prints that is run in the folder, one line. */
  function printed(...given: string[]): string {
    return execFileSync(process.execPath, given, { cwd: folder, encoding: "utf-8" }).trim();
  }

  before(() => {
    for (const [name, from] of Object.entries({ wordgru: "web", "wordgru-node": "node" })) {
      const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
      const file = execFileSync("npm", pack, { cwd: join(EXPORT, from), encoding: "utf-8" }).trim();
      mkdirSync(join(modules, name), { recursive: true });
      execFileSync("tar", ["-xzf", join(folder, file), "--strip-components=1", "-C", join(modules, name)]);
    }
    for (const name of NEEDED) symlinkSync(join(EXPORT, "node_modules", name), join(modules, name));
    words = printed(
      "--input-type=module",
      "--eval",
      `import { Predictor } from "wordgru-node";
       const { items } = await (await Predictor.load(${JSON.stringify(TINY)})).suggest("the", { k: 3 });
       console.log(items.map(({ word }) => word).join(" "));`,
    );
  });

  after(() => rmSync(folder, { recursive: true }));

  it("suggest words in Node", () => {
    assert.match(words, /^\S+ \S+ \S+$/);
    const suggested = printed(join(modules, "wordgru-node/suggest.js"), TINY, "the", "-k", "3");
    assert.deepEqual(suggested.match(/^\S+/gm)?.join(" "), words);
  });

  it("send who loads the page's package in Node to the other one", () => {
    const load = 'import { Predictor } from "wordgru"; await Predictor.load("x").catch((e) => console.log(String(e)));';
    assert.match(printed("--input-type=module", "--eval", load), /^WordgruError: .*in Node import 'wordgru-node'\.$/);
  });

  it("can be imported where there is no page, as when one is rendered ahead", () => {
    assert.equal(printed("--input-type=module", "--eval", 'import "wordgru/element"; console.log("here");'), "here");
  });

  it("hold their licences, and name no file that is not there", () => {
    for (const name of ["wordgru", "wordgru-node"]) {
      const at = join(modules, name);
      for (const file of ["dist/LICENSE", "dist/NOTICES.txt", "README.md"])
        assert.ok(readFileSync(join(at, file)).length);
      const { types, exports } = JSON.parse(readFileSync(join(at, "package.json"), "utf-8"));
      for (const file of [types, ...named(exports)]) assert.ok(readFileSync(join(at, file)).length, file);
    }
  });

  it("have types", () => {
    writeFileSync(join(folder, "typed.mts"), TYPED);
    const options = "--noEmit --strict --module nodenext --target es2022 --lib es2023,dom --types".split(" ");
    const compiler = join(EXPORT, "node_modules/typescript/bin/tsc");
    assert.equal(printed(compiler, ...options, "", "typed.mts"), "");
  });

  it("suggest the same words in a page without a bundler", { skip: !CHROMIUM }, async () => {
    writeFileSync(join(folder, "index.html"), PAGE);
    const site = new Site({ "/": folder, "/model/": TINY });
    await site.start();
    const browser = await launch(CHROMIUM as string);
    try {
      const page = await browser.newPage();
      await page.goto(site.address);
      await page.waitForFunction("document.title");
      assert.equal(await page.title(), words);
    } finally {
      await browser.close();
      await site.stop();
    }
  });
});
