/**
 * How long a keystroke takes, in headless Chromium (in a Worker, the way back and forth included) and in Node:
 * `npm run bench -- BUNDLE TEXT.txt [KEYSTROKES]`. The three most probable words after every character.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type * as Web from "../src/index.js";
import { findChromium, launch, Site } from "./site.js";

const DIST = dirname(dirname(fileURLToPath(import.meta.url)));
const FIELD = 300; // characters after which the next text begins

interface Keystroke {
  milliseconds: number;
  exact: boolean;
}

interface Predicts {
  session(): { append(text: string): void; suggest(options: { k: number }): Promise<Web.Suggestions> };
}

/** Type `texts` into a field each; it is sent to the page as source, so it holds no names of this file. */
async function type(predictor: Predicts, texts: string[]): Promise<Keystroke[]> {
  const keystrokes: Keystroke[] = [];
  for (const text of texts) {
    const session = predictor.session();
    for (const character of text) {
      const started = performance.now();
      session.append(character);
      const { exact } = await session.suggest({ k: 3 });
      keystrokes.push({ milliseconds: performance.now() - started, exact });
    }
  }
  return keystrokes;
}

async function inChromium(bundle: string, texts: string[]): Promise<Keystroke[]> {
  const chromium = findChromium();
  if (!chromium) throw new Error("Chromium is not there; install it, or name it in CHROMIUM");
  const site = new Site({ "/": DIST, "/model/": bundle });
  await site.start();
  const browser = await launch(chromium);
  const page = await browser.newPage();
  await page.goto(`${site.address}page/icon.svg`);
  const keystrokes = await page.evaluate(
    async ([source, address, texts]) => {
      const { Predictor } = (await import(`${address}index.js`)) as typeof Web;
      const predictor = await Predictor.load(`${address}model/`);
      const run = new Function(`return ${source}`)() as typeof type;
      await run(predictor, texts.slice(0, 1)); // the engine compiles what runs often
      return run(predictor, texts);
    },
    [type.toString(), site.address, texts] as const,
  );
  await browser.close();
  await site.stop();
  return keystrokes;
}

async function inNode(bundle: string, texts: string[]): Promise<Keystroke[]> {
  const { Predictor } = await import(pathToFileURL(resolve(DIST, "../../node/dist/index.js")).href);
  const predictor: Predicts = await Predictor.load(bundle);
  await type(predictor, texts.slice(0, 1));
  return type(predictor, texts);
}

function report(name: string, keystrokes: Keystroke[]): void {
  const times = keystrokes.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] as number).toFixed(1).padStart(8);
  const exact = (100 * keystrokes.filter(({ exact }) => exact).length) / keystrokes.length;
  console.log(
    `${name.padEnd(12)}${at(0.5)}${at(0.9)}${at(0.99)}   ${exact.toFixed(1)}% exact, ${times.length} keystrokes`,
  );
}

const [bundle, file, most = "2000"] = process.argv.slice(2);
if (!bundle || !file) {
  console.error("usage: npm run bench -- BUNDLE TEXT.txt [KEYSTROKES]");
  process.exit(2);
}
const root = process.env.INIT_CWD ?? process.cwd(); // where npm was called
const text = readFileSync(resolve(root, file), "utf-8").slice(0, Number(most));
const texts = text.match(new RegExp(`[^]{1,${FIELD}}`, "g")) ?? [];
console.log(`${join(bundle)}\nmilliseconds     p50     p90     p99`);
report("Chromium", await inChromium(resolve(root, bundle), texts));
report("Node", await inNode(resolve(root, bundle), texts));
