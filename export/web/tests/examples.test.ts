/** The examples of `examples/web` in headless Chromium, each as its page says that it is put together. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { findChromium, holds, launch, launchWith, offersOf, Site, withoutWorkers } from "./site.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const EXAMPLES = join(ROOT, "examples/web");
const DIST = join(ROOT, "export/web/dist");
const MODULES = join(ROOT, "export/node_modules");
const FILES = ["index.js", "element.js", "inline.js", "worker.js", "ort-wasm-simd-threaded.wasm"];
const CHROMIUM = findChromium();
const PICTURES = process.env.PICTURES; // a folder, if the screenshots are to be looked at

// a page that lets nothing of others in
const STRICT = {
  "Content-Security-Policy": "default-src 'none'; script-src 'none'; style-src 'none'; form-action 'none'",
};
const FOREIGN = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page of others</title>
<main><label>Text <textarea id="text"></textarea></label> <label>Secret <input id="secret" type="password"></label></main>`;

if (!CHROMIUM) console.log("# NOT RUN: the examples' tests need Chromium; install it, or name it in CHROMIUM");

describe("the examples", { skip: !CHROMIUM }, () => {
  const folder = mkdtempSync(join(tmpdir(), "wordgru-"));
  const site = new Site({ "/": folder });
  const foreign = new Site({ "/": join(folder, "foreign") }, STRICT);
  const complaints: string[] = [];
  let browser: Browser;

  /** An example, with this package as `wordgru` and a bundle as `model` beside it. */
  function assemble(name: string): string {
    const made = join(folder, name);
    cpSync(join(EXAMPLES, name), made, { recursive: true });
    for (const file of FILES) cpSync(join(DIST, file), join(made, "wordgru", file));
    cpSync(join(ROOT, "tests/runtime/tiny"), join(made, "model"), { recursive: true });
    return made;
  }

  before(async () => {
    for (const started of [site, foreign]) await started.start();
    browser = await launch(CHROMIUM as string);
  });

  after(async () => {
    await browser?.close();
    for (const started of [site, foreign]) await started.stop();
    rmSync(folder, { recursive: true });
    assert.deepEqual(complaints, []);
  });

  function listen(page: Page): Page {
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.location().url.endsWith("favicon.ico"))
        complaints.push(message.text());
    });
    return page;
  }

  async function visit(address: string): Promise<Page> {
    const page = listen(await browser.newPage());
    await page.goto(address);
    return page;
  }

  /** Type into a field, and take the word that is offered first. */
  async function takes(page: Page, field: string): Promise<void> {
    await page.locator(field).pressSequentially("the ca");
    const [word] = await offersOf(page, "ca");
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({
        path: join(PICTURES, `example-${new URL(page.url()).pathname.replaceAll("/", "-")}.png`),
      });
    }
    await page.keyboard.press("Tab");
    await holds(page, field, `the ${word} `); // where the list was of less than "ca", Tab waits for the answer
  }

  it("plain HTML: attach, and the element", async () => {
    assemble("html");
    const page = await visit(`${site.address}html/`);
    await takes(page, "#message");
    await page.goto(`${site.address}html/element.html`);
    await takes(page, "#subject");
    await takes(page, "#message");
    await page.close();
  });

  it("React: a field that React controls, and that comes and goes", async () => {
    const made = assemble("react");
    await build({
      entryPoints: [join(made, "page.jsx")],
      outdir: made,
      bundle: true,
      format: "esm",
      jsx: "automatic",
      nodePaths: [MODULES],
      logLevel: "warning",
    });
    for (const file of ["worker.js", "ort-wasm-simd-threaded.wasm"]) cpSync(join(DIST, file), join(made, file));
    const page = await visit(`${site.address}react/`);
    await takes(page, "#message");
    const length = (await page.locator("#message").inputValue()).length;
    assert.equal(await page.locator("output").textContent(), String(length));
    await page.getByRole("button").click();
    await page.waitForFunction(() => !document.querySelector("#message, wordgru-offers"));
    await withoutWorkers(page);
    assert.equal(page.workers().length, 0);
    await page.getByRole("button").click();
    await page.locator("#message").press("End");
    await page.keyboard.type("a");
    await page.locator("wordgru-offer").first().waitFor();
    await page.close();
  });

  it("a Chromium extension, on a page that lets no scripts of others in", async () => {
    const made = assemble("extension");
    mkdirSync(join(folder, "foreign"), { recursive: true });
    writeFileSync(join(folder, "foreign/index.html"), FOREIGN);
    const context: BrowserContext = await launchWith(CHROMIUM as string, made, join(folder, "profile"));
    try {
      const page = listen(await context.newPage());
      await page.goto(foreign.address);
      await takes(page, "#text");
      const before = await page.locator("#secret").evaluate((secret) => secret.outerHTML);
      await page.locator("#secret").pressSequentially("the ca");
      await page.waitForTimeout(300);
      assert.equal(await page.locator("wordgru-offers").count(), 0);
      assert.equal(await page.locator("#secret").evaluate((secret) => secret.outerHTML), before);
      const devtools = await context.newCDPSession(page); // Chrome ends an idle extension: the next word starts it again
      const { targetInfos } = await devtools.send("Target.getTargets");
      const { targetId } = targetInfos.find(({ type }) => type === "service_worker") as { targetId: string };
      await devtools.send("Target.closeTarget", { targetId });
      await page.locator("#text").fill("");
      await takes(page, "#text");
    } finally {
      await context.close();
    }
  });
});
