/**
 * How long a keystroke takes, in headless Chromium (in a Worker, the way back and forth included), Node and Python:
 * `npm run bench -- BUNDLE TEXT.txt [CHARACTERS [ROUNDS]]`. The three most probable words after every character.
 *
 * All is typed several times over, and the fastest time of each keystroke counts: what else the machine does is then
 * seen the least. How often the model is called, for how many tokens, and its share of the time do not depend on that.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as onnxruntime from "onnxruntime-node";
import type * as Web from "../src/index.js";
import { type Call, metered } from "./meter.js";
import { findChromium, launch, Site } from "./site.js";

const DIST = dirname(dirname(fileURLToPath(import.meta.url)));
const FIELD = 300; // characters after which the next text begins
const FINE_CLOCK = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

interface Keystroke {
  /** When it began, in milliseconds since 1970. */
  at: number;
  milliseconds: number;
  exact: boolean;
}

interface Measured {
  /** Of each round. */
  typed: Keystroke[][];
  calls: Call[];
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
      keystrokes.push({ at: performance.timeOrigin + started, milliseconds: performance.now() - started, exact });
    }
  }
  return keystrokes;
}

async function inChromium(bundle: string, texts: string[], rounds: number): Promise<Measured> {
  const chromium = findChromium();
  if (!chromium) throw new Error("Chromium is not there; install it, or name it in CHROMIUM");
  const site = new Site({ "/": DIST, "/model/": bundle }, FINE_CLOCK);
  await site.start();
  const browser = await launch(chromium);
  const page = await browser.newPage();
  await page.goto(`${site.address}page/icon.svg`);
  const measured = await page.evaluate(
    async ([source, address, texts, rounds]) => {
      const { Predictor } = (await import(`${address}index.js`)) as typeof Web;
      const predictor = await Predictor.load(`${address}model/`, {
        worker: `${address}tests/bench.worker.js`,
        wasm: `${address}ort-wasm-simd-threaded.wasm`,
      });
      const run = new Function(`return ${source}`)() as typeof type;
      await run(predictor, texts.slice(0, 1)); // the engine compiles what runs often
      const typed: Keystroke[][] = [];
      while (typed.length < rounds) typed.push(await run(predictor, texts));
      const channel = new BroadcastChannel("bench");
      const calls = await new Promise<Call[]>((received) => {
        channel.addEventListener("message", ({ data }) => received(data));
        channel.postMessage("give");
      });
      return { typed, calls };
    },
    [type.toString(), site.address, texts, rounds] as const,
  );
  await browser.close();
  await site.stop();
  return measured;
}

async function inNode(bundle: string, texts: string[], rounds: number): Promise<Measured> {
  const calls = metered(onnxruntime);
  const { Predictor } = await import(pathToFileURL(resolve(DIST, "../../node/dist/index.js")).href);
  const predictor: Predicts = await Predictor.load(bundle);
  await type(predictor, texts.slice(0, 1));
  const typed: Keystroke[][] = [];
  while (typed.length < rounds) typed.push(await type(predictor, texts));
  return { typed, calls };
}

/** The package in the Python that PYTHON names; undefined where that has none. */
function inPython(bundle: string, texts: string[], rounds: number): Measured | undefined {
  const input = JSON.stringify({ bundle, texts, rounds });
  const script = resolve(DIST, "../tests/bench.py");
  const done = spawnSync(process.env.PYTHON ?? "python3", [script], { input, encoding: "utf-8", maxBuffer: 2 ** 28 });
  return done.status === 0 ? JSON.parse(done.stdout) : undefined;
}

function report(name: string, { typed, calls }: Measured): void {
  const keystrokes = typed.flat();
  const began = keystrokes[0]?.at ?? 0;
  const counted = calls.filter(({ at }) => at >= began); // not those of the warm-up
  const each = keystrokes.map(() => ({ calls: 0, tokens: 0 }));
  let now = 0;
  for (const { at, tokens } of counted) {
    while (now + 1 < keystrokes.length && (keystrokes[now + 1] as Keystroke).at <= at) now++;
    const keystroke = each[now] as { calls: number; tokens: number };
    keystroke.calls++;
    keystroke.tokens += tokens;
  }
  const best = typed[0]?.map((_, at) => Math.min(...typed.map((round) => (round[at] as Keystroke).milliseconds))) ?? [];
  const tokens = each.map(({ tokens }) => tokens);
  const inModel = counted.map(({ milliseconds }) => milliseconds);
  const cells = [
    ...[0.5, 0.9, 0.99].map((share) => quantile(best, share).toFixed(2)),
    mean(best).toFixed(2),
    mean(each.map(({ calls }) => calls)).toFixed(2),
    mean(tokens).toFixed(2),
    quantile(tokens, 0.99).toFixed(0),
    quantile(inModel, 0.5).toFixed(2),
    `${((100 * total(inModel)) / total(keystrokes.map(({ milliseconds }) => milliseconds))).toFixed(0)}%`,
    `${(100 * mean(each.map(({ calls }) => Number(!calls)))).toFixed(0)}%`,
    keystrokes.filter(({ exact }) => !exact).length,
  ];
  console.log(name.padEnd(9) + cells.map((cell) => String(cell).padStart(9)).join(""));
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(share * (values.length - 1))] as number;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

function load(): string {
  return loadavg()
    .slice(0, 2)
    .map((average) => average.toFixed(1))
    .join(", ");
}

const [bundle, file, most = "2000", rounds = "3"] = process.argv.slice(2);
if (!bundle || !file) {
  console.error("usage: npm run bench -- BUNDLE TEXT.txt [CHARACTERS [ROUNDS]]");
  process.exit(2);
}
const root = process.env.INIT_CWD ?? process.cwd(); // where npm was called
const text = readFileSync(resolve(root, file), "utf-8").slice(0, Number(most));
const texts = text.match(new RegExp(`[^]{1,${FIELD}}`, "g")) ?? [];
console.log(`${join(bundle)}, ${text.length} keystrokes, load of the last 1 and 5 minutes: ${load()}`);
const columns = [
  "p50 ms",
  "p90",
  "p99",
  "mean",
  "calls",
  "tokens",
  "p99",
  "ms/call",
  "in model",
  "no call",
  "unproved",
];
console.log(" ".repeat(9) + columns.map((name) => name.padStart(9)).join(""));
report("Chromium", await inChromium(resolve(root, bundle), texts, Number(rounds)));
report("Node", await inNode(resolve(root, bundle), texts, Number(rounds)));
const python = inPython(resolve(root, bundle), texts, Number(rounds));
if (python) report("Python", python);
else console.log("Python   not measured: PYTHON names no Python that has wordgru");
console.log(`load: ${load()}`);
