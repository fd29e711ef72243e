/** Offers in the text fields of a page, in headless Chromium, as a person types into them. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe, it } from "node:test";
import type { Browser, CDPSession, Page } from "playwright-core";
import type * as Web from "../src/index.js";
import { begun, faults, findChromium, inChromium, LOOKS, offersOf, Site, withoutWorkers } from "./site.js";

/** What the page under test has. */
declare global {
  interface Window {
    wordgru: typeof Web;
    source(words: unknown, how?: { waits?: boolean }): Web.SessionSource & { told: Told };
    find(name: string): HTMLElement;
    offers: Web.Attached;
    from: Web.SessionSource & { told: Told };
  }
}

interface Told {
  asked: string[];
  learnt: string[];
  resets: number;
  waiting: (() => void)[];
}

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const CHROMIUM = findChromium();
const PICTURES = process.env.PICTURES; // a folder, if the screenshots are to be looked at
const FIELDS = ["#line", "#area", "#rich"];

if (!CHROMIUM) console.log("# NOT RUN: the fields' tests need Chromium; install it, or name it in CHROMIUM");

describe("the text fields of a page", { skip: !CHROMIUM }, () => {
  const site = new Site({
    "/": join(ROOT, "export/web/tests"),
    "/wordgru/": join(ROOT, "export/web/dist"),
    "/model/": join(ROOT, "tests/runtime/tiny"),
    "/en/": join(ROOT, "wordgru/models/en"),
    "/de/": join(ROOT, "wordgru/models/de"),
  });
  let browser: Browser;
  let page: Page;
  let devtools: CDPSession;
  let requests: string[] = [];
  let complaints: string[] = [];

  inChromium(site, CHROMIUM, (opened) => {
    browser = opened;
  });

  before(async () => {
    page = await open({});
    devtools = await page.context().newCDPSession(page);
  });

  beforeEach(async () => {
    [requests, complaints] = [[], []];
    await visit(page);
  });

  afterEach(async () => {
    await page.goto("about:blank"); // a page that is visited again may hold what was typed there
    assert.deepEqual(complaints, []);
  });

  async function open(options: Parameters<Browser["newContext"]>[0]): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    return page;
  }

  async function visit(page: Page): Promise<void> {
    await page.goto(`${site.address}fields.html`);
    await page.waitForFunction("window.wordgru");
  }

  /** Attach a source of these words to what `name` finds; "document" is all of the page. */
  async function attach(name: string, words: readonly string[], options: Web.AttachOptions = {}): Promise<void> {
    await page.evaluate(
      ([name, words, options]) => {
        window.from = window.source(words);
        window.offers = window.wordgru.attach(name === "document" ? document : window.find(name), window.from, options);
      },
      [name, words, options] as const,
    );
  }

  const told = () => page.evaluate(() => ({ ...window.from.told, waiting: [] }));
  const list = () => page.locator("wordgru-offers:popover-open wordgru-offer > span").allTextContents();
  const ghost = () => page.locator("wordgru-ghost").textContent();
  const text = (name: string) =>
    page
      .locator(name)
      .evaluate((field) =>
        field instanceof HTMLElement && field.isContentEditable ? field.innerText : (field as HTMLInputElement).value,
      );
  const focused = () => page.evaluate(() => document.activeElement?.id);
  const attribute = (name: string, which: string) => page.locator(name).getAttribute(which);

  /** Until all that a keystroke sets off is done, where the source answers at once. */
  const settled = () => begun(page);

  /** Until `rest` stands behind the cursor: where a bundle answers, it does so in its own time. */
  const completed = (rest: string | undefined) =>
    page.waitForFunction((rest) => document.querySelector("wordgru-ghost")?.textContent === rest, rest);

  async function write(name: string, text: string): Promise<void> {
    await page.locator(name).pressSequentially(text);
    await settled();
  }

  /** Type a character and press a key before the field's patience with the words of the text before can end. */
  const keys = (name: string, character: string, key: string) =>
    page.evaluate(
      ([name, character, key]) => {
        document.execCommand("insertText", false, character);
        window.find(name).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      },
      [name, character, key] as const,
    );

  it("offers words of a bundle, which is loaded when something is typed, and closed at the end", async () => {
    await page.evaluate(() => {
      window.offers = window.wordgru.attach(window.find("#area"), "/model/");
    });
    await page.locator("#area").focus();
    await settled();
    assert.deepEqual(
      requests.filter((path) => path.startsWith("/model/")),
      [],
    );
    await page.keyboard.type("the ca");
    const words = await offersOf(page, "ca");
    assert.equal(words.length, 3);
    await completed(words[0]?.slice(2));
    assert.equal(page.workers().length, 1);
    await page.evaluate(() => window.offers.detach());
    await withoutWorkers(page);
    assert.equal(page.workers().length, 0);
  });

  for (const name of FIELDS) {
    it(`takes a word by Tab, Alt and a digit, a click, and the arrows, in ${name}`, async () => {
      await attach(name, ["cat", "can", "car"]);
      await write(name, "the c");
      assert.deepEqual(await list(), ["cat", "can", "car"]);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Alt+2");
      await page.keyboard.press("Alt+3");
      await settled();
      await page.locator("wordgru-offer").nth(0).click();
      await settled();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      const active = await attribute(name, "aria-activedescendant");
      assert.equal(await page.locator(`#${active}`).getAttribute("aria-selected"), "true");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assert.equal(await attribute(name, "aria-activedescendant"), null);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await settled();
      assert.equal((await text(name)).replaceAll("\u00a0", " ").trimEnd(), "the cat can car cat can");
      assert.equal(await focused(), name.slice(1));
      await page.keyboard.press("Escape");
      assert.deepEqual(await list(), []);
      await page.keyboard.press("Tab");
      assert.notEqual(await focused(), name.slice(1));
    });

    it(`types nothing that cannot be undone, and puts a mark in the place of a space, in ${name}`, async () => {
      await attach(name, ["cat"]);
      await write(name, "a ");
      await page.keyboard.press("Tab");
      await page.keyboard.type(".");
      assert.equal((await text(name)).replaceAll("\u00a0", " "), "a cat.");
      for (let step = 0; step < 3; step++) await page.keyboard.press("Control+z");
      assert.ok((await text(name)).length < "a cat".length, await text(name));
    });
  }

  it("offers nothing where nothing was typed, inside of a word, with a selection, or once the cursor has moved", async () => {
    await page.locator("#area").fill("the cat");
    await attach("#area", ["cat"]);
    await page.locator("#area").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("ArrowRight");
    await settled();
    assert.deepEqual(await list(), []);
    await page.keyboard.press("Tab");
    assert.notEqual(await focused(), "area");
    await page.locator("#area").focus();
    await page.keyboard.press("Home");
    await write("#area", "c"); // before "the"
    assert.deepEqual(await list(), []);
    await page.keyboard.press("End");
    await write("#area", " ");
    assert.deepEqual(await list(), ["cat"]);
    await page.keyboard.press("ArrowLeft");
    await settled();
    assert.deepEqual([await list(), await ghost()], [[], ""]);
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await settled();
    assert.deepEqual(await list(), []);
  });

  it("leaves the arrows to the cursor in the midst of a text", async () => {
    await page.locator("#area").fill("one\ntwo\nthree");
    await attach("#area", ["cat", "can"]);
    await page.locator("#area").focus();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("End");
    await write("#area", " ");
    assert.equal(await ghost(), "cat");
    await page.keyboard.press("Alt+ArrowDown");
    assert.ok(await attribute("#area", "aria-activedescendant"));
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    await settled();
    assert.equal(
      await page.locator("#area").evaluate((area: HTMLTextAreaElement) => area.selectionStart),
      "one \ntwo".length,
    );
    assert.deepEqual(await list(), []);
  });

  it("reads the paragraphs of a rich text as lines", async () => {
    await page.locator("#rich").evaluate((rich) => {
      rich.innerHTML =
        "<p>Dear <b>Ann</b>,</p><ul><li>one</li><li>two</li></ul><div>three<br>four</div><div><br></div>";
    });
    await attach("#rich", ["cat"]);
    await page.locator("#rich").focus();
    await page.keyboard.press("Control+End");
    await write("#rich", "a ");
    assert.equal((await told()).asked.at(-1), "Dear Ann,\none\ntwo\nthree\nfour\na ");
    await page.locator("#rich li").last().click();
    await page.keyboard.press("End");
    await write("#rich", " c");
    await page.keyboard.press("Tab");
    await settled();
    assert.equal((await told()).asked.at(-1), "Dear Ann,\none\ntwo cat ");
  });

  it("asks of the newest text alone, and takes what it offers there", async () => {
    await page.evaluate(() => {
      window.from = window.source((text: string) => [`${text.split(" ").at(-1)}x`], { waits: true });
      window.offers = window.wordgru.attach(window.find("#area"), window.from);
    });
    const answer = async () => {
      await page.evaluate(() => window.from.told.waiting.shift()?.());
      await settled();
    };
    await write("#area", "a bcd");
    await answer();
    assert.deepEqual(await list(), []);
    await answer();
    assert.deepEqual(await list(), ["bcdx"]);
    assert.deepEqual((await told()).asked, ["a", "a bcd"]);
    await keys("#area", "e", "Tab"); // while what is shown is of the text before
    await settled();
    assert.equal(await text("#area"), "a bcde");
    await answer();
    assert.equal(await text("#area"), "a bcdex ");
    await answer();
    assert.deepEqual(await list(), ["x"]);
    await page.evaluate(() => {
      document.execCommand("insertText", false, "f");
      window.find("wordgru-offer").click(); // it is of the text before
    });
    assert.equal(await text("#area"), "a bcdex f");
    await page.locator("wordgru-offer").waitFor({ state: "hidden" }); // the answer takes too long
    await answer();
    assert.deepEqual(await list(), ["fx"]);
  });

  it("waits for the ghost that Tab takes, and has the words of one question only", async () => {
    await page.evaluate(() => {
      window.from = window.source((text: string) => [`${text}x`], { waits: true });
      window.offers = window.wordgru.attach(window.find("#line"), window.from, { show: "ghost" });
    });
    const answer = async () => {
      await page.evaluate(() => window.from.told.waiting.shift()?.());
      await settled();
    };
    await write("#line", "a");
    await answer();
    assert.equal(await ghost(), "x");
    await keys("#line", "b", "Tab");
    await answer();
    assert.deepEqual([await text("#line"), await focused()], ["abx ", "line"]);
    assert.equal(await attribute("#line", "aria-autocomplete"), "inline");
    assert.equal(await attribute("#line", "role"), null);
  });

  it("puts list and ghost to the left of a text from right to left", async () => {
    await attach("#hebrew", ["שלומות", "שלום"]);
    await write("#hebrew", "שלו");
    assert.equal(await ghost(), "מות");
    const [field, shown, offered] = await page.evaluate(() =>
      ["#hebrew", "wordgru-ghost", "wordgru-offers"].map((name) => window.find(name).getBoundingClientRect().toJSON()),
    );
    assert.ok(shown.right < field.right - 10 && shown.right > field.right - 60, JSON.stringify(shown));
    assert.ok(shown.top >= field.top && shown.bottom <= field.bottom);
    assert.ok(Math.abs(offered.right - shown.right) < 2, JSON.stringify(offered));
    assert.equal(await attribute("wordgru-offers", "lang"), "he");
    await picture(page, "right-to-left");
    await page.keyboard.press("Tab");
    assert.equal(await text("#hebrew"), "שלומות ");
    await page.keyboard.press("Escape");
    await page.locator("#hebrew").fill("");
    await write("#hebrew", "a");
    assert.equal(await ghost(), ""); // a word of the other direction would stand elsewhere
  });

  it("leaves a composition alone", async () => {
    await attach("#area", ["日本", "日記"]);
    await page.locator("#area").focus();
    await devtools.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
    await devtools.send("Input.imeSetComposition", { text: "にほ", selectionStart: 2, selectionEnd: 2 });
    await settled();
    assert.deepEqual([await list(), (await told()).asked], [[], []]);
    await devtools.send("Input.insertText", { text: "日 " });
    await settled();
    assert.deepEqual(await list(), ["日本", "日記"]);
    await devtools.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
    await settled();
    assert.deepEqual(await list(), []);
    const isTaken = await page.locator("#area").evaluate((area) => {
      const key = (init: object) =>
        area.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true, ...init }));
      return [key({ isComposing: true }), key({ keyCode: 229 })];
    });
    assert.deepEqual(isTaken, [true, true]);
  });

  it("never reads a private field, nor one that is none of its business", async () => {
    const fields = [
      '<input type="password">',
      '<input autocomplete="one-time-code">',
      '<input autocomplete="section-a current-password">',
      '<input autocomplete="cc-number">',
      '<input autocomplete="cc-name">',
      '<input name="cardNumber">',
      '<input id="user_otp">',
      '<input name="security-code">',
      '<input style="-webkit-text-security: disc">',
      "<input data-private>",
      "<div data-private><textarea></textarea></div>",
      "<div data-private><p contenteditable></p></div>",
      '<input type="email">',
      '<input inputmode="numeric">',
      '<input list="names">',
      '<input role="combobox" aria-expanded="false" aria-controls="x">',
    ];
    const touched = await page.evaluate(async (fields) => {
      const from = window.source(["cat"]);
      window.wordgru.attach(document, from);
      const main = window.find("main");
      const touched: string[] = [];
      for (const html of [...fields, "<input>"]) {
        main.innerHTML = html;
        const field = main.querySelector<HTMLElement>("input, textarea, [contenteditable]") as HTMLElement;
        const attributes = () => Array.from(field.attributes, ({ name, value }) => `${name}=${value}`).join();
        const before = attributes();
        let isRead = false;
        const value = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value");
        const get = () => {
          isRead = true;
          return value?.get?.call(field);
        };
        if (value) Object.defineProperty(field, "value", { get });
        field.focus();
        document.execCommand("insertText", false, "the c");
        await new Promise((done) => setTimeout(done, 20));
        const isTouched = isRead || attributes() !== before;
        field.blur();
        await new Promise((done) => setTimeout(done, 5));
        const { asked, learnt } = from.told;
        if (isTouched || asked.length || learnt.length) touched.push(html);
      }
      return touched;
    }, fields);
    assert.deepEqual(touched, ["<input>"]);
  });

  it("has done with a field that becomes private", async () => {
    await page.evaluate(() => {
      window.find("main").innerHTML = '<input id="one"><input id="two" type="password">';
      window.from = window.source(["cat"]);
      window.wordgru.attach(document, window.from);
    });
    await write("#one", "the ");
    assert.deepEqual(await list(), ["cat"]);
    await page.locator("#one").evaluate((one) => one.setAttribute("data-private", ""));
    await write("#one", "c");
    assert.deepEqual([await list(), (await told()).asked.length], [[], 4]);
    await page.locator("#two").focus();
    assert.deepEqual((await told()).learnt, []);
    await page.locator("#two").evaluate((two: HTMLInputElement) => {
      two.type = "text"; // a password that is shown
    });
    await page.locator("#one").focus();
    await write("#two", "the c");
    assert.equal((await told()).asked.length, 4);
  });

  it("takes back every listener, attribute, element and style", async () => {
    for (const name of [...FIELDS, "document"]) {
      const before = await traces();
      await attach(name, ["cat"]);
      const field = name === "document" ? "#area" : name;
      await write(field, "the ");
      assert.deepEqual(await list(), ["cat"], name);
      assert.notDeepEqual(await traces(), before);
      await page.evaluate(() => window.offers.detach());
      await page.locator(field).evaluate((field) => {
        if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = "";
        else field.replaceChildren();
      });
      assert.deepEqual(await traces(), before, name);
      await page.evaluate(() => window.offers.detach()); // again, without harm
    }
  });

  /** What a page has of listeners, elements and styles. */
  async function traces(): Promise<object> {
    const found: Record<string, string[]> = {};
    for (const of of ["window", "document", "visualViewport", ...FIELDS.map((name) => `window.find("${name}")`)]) {
      const { result } = await devtools.send("Runtime.evaluate", { expression: of });
      const { listeners } = await devtools.send("DOMDebugger.getEventListeners", {
        objectId: result.objectId as string,
      });
      found[of] = listeners.map(({ type, useCapture }) => `${type} ${useCapture}`).sort();
    }
    const html = await page.evaluate(() => document.body.outerHTML.replaceAll(' style=""', ""));
    return { ...found, html, sheets: await page.evaluate(() => document.adoptedStyleSheets.length) };
  }

  it("learns what is sent or left, once, with its last word if that is finished", async () => {
    await attach("#area", ["cat"]);
    await write("#area", "see the Kraken");
    await page.locator("#after").focus();
    await page.locator("#area").focus();
    await page.locator("#after").focus();
    assert.deepEqual((await told()).learnt, ["see the "]);
    await page.evaluate(() => {
      window.find("#form").addEventListener("submit", (event) => event.preventDefault());
      (window.find("#form") as HTMLFormElement).requestSubmit();
    });
    assert.deepEqual((await told()).learnt, ["see the ", "see the Kraken"]);
    await page.locator("#area").evaluate((area) => {
      area.addEventListener("keydown", (event) => {
        if ((event as KeyboardEvent).key !== "Enter") return;
        event.preventDefault(); // as a chat does
        (area as HTMLTextAreaElement).value = "";
      });
    });
    await page.locator("#area").fill("");
    await write("#area", "good bye");
    await page.keyboard.press("Enter");
    await settled();
    const { learnt, resets } = await told();
    assert.deepEqual(learnt, ["see the ", "see the Kraken", "good bye"]);
    assert.equal(resets, 2);
    await page.evaluate(() => window.offers.detach());
    await attach("#area", ["cat"], { learn: false });
    await write("#area", "not this ");
    await page.locator("#after").focus();
    assert.deepEqual((await told()).learnt, []);
  });

  it("learns into the personal words of a bundle, and offers them", async () => {
    await page.evaluate(() => {
      window.offers = window.wordgru.attach(document, "/model/", { personal: "field" });
    });
    await write("#area", "at the Krakenhaus. ");
    await page.locator("wordgru-offer").first().waitFor(); // of whatever: a field that was not answered learns nothing
    await page.locator("#after").focus();
    const store = await page.evaluateHandle(() => window.wordgru.Predictor.load("/model/", { personal: "field" }));
    await page.waitForFunction(
      async (store) => (await store.personal?.grams())?.some(({ word }) => word === "Krakenhaus"),
      store,
    );
    await store.evaluate((store) => store.close());
    await write("#line", "at the Kra");
    await page.locator("wordgru-offer", { hasText: "Krakenhaus" }).waitFor();
  });

  it("says in one line what is wrong", async () => {
    const said = await page.evaluate(async () => {
      const { attach, WordgruError } = window.wordgru;
      const refused = (...given: unknown[]) => {
        try {
          (attach as (...given: unknown[]) => void)(...given);
          return "nothing";
        } catch (error) {
          return error instanceof WordgruError ? error.message : String(error);
        }
      };
      const area = window.find("#area");
      const from = window.source(["cat"]);
      const box = document.createElement("input");
      box.type = "checkbox";
      const offers = attach(area, from);
      const twice = refused(area, from);
      offers.detach();
      return [
        refused(document.querySelector("#nowhere"), from),
        refused(box, from),
        twice,
        refused(area, from, { show: "all" }),
        refused(area, from, { k: 0 }),
        refused(area, from, { personal: true }),
        refused(area, undefined),
      ];
    });
    assert.deepEqual(said, [
      "there is no element to attach to; call attach when the page has it.",
      "words are not typed into an input of type checkbox; expected text or search.",
      "this element has offers already; call their detach() before.",
      "show is all; expected list, ghost, both.",
      "k is 0; expected a whole number of at least 1 and at most 256.",
      "personal needs the address of a bundle here; else give it to Predictor.load.",
      "the source is undefined; expected the address of a bundle, a predictor, or a function that returns one.",
    ]);
    const failed = await page.evaluate(
      () =>
        new Promise<string>((done) => {
          window.wordgru.attach(window.find("#area"), "/nowhere/", { onError: (error) => done(String(error)) });
          window.find("#area").focus();
          document.execCommand("insertText", false, "a");
        }),
    );
    assert.match(failed, /^BundleError: .*nowhere.*config\.json/);
    complaints.length = 0; // the browser's own, of a file that is not there
  });

  it("tries again what failed when the field is entered again", async () => {
    await page.evaluate(() => {
      window.from = window.source(["cat"]);
      let calls = 0;
      const source = () => {
        if (!calls++) throw new Error("no network");
        return window.from;
      };
      window.wordgru.attach(window.find("#area"), source, { onError: ({ message }) => (document.title = message) });
    });
    await write("#area", "the ");
    assert.deepEqual([await list(), await page.title()], [[], "no network"]);
    await page.locator("#after").focus();
    await page.locator("#area").focus();
    await page.keyboard.press("End");
    await write("#area", "c");
    assert.deepEqual(await list(), ["cat"]);
  });

  it("works in a modal dialog, in a shadow root, and where the page throws its elements out", async () => {
    await page.evaluate(() => {
      window.find("main").innerHTML = '<dialog><input id="inside"></dialog><div id="host"></div>';
      const shadow = window.find("#host").attachShadow({ mode: "open" });
      shadow.innerHTML = '<input id="deep">';
      window.from = window.source(["cat", "can"]);
      window.wordgru.attach(document, window.from);
      (window.find("dialog") as HTMLDialogElement).showModal();
    });
    await write("#inside", "a ");
    await page.locator("wordgru-offer").nth(1).click();
    assert.equal(await text("#inside"), "a can ");
    await page.locator("wordgru-offer").nth(1).waitFor();
    await page.keyboard.press("Escape");
    assert.deepEqual([await list(), await page.locator("dialog").isVisible()], [[], true]);
    await page.evaluate(() => (window.find("dialog") as HTMLDialogElement).close());
    await write("#deep", "a ");
    assert.deepEqual(await list(), ["cat", "can"]);
    assert.equal(
      await page
        .locator("#deep")
        .evaluate((deep) => (deep as HTMLElement & { ariaControlsElements: Element[] }).ariaControlsElements.length),
      1,
    );
    await page.evaluate(() => window.find("#host").shadowRoot?.querySelector("wordgru-offers")?.remove());
    await write("#deep", "b ");
    await page.keyboard.press("Tab");
    assert.equal(await text("#deep"), "a b cat ");
  });

  it("follows the field as the page scrolls, and hides where that is out of sight", async () => {
    await attach("#area", ["cat"]);
    await page.evaluate(() => document.body.style.setProperty("min-height", "300vh"));
    await write("#area", "a ");
    const top = async () => (await page.locator("wordgru-offers").boundingBox())?.y ?? Number.NaN;
    const start = await top();
    await page.evaluate(() => scrollBy(0, 40));
    await settled();
    assert.ok(Math.abs(start - 40 - (await top())) < 1);
    await page.locator("#area").evaluate((area: HTMLTextAreaElement) => {
      area.value = `${"\n".repeat(20)}a `;
    });
    await write("#area", "b ");
    assert.deepEqual(await list(), ["cat"]);
    await page.locator("#area").evaluate((area) => {
      area.scrollTop = 0;
    });
    await settled();
    assert.deepEqual(await list(), []);
  });

  it("is an element", async () => {
    await page.evaluate(async () => {
      const address = "/wordgru/element.js"; // in a name, or the builder looks for it
      await import(address);
      window.find("main").innerHTML =
        '<wordgru-field model="/model/" show="list" k="2"><label>Text <textarea id="in"></textarea></label></wordgru-field>';
    });
    await write("#in", "the ca");
    assert.equal((await offersOf(page, "ca")).length, 2);
    assert.equal(await ghost(), "");
    await page.evaluate(() => window.find("wordgru-field").setAttribute("k", "4"));
    await write("#in", "n");
    await page.keyboard.press("Backspace");
    await page.locator("wordgru-offer").nth(3).waitFor();
    const failed = await page.evaluate(
      () =>
        new Promise<string>((done) => {
          const field = window.find("wordgru-field");
          field.addEventListener("error", (event) => {
            event.preventDefault();
            done(event.message);
          });
          field.setAttribute("show", "everything");
        }),
    );
    assert.equal(failed, "show is everything; expected list, ghost, both.");
    await page.evaluate(() => window.find("wordgru-field").setAttribute("show", "ghost"));
    await write("#in", "n");
    await page.waitForFunction(() => window.find("wordgru-ghost").textContent);
    assert.deepEqual(await list(), []);
    await page.evaluate(() => window.find("wordgru-field").remove());
    await withoutWorkers(page);
    assert.equal(page.workers().length, 0);
  });

  it("offers words of several languages, to attach and to the element", async () => {
    await page.evaluate(async () => {
      const address = "/wordgru/element.js";
      await import(address);
      window.find("main").innerHTML =
        '<textarea id="out"></textarea><wordgru-field model="/en/ /de/"><textarea id="in"></textarea></wordgru-field>';
      window.offers = window.wordgru.attach(window.find("#out"), ["/en/", "/de/"]);
    });
    for (const name of ["#in", "#out"]) {
      await write(name, "Thanks for coming. Wir sehen uns mor");
      await page.locator("wordgru-offer", { hasText: "morgen" }).first().waitFor();
      await page.locator(name).fill("");
    }
    assert.equal(page.workers().length, 1, "the two share a predictor");
  });

  for (const [colorScheme, width] of LOOKS) {
    it(`is accessible, ${colorScheme}, ${width} wide`, async () => {
      const usual = page;
      page = await open({ colorScheme, viewport: { width, height: 700 }, hasTouch: width === 390 });
      await visit(page);
      await attach("document", ["wanted", "walked", "wandered-off-into-the-night-of-a-very-long-word"]);
      for (const name of FIELDS) {
        await write(name, "The dog wa");
        await page.keyboard.press("ArrowDown");
        assert.equal((await list()).length, 3);
        await picture(page, `field-${name.slice(1)}-${colorScheme}-${width}`);
        assert.deepEqual(await faults(page), []);
        const box = await page.locator("wordgru-offers").boundingBox();
        assert.ok(box && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
        const roles = { "#line": "combobox", "#area": null, "#rich": "textbox" } as Record<string, string | null>;
        assert.equal(await attribute(name, "role"), roles[name] as string | null);
        assert.equal(await attribute(name, "aria-expanded"), name === "#line" ? "true" : null);
        assert.equal(await page.locator(`#${await attribute(name, "aria-controls")}`).getAttribute("role"), "listbox");
        await page.keyboard.press("Escape");
        assert.equal(await attribute(name, "aria-expanded"), name === "#line" ? "false" : null);
        assert.deepEqual(await faults(page), []);
      }
      await page.locator("#line").focus();
      await page.keyboard.press("End");
      await page.keyboard.type("l");
      await page
        .locator("wordgru-spoken", { hasText: /^Suggestions: wanted, walked, .* After Escape, Tab moves on\.$/ })
        .waitFor();
      await page.context().close();
      page = usual;
    });
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (!PICTURES) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
});
