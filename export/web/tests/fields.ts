/** The page of text fields in headless Chromium, and what a person does there; each test begins with it as it was. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe } from "node:test";
import type { Browser, CDPSession, Page } from "playwright-core";
import type * as Web from "../src/index.js";
import { begun, findChromium, inChromium, PICTURES, Site } from "./site.js";

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
export const FIELDS = ["#line", "#area", "#rich"];

if (!CHROMIUM) console.log("# NOT RUN: the fields' tests need Chromium; install it, or name it in CHROMIUM");

const site = new Site({
  "/": join(ROOT, "export/web/tests"),
  "/wordgru/": join(ROOT, "export/web/dist"),
  "/model/": join(ROOT, "tests/runtime/tiny"),
  "/en/": join(ROOT, "wordgru/models/en"),
  "/de/": join(ROOT, "wordgru/models/de"),
});
let browser: Browser;

/** The page that is visited; `elsewhere` puts another in its place. */
export let page: Page;
export let devtools: CDPSession;
/** Paths that a test has asked for. */
export let requests: string[] = [];
/** What the page said is wrong in a test. */
export let complaints: string[] = [];

/** Tests in the fields of the page; none without Chromium. */
export function describeFields(name: string, tests: () => void): void {
  describe(name, { skip: !CHROMIUM }, () => {
    inChromium(site, CHROMIUM, (opened) => {
      browser = opened;
    });

    before(async () => {
      page = await open({});
      devtools = await page.context().newCDPSession(page);
    });

    beforeEach(async () => {
      [requests, complaints] = [[], []];
      await visit();
    });

    afterEach(async () => {
      await page.goto("about:blank"); // a page that is visited again may hold what was typed there
      assert.deepEqual(complaints, []);
    });

    tests();
  });
}

async function open(options: Parameters<Browser["newContext"]>[0]): Promise<Page> {
  const opened = await (await browser.newContext(options)).newPage();
  opened.on("request", (request) => requests.push(new URL(request.url()).pathname));
  opened.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  opened.on("pageerror", (error) => complaints.push(String(error)));
  return opened;
}

async function visit(): Promise<void> {
  await page.goto(`${site.address}fields.html`);
  await page.waitForFunction("window.wordgru");
}

/** Attach a source of these words to what `name` finds; "document" is all of the page. */
export async function attach(name: string, words: readonly string[], options: Web.AttachOptions = {}): Promise<void> {
  await page.evaluate(
    ([name, words, options]) => {
      window.from = window.source(words);
      window.offers = window.wordgru.attach(name === "document" ? document : window.find(name), window.from, options);
    },
    [name, words, options] as const,
  );
}

export const told = () => page.evaluate(() => ({ ...window.from.told, waiting: [] }));
export const list = () => page.locator("wordgru-offers:popover-open wordgru-offer > span").allTextContents();
export const ghost = () => page.locator("wordgru-ghost").textContent();
export const text = (name: string) =>
  page
    .locator(name)
    .evaluate((field) =>
      field instanceof HTMLElement && field.isContentEditable ? field.innerText : (field as HTMLInputElement).value,
    );
export const focused = () => page.evaluate(() => document.activeElement?.id);
export const attribute = (name: string, which: string) => page.locator(name).getAttribute(which);

/** Until all that a keystroke sets off is done, where the source answers at once. */
export const settled = () => begun(page);

/** Until `rest` stands behind the cursor: where a bundle answers, it does so in its own time. */
export const completed = (rest: string | undefined) =>
  page.waitForFunction((rest) => document.querySelector("wordgru-ghost")?.textContent === rest, rest);

export async function write(name: string, text: string): Promise<void> {
  await page.locator(name).pressSequentially(text);
  await settled();
}

/** Type a character and press a key before the field's patience with the words of the text before can end. */
export const keys = (name: string, character: string, key: string) =>
  page.evaluate(
    ([name, character, key]) => {
      document.execCommand("insertText", false, character);
      window.find(name).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    },
    [name, character, key] as const,
  );

/** Keep a picture of the page, if pictures are to be looked at. */
export async function picture(name: string): Promise<void> {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** Do `work` in a page that is opened otherwise. */
export async function elsewhere(
  options: Parameters<Browser["newContext"]>[0],
  work: () => Promise<void>,
): Promise<void> {
  const usual = page;
  page = await open(options);
  try {
    await visit();
    await work();
  } finally {
    await page.context().close();
    page = usual;
  }
}
