/** The pages of the documentation site, which `make docs` builds, in headless Chromium: axe finds nothing, none scrolls sideways. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { findChromium, inChromium, Site } from "./site.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const SITE = join(ROOT, "build/docs");
const AXE = join(ROOT, "export/node_modules/axe-core/axe.min.js");
const CHROMIUM = findChromium();
const PAGES = existsSync(SITE)
  ? readdirSync(SITE, { recursive: true, encoding: "utf-8" }).filter((name) => name.endsWith(".html"))
  : [];

describe("the documentation", { skip: !CHROMIUM || (!PAGES.length && "make docs has not built it") }, () => {
  const site = new Site({ "/": SITE });
  let browser: Browser;

  inChromium(site, CHROMIUM, (opened) => {
    browser = opened;
  });

  for (const [colorScheme, width] of [
    ["light", 1200],
    ["dark", 390],
  ] as const) {
    it(`is accessible and fits, ${colorScheme}, ${width} wide`, async () => {
      const visitor = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await visitor.newPage();
      for (const name of PAGES) {
        await page.goto(site.address + name);
        await page.addScriptTag({ path: AXE });
        const found = await page.evaluate(async () => {
          // @ts-expect-error axe comes with the script
          const { violations } = await window.axe.run();
          return violations.map(
            ({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`,
          );
        });
        assert.deepEqual(found, [], name);
        const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        assert.ok(fits, `${name} scrolls sideways`);
      }
      await visitor.close();
    });
  }
});
