/** What is offered in the text fields of a page as a person types, and how it is taken. */
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  attach,
  attribute,
  completed,
  describeFields,
  devtools,
  FIELDS,
  focused,
  ghost,
  keys,
  list,
  page,
  picture,
  requests,
  settled,
  text,
  told,
  write,
} from "./fields.js";
import { offersOf, withoutWorkers } from "./site.js";

describeFields("what is offered in the text fields of a page", () => {
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
    await picture("right-to-left");
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
});
