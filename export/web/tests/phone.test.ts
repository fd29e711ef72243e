/** The demo page's phone keyboard in headless Chromium: points, corrections, and how they are taken back. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, beforeEach, describe, it } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type * as Web from "../src/index.js";
import { begun, faults, findChromium, fits, inChromium, picture, Site } from "./site.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const CHROMIUM = findChromium();
const SPREAD = 0.34; // key widths

describe("the phone keyboard", { skip: !CHROMIUM }, () => {
  const site = new Site({
    "/": join(ROOT, "export/web/dist/page"),
    "/model/": join(ROOT, "wordgru/models/en"),
    "/tests/": join(ROOT, "export/web/dist/tests"),
    "/tiny/": join(ROOT, "tests/runtime/tiny"),
    "/de/": join(ROOT, "wordgru/models/de"),
    "/package/": join(ROOT, "export/web/dist"),
  });
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  inChromium(site, CHROMIUM, (opened) => {
    browser = opened;
  });

  before(async () => {
    page = await open();
  });

  beforeEach(() => anew(page));

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
    const page = await context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(site.address);
    await page.locator("#offers button:not([disabled])").first().waitFor();
    return page;
  }

  /** An empty text, and a session that has read nothing, for the keyboard's switch makes another one. */
  async function anew(page: Page): Promise<void> {
    await page.locator("#text").fill("");
    await page.locator("#phone").uncheck();
    await page.locator("#phone").check();
    await page.locator("#keyboard").scrollIntoViewIfNeeded();
    await settled(page);
  }

  async function settled(page: Page): Promise<void> {
    await begun(page);
    await page.locator("#offers[aria-busy=false]").waitFor();
  }

  const text = (page: Page) => page.locator("#text").inputValue();
  const key = (page: Page, name: string) => page.locator("#keyboard").getByRole("button", { name, exact: true });

  /** Touch letters with a finger that misses by `spread` key widths, and the space bar in its middle. */
  async function touch(page: Page, letters: string, spread: number, random: () => number): Promise<void> {
    const board = await page.locator("#keyboard").boundingBox();
    assert.ok(board);
    for (const letter of letters) {
      const box = await page
        .locator("#keyboard")
        .getByRole("button", { name: nameOf(letter) })
        .boundingBox();
      assert.ok(box);
      const [far, turn] = [Math.sqrt(-2 * Math.log(1 - random())) * (letter === " " ? 0 : spread), random()];
      const [right, down] = [far * Math.cos(2 * Math.PI * turn), far * Math.sin(2 * Math.PI * turn)];
      const x = box.x + box.width * (0.5 + right);
      const y = box.y + box.height * (0.5 + down);
      const low = letter === " " ? 1 : 0.74; // a finger that slides onto another row's space bar has hit that
      await page.mouse.click(
        Math.min(Math.max(x, board.x + 1), board.x + board.width - 1),
        Math.min(Math.max(y, board.y + 1), board.y + low * board.height),
      );
      if (letter === " ") await settled(page);
    }
    await settled(page);
  }

  it("turns touches that miss their keys into the words meant", async () => {
    const random = numbers(7);
    await touch(page, "i will see you tomorrow", SPREAD, random);
    const asTyped = await text(page);
    const offered = await page.locator("#offers button").first().textContent();
    await touch(page, " ", 0, random);
    await page.locator("#corrected", { hasText: "→ tomorrow." }).waitFor();
    assert.equal(await text(page), "I will see you tomorrow ");
    assert.notEqual(asTyped, "I will see you tomorrow", "the finger never missed: the test shows nothing");
    assert.equal(offered, "tomorrow");
    assert.match((await page.locator("#saved").textContent()) ?? "", /of \d+/);
  });

  for (const way of ["its own key", "a key of the computer"]) {
    it(`takes a correction back by one key, and lets the word stand then: ${way}`, async () => {
      const back = () => (way === "its own key" ? key(page, "Delete").click() : page.keyboard.press("Backspace"));
      await page.locator("#text").pressSequentially("see you tomorow");
      await key(page, "Space").click();
      await page.locator("#corrected", { hasText: "tomorow → tomorrow." }).waitFor();
      assert.equal(await text(page), "see you tomorrow ");
      await back();
      assert.equal(await text(page), "see you tomorow ");
      assert.equal(await page.locator("#corrected").textContent(), "");
      await back();
      await settled(page);
      assert.equal(await text(page), "see you tomorow");
      await key(page, "Space").click();
      await settled(page);
      await page.waitForTimeout(200); // nothing to wait for: nothing happens
      assert.equal(await text(page), "see you tomorow ");
    });
  }

  it("corrects words that are typed on a computer's keyboard, and leaves what is right", async () => {
    await page.locator("#text").pressSequentially("I hvae");
    await page.keyboard.press("Space");
    await page.locator("#corrected", { hasText: "hvae → have." }).waitFor();
    await page.locator("#text").pressSequentially("a dog.");
    await settled(page);
    assert.equal(await text(page), "I have a dog.");
    await page.locator("#phone").uncheck();
    assert.ok(await page.locator("#keyboard").isHidden());
    await page.locator("#text").pressSequentially(" I hvae ");
    await settled(page);
    assert.equal(await text(page), "I have a dog. I hvae ");
  });

  it("is busy until the session that took another's place has answered", async () => {
    await page.locator("#phone").uncheck();
    await settled(page);
    const isOffered = await page.evaluate(() => {
      const offers = document.querySelector("#offers") as HTMLElement;
      (document.querySelector("#text") as HTMLElement).focus();
      document.execCommand("insertText", false, "a dog");
      (document.querySelector("#phone") as HTMLElement).click(); // a slower session, before that one has answered
      return new Promise<boolean>((done) => {
        let isOffered = false;
        new MutationObserver((changes) => {
          isOffered ||= changes.some(({ type }) => type === "childList");
          if (offers.ariaBusy === "false") done(isOffered);
        }).observe(offers, { attributeFilter: ["aria-busy"], childList: true, subtree: true });
      });
    });
    assert.ok(isOffered, "its words were not there yet");
  });

  it("stands back where several languages are read", async () => {
    const context = await browser.newContext();
    await context.route("**/models.json", (route) => route.fulfill({ json: ["model/", "de/"] }));
    const page = await context.newPage();
    await page.goto(site.address);
    await page.locator("#offers button:not([disabled])").first().waitFor();
    assert.ok(await page.locator("#phone").isDisabled());
    assert.equal(await page.locator("#phone-says").textContent(), "It works with one language: choose one above.");
    assert.deepEqual(await page.locator("#languages input").count(), 2);
    await page.locator("#languages input").nth(1).uncheck();
    await page.locator("#phone:not([disabled])").check();
    await touch(page, "teh", 0, () => 0.5);
    await key(page, "Space").click();
    await page.locator("#corrected", { hasText: "→" }).waitFor();
    await context.close();
  });

  it("is pressed for certain by what has no finger, and follows shift and the ends of sentences", async () => {
    const press = (name: string) => key(page, name).evaluate((button: HTMLElement) => button.click());
    await press("A");
    await press("b");
    await press("Shift");
    await press("C");
    await press("Full stop");
    await press("Space");
    await settled(page);
    assert.equal(await text(page), "AbC. ");
    assert.equal(await key(page, "Shift").getAttribute("aria-pressed"), "true");
    await press("New line");
    assert.equal(await text(page), "AbC. \n");
  });

  it("has a worker that knows touches, corrections and the next character", async () => {
    const found = await page.evaluate(async (address) => {
      const { Layout, Predictor } = (await import(`${address}package/index.js`)) as typeof Web;
      const predictor = await Predictor.load("/model/");
      const refused = (work: () => unknown) => Promise.resolve().then(work).then(String, String);
      const session = predictor.session("see you ", { typing: { layout: "phone", spread: 0.34 } });
      const points: Web.Point[] = [
        [4.4, 0.2],
        [7.6, 0.1],
        [6.9, 2.3],
        [8.3, 0.2],
      ];
      for (const [x, y] of points) session.touch(x, y);
      const typed = session.text;
      const copied = (await session.copy().suggest({ k: 1 })).items[0]?.word;
      const [meant] = (await session.suggest({ k: 1 })).items;
      const letters = (await predictor.session(typed, { typing: { layout: "phone", spread: 0.34 } }).suggest({ k: 1 }))
        .items[0];
      session.set("see you tomorow");
      const corrected = await session.autocorrect();
      const text = session.text;
      session.append("!");
      session.undo();
      const undone = session.text;
      session.delete();
      const again = await session.autocorrect();
      const restored = await predictor.restore(await session.save(), { typing: {} });
      const best = (await restored.corrections({ k: 1 })).items[0]?.word;
      const { probabilities, end } = await predictor.session("see you tomorro").characters();
      const sum = [...probabilities.values()].reduce((total, share) => total + share, end);
      return {
        typed,
        copied,
        meant: meant?.word,
        more: (meant?.probability ?? 0) - (letters?.probability ?? 0) !== 0,
        corrected,
        text,
        undone,
        again,
        best,
        next: [...probabilities.keys()][0],
        sum: Math.abs(sum - 1) < 1e-9,
        names: Layout.names.join(" "),
        nan: await refused(() => session.touch(Number.NaN, 0)),
        none: await refused(() => predictor.session().touch(0, 0)),
        untyped: await refused(() => predictor.session("teh").autocorrect()),
        layout: await refused(() => predictor.session("", { typing: { layout: "qwertzy" } })),
        field: await refused(() => predictor.session("", { typing: { slips: 1 } as object })),
      };
    }, site.address);
    assert.deepEqual(found, {
      typed: "see you tono",
      copied: "tomorrow",
      meant: "tomorrow",
      more: true,
      corrected: "tomorrow",
      text: "see you tomorrow",
      undone: "see you tomorow!",
      again: undefined,
      best: "tomorrow",
      next: "w",
      sum: true,
      names: "azerty dvorak phone qwerty qwertz",
      nan: "WordgruError: x of the touch is NaN; expected key widths from the centre of the first key, -100 to 100.",
      none: "WordgruError: this session has no keyboard; make it with predictor.session(text, { typing: {} }).",
      untyped: "WordgruError: this session has no typing model; make it with predictor.session(text, { typing: {} }).",
      layout:
        'WordgruError: there is no layout "qwertzy"; expected azerty, dvorak, phone, qwerty, qwertz, or rows of keys.',
      field:
        "WordgruError: slips is no field of a typing model; expected layout, spread, anywhere, vowel, sound, omitted, " +
        "mute, undoubled, extra, doubled, swapped, apostrophe, accent, lower, upper, joined, split, unknown, again, " +
        "coined, first, careless, name.",
    });
  });

  it("answers the golden vectors of what was typed in wasm", async () => {
    const golden = JSON.parse(readFileSync(join(ROOT, "export/golden/typing/tiny.json"), "utf-8"));
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${site.address}tests/golden.html`);
    // @ts-expect-error the page defines it
    const faults = await page.evaluate(([golden, bundle]) => window.checkTyping(golden, bundle), [
      golden,
      `${site.address}tiny/`,
    ] as const);
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  it("is accessible and fits a phone, light and dark", async () => {
    const page = await open({ bypassCSP: true, hasTouch: true }); // for axe
    await anew(page);
    await page.locator("#text").pressSequentially("See you tomorow");
    await key(page, "Space").click();
    await page.locator("#corrected", { hasText: "→" }).waitFor();
    await settled(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `phone-${colorScheme}`);
      assert.deepEqual(await faults(page), [], colorScheme);
    }
    assert.ok(await page.locator("html").evaluate(fits), "the page scrolls sideways");
    const width = (await key(page, "q").boundingBox())?.width ?? 0;
    assert.ok(width >= 30, `a key is ${width} pixels wide`);
    await page.context().close();
  });

  it("had no complaints on the console", () => assert.deepEqual(complaints, []));
});

/** The name of a key, in either case. */
function nameOf(letter: string): RegExp {
  return letter === " " ? /^Space$/ : new RegExp(`^${letter}$`, "i");
}

/** Numbers between 0 and 1 that are the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
