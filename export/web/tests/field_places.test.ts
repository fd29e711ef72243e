/** Where the text fields of a page may be: in dialogs, shadow roots, elements, several languages, in any light and width. */
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  attach,
  attribute,
  describeFields,
  elsewhere,
  FIELDS,
  ghost,
  list,
  page,
  picture,
  settled,
  text,
  write,
} from "./fields.js";
import { faults, LOOKS, offersOf, withoutWorkers } from "./site.js";

describeFields("the text fields of a page wherever they are", () => {
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
      await elsewhere({ colorScheme, viewport: { width, height: 700 }, hasTouch: width === 390 }, async () => {
        await attach("document", ["wanted", "walked", "wandered-off-into-the-night-of-a-very-long-word"]);
        for (const name of FIELDS) {
          await write(name, "The dog wa");
          await page.keyboard.press("ArrowDown");
          assert.equal((await list()).length, 3);
          await picture(`field-${name.slice(1)}-${colorScheme}-${width}`);
          assert.deepEqual(await faults(page), []);
          const box = await page.locator("wordgru-offers").boundingBox();
          assert.ok(box && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
          const roles = { "#line": "combobox", "#area": null, "#rich": "textbox" } as Record<string, string | null>;
          assert.equal(await attribute(name, "role"), roles[name] as string | null);
          assert.equal(await attribute(name, "aria-expanded"), name === "#line" ? "true" : null);
          assert.equal(
            await page.locator(`#${await attribute(name, "aria-controls")}`).getAttribute("role"),
            "listbox",
          );
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
      });
    });
  }
});
