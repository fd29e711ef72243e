/** What the text fields of a page owe their user: what is never read, what is learnt, what is given back and said. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { attach, complaints, describeFields, devtools, FIELDS, list, page, settled, told, write } from "./fields.js";

describeFields("the text fields of a page and who types there", () => {
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
});
