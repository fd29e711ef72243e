/** The store of personal words in IndexedDB, in headless Chromium. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import type * as Web from "../src/index.js";
import type * as Inline from "../src/inline.js";
import { findChromium, inChromium, Site } from "./site.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const CHROMIUM = findChromium();

if (!CHROMIUM) console.log("# NOT RUN: the tests of IndexedDB need Chromium; install it, or name it in CHROMIUM");

describe("personal words in IndexedDB", { skip: !CHROMIUM }, () => {
  const site = new Site({
    "/model/": join(ROOT, "tests/runtime/tiny"),
    "/package/": join(ROOT, "export/web/dist"),
    "/tests/": join(ROOT, "export/web/dist/tests"),
  });
  let browser: Browser;

  inChromium(site, CHROMIUM, (opened) => {
    browser = opened;
  });

  async function blank(): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${site.address}tests/golden.html`);
    return page;
  }

  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  it("keeps them for several predictors", async () => {
    const other = await blank();
    const found = await other.evaluate(async (address) => {
      const { Predictor } = (await import(`${address}package/index.js`)) as typeof Web;
      const load = () => Predictor.load("/model/", { personal: "shared" });
      const [one, two] = await Promise.all([load(), load()]);
      const first = async (predictor: Web.Predictor) => (await predictor.complete("at the Kra")).items[0]?.word;
      const session = one.session("at the Krakenhaus");
      const learnt = await session.commit();
      const shared = await first(two);
      await Promise.all([one.personal?.learn("at the Krakenhaus"), two.personal?.learn("at the Krakenhaus")]);
      const count = (await one.personal?.grams())?.find(({ word }) => word === "Krakenhaus")?.count;
      session.reset();
      session.append("a Zoo");
      await session.commit();
      const forgotten = await two.personal?.forget("krakenhaus");
      const gone = await first(one);
      const lines = await two.personal?.export();
      one.close();
      two.close();
      const three = await load();
      const kept = (await three.personal?.export()) === lines;
      const clock = await three.personal?.clock;
      await three.words.add("Eyjafjallajökull", 3);
      await three.words.block("the");
      const glossary = (await three.suggest("a", { prefix: "Ey" })).items[0]?.sources;
      const list = [[...(await three.words.weights)], (await three.words.blocked).has("the")];
      const refused = await three.words.read("good\ntwo words").catch(String);
      const memory = await Predictor.load("/model/", { personal: true });
      const apart = (await memory.personal?.grams())?.length;
      return {
        learnt,
        shared,
        count,
        forgotten: Number(forgotten) > 0,
        gone,
        kept,
        clock,
        glossary,
        list,
        refused,
        apart,
      };
    }, site.address);
    const { count = 0, gone, ...others } = found;
    assert.ok(Math.abs(count - 3) < 0.05, String(count));
    assert.notEqual(gone, "Krakenhaus");
    assert.deepEqual(others, {
      learnt: 3,
      shared: "Krakenhaus",
      forgotten: true,
      kept: true,
      clock: 11,
      glossary: ["glossary"],
      list: [[["Eyjafjallajökull", 3]], true],
      refused:
        'WordgruError: line 2: "two words" is not one word; expected letters or digits, with single \' ’ or - inside.',
      apart: 0,
    });
  });

  it("gives a store of the first edition days: what it holds was learnt before every other", async () => {
    const other = await blank();
    const found = await other.evaluate(async (address) => {
      const { PersonalModel } = (await import(`${address}package/inline.js`)) as typeof Inline;
      await new Promise<void>((done) => {
        const request = indexedDB.open("first edition", 1);
        request.onupgradeneeded = () => {
          const grams = request.result.createObjectStore("grams");
          for (const key of [
            ["", "Zoo"],
            ["", "the"],
            ["the", "Zoo"],
          ])
            grams.put(0, key);
          request.result.createObjectStore("clock").put({ words: 2, edition: 0.5 }, 0);
        };
        request.onsuccess = () => {
          request.result.close();
          done();
        };
      });
      const store = new PersonalModel("first edition");
      const days = (await store.grams()).map(({ word, day }) => [word, day]);
      await store.learn("the Zoo", { day: "2026-11-01" });
      const gone = await store.forget(undefined, { until: "2026-10-31" });
      await store.close();
      const left = (await new PersonalModel("first edition").grams()).map(({ day }) => day);
      return { days, gone, left };
    }, site.address);
    const first = "0001-01-01";
    assert.deepEqual(found.days, [
      ["Zoo", first],
      ["the", first],
      ["Zoo", first],
    ]);
    assert.equal(found.gone, 3);
    assert.deepEqual(found.left, Array(5).fill("2026-11-01"));
  });

  it("says in a line why personal words cannot be kept, and changes nothing then", async () => {
    const other = await blank();
    const found = await other.evaluate(async (address) => {
      const { PersonalModel } = (await import(`${address}package/inline.js`)) as typeof Inline;
      const said = (work: Promise<unknown>) => work.then(String, String);
      const opened = (name: string, version: number, make?: (made: IDBDatabase) => void) =>
        new Promise<IDBDatabase>((done) => {
          const request = indexedDB.open(name, version);
          request.onupgradeneeded = () => make?.(request.result);
          request.onsuccess = () => done(request.result);
        });
      (await opened("newer", 99)).close();
      (await opened("foreign", 1, (made) => made.createObjectStore("other"))).close();
      const store = new PersonalModel("odd");
      await store.learn("at the Krakenhaus");
      const before = await store.export();
      const odd = await opened("odd", 2);
      const change = (clock: object) =>
        new Promise((done) => {
          const transaction = odd.transaction(["clock", "grams"], "readwrite");
          transaction.objectStore("clock").put(clock, 0);
          transaction.objectStore("grams").put("text", ["", "word", "2026-11-01"]);
          transaction.oncomplete = done;
        });
      await change({ words: 3, edition: 1 });
      const text = await said(store.learn("more"));
      await change({ words: "3", edition: 2 });
      const clock = await said(store.named("", ""));
      odd.close();
      await new Promise((done) => {
        indexedDB.deleteDatabase("odd").onsuccess = done;
      });
      const closed = new PersonalModel("closed");
      await closed.learn("at the Krakenhaus");
      await closed.close();
      const again = (await closed.grams()).length; // opened anew
      const cleared = [(await store.grams()).length, await store.learn("a Zoo"), (await store.grams()).length];
      const [newer, foreign] = [
        await said(new PersonalModel("newer").clock),
        await said(new PersonalModel("foreign").clock),
      ];
      return { text, clock, cleared, newer, foreign, again, before: before.length > 0 };
    }, site.address);
    for (const [name, why] of [
      ["text", "the entry .* is no word with a day and a finite score"],
      ["clock", "its clock is no finite number"],
      ["newer", ".+"],
      ["foreign", ".+"],
    ] as const) {
      assert.match(
        found[name],
        new RegExp(`^WordgruError: the personal words '\\w+' cannot be (read|written) \\(${why}`),
      );
    }
    assert.deepEqual([found.cleared, found.before, found.again], [[0, 2, 5], true, 8]);
  });
});
