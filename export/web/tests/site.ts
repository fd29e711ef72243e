/** A web server for the tests, on this machine alone, and the Chromium that visits it. */
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { after, before } from "node:test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const AXE = join(process.cwd().replace(/\/export.*$/, ""), "export/node_modules/axe-core/axe.min.js");

/** A folder, if the screenshots are to be looked at. */
export const PICTURES = process.env.PICTURES;

/** Colours and widths in which pages are judged; more of them if they are to be looked at. */
export const LOOKS: readonly (readonly ["light" | "dark", number])[] = [
  ["light", 1200],
  ["dark", 390],
  ...(PICTURES
    ? ([
        ["dark", 1200],
        ["light", 390],
      ] as const)
    : []),
];

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
const FLAGS = [
  "--no-sandbox", // containers have none
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Serves folders, each below a path; the longest path that fits wins. */
export class Site {
  readonly #folders: [path: string, folder: string][];
  #server: Server | undefined;
  #port = 0;

  /** @param headers sent with every file. */
  constructor(
    folders: Record<string, string>,
    private readonly headers: Record<string, string> = {},
  ) {
    this.#folders = Object.entries(folders).sort(([one], [other]) => other.length - one.length);
  }

  /** Where it is; the same after a stop and a start. */
  get address(): string {
    return `http://localhost:${this.#port}/`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      const [start, folder] = this.#folders.find(([start]) => path.startsWith(start)) ?? ["/", ""];
      const file = join(folder, normalize(`/${path.slice(start.length)}`).replace(/\/$/, "/index.html"));
      const isThere = existsSync(file) && statSync(file).isFile();
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(isThere ? 200 : 404, { "Content-Type": type, "Cache-Control": "no-cache", ...this.headers });
      if (isThere) createReadStream(file).pipe(response);
      else response.end();
    });
    await new Promise<void>((done) => this.#server?.listen(this.#port, "localhost", done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done));
  }
}

/** Chromium's path: what the variable CHROMIUM names, or one on the PATH; undefined if there is none. */
export function findChromium(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf-8" }).trim();
    } catch {} // not this one
  }
  return undefined;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** In a `describe`: the site is served, and Chromium open, while its tests run. */
export function inChromium(site: Site, executablePath: string | undefined, opened: (browser: Browser) => void): void {
  let browser: Browser | undefined;
  before(async () => {
    await site.start();
    browser = await launch(executablePath as string);
    opened(browser);
  });
  after(async () => {
    await browser?.close();
    await site.stop();
  });
}

/** A Chromium with the unpacked extension of a folder, and a profile in another one. */
export function launchWith(executablePath: string, extension: string, profile: string): Promise<BrowserContext> {
  const args = [...FLAGS, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`];
  return chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...args, "--headless=new"], // the older headless mode has no extensions
    headless: false,
    ignoreDefaultArgs: ["--disable-extensions"],
  });
}

/** The words in a field's list, once they are all of the unfinished word `start`: until then they may be of less of it. */
export async function offersOf(page: Page, start: string): Promise<string[]> {
  const found = await page.waitForFunction((start) => {
    const offered = document.querySelectorAll("wordgru-offers:popover-open wordgru-offer > span");
    const words = [...offered].map(({ textContent }) => textContent ?? "");
    return words.length && words.every((word) => word.startsWith(start) && word !== start) ? words : undefined;
  }, start);
  return (await found.jsonValue()) as string[];
}

/** Wait until an input or a textarea holds `text`. */
export async function holds(page: Page, field: string, text: string): Promise<void> {
  await page.waitForFunction(([field, text]) => document.querySelector<HTMLInputElement>(field)?.value === text, [
    field,
    text,
  ] as const);
}

/** Wait until all that a key or the cursor sets off in the page is begun: the cursor's move is told with a frame. */
export function begun(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
  );
}

/** Wait until the workers that a page has now are closed. */
export async function withoutWorkers(page: Page): Promise<void> {
  await Promise.all(page.workers().map((worker) => worker.waitForEvent("close")));
}

/** What a page lacks to be accessible, by axe. Its context must bypass the content security policy. */
export async function faults(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ path: AXE });
  return page.evaluate(async () => {
    // @ts-expect-error axe comes with the script
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`);
  });
}

/** Whether an element does not scroll sideways. */
export function fits(box: Element): boolean {
  return box.scrollWidth <= box.clientWidth;
}

/** Look at a page in each of LOOKS, and keep a screenshot of each, if they are to be looked at. */
export async function inEveryLook(page: Page, name: string, see: (look: string) => Promise<void>): Promise<void> {
  for (const [colorScheme, width] of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await picture(page, `${colorScheme}-${width}${name}`);
    await see(`${colorScheme}, ${width} wide`);
  }
}

/** Keep a screenshot, if they are to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
