// Builds the npm packages: `node build.mjs`; the demo page: `node build.mjs --page FOLDER`; the tests.
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WEB = dirname(fileURLToPath(import.meta.url));
const NODE = join(WEB, "../node");
const WASM = fileURLToPath(import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"));
const LICENSES = [join(WEB, "../../LICENSE"), join(WEB, "NOTICES.txt")];
// keyboards are the Python package's; `declare const WORDGRU_LAYOUTS` stands for them in src/core/typing/layout.ts
const LAYOUTS = join(WEB, "../../wordgru/typing/layouts");
const layouts = readdirSync(LAYOUTS).map((name) => [
  basename(name, ".json"),
  readFileSync(join(LAYOUTS, name), "utf-8"),
]);
const define = {
  WORDGRU_LAYOUTS: JSON.stringify(Object.fromEntries(layouts.map(([name, json]) => [name, JSON.parse(json)]))),
};
const COMMON = { define, bundle: true, format: "esm", target: "es2022", legalComments: "none", logLevel: "warning" };

async function buildPackages() {
  const dist = join(WEB, "dist");
  await fresh(dist);
  const entryPoints = ["index", "inline", "worker"].map((name) => join(WEB, "src", `${name}.ts`));
  const browser = { ...COMMON, platform: "browser", minify: true, outdir: dist };
  await build({ ...browser, entryPoints });
  await build({ ...browser, entryPoints: [join(WEB, "src/element.ts")], external: ["./index.js"] });
  await cp(WASM, join(dist, "ort-wasm-simd-threaded.wasm"));
  await copyLicenses(dist);
  await fresh(join(NODE, "dist"));
  const node = { ...COMMON, platform: "node", external: ["onnxruntime-node"] };
  await build({ ...node, entryPoints: [join(NODE, "src/index.ts")], outdir: join(NODE, "dist") });
  await copyLicenses(join(NODE, "dist"));
}

async function buildPage(folder) {
  await fresh(folder);
  const demo = join(WEB, "demo");
  const entryPoints = [join(demo, "page.ts"), join(demo, "service_worker.ts"), join(WEB, "src/worker.ts")];
  await build({ ...COMMON, platform: "browser", minify: true, entryPoints, outdir: folder, entryNames: "[name]" });
  await build({ ...COMMON, minify: true, entryPoints: [join(demo, "page.css")], outdir: folder });
  for (const name of ["index.html", "icon.svg", "manifest.webmanifest"]) await cp(join(demo, name), join(folder, name));
  await cp(WASM, join(folder, "ort-wasm-simd-threaded.wasm"));
  await writeFile(join(folder, "models.json"), '["model/"]\n'); // where its bundles are
  await copyLicenses(folder);
}

/** Beside what is built, for it holds code of others. */
async function copyLicenses(folder) {
  for (const file of LICENSES) await cp(file, join(folder, basename(file)));
}

async function fresh(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** The tests, and the page that they visit. */
async function buildTests() {
  await buildPackages();
  const dist = join(WEB, "dist");
  await buildPage(join(dist, "page"));
  const tests = join(WEB, "tests");
  await build({
    ...COMMON,
    platform: "browser",
    entryPoints: [join(tests, "golden.browser.ts"), join(tests, "bench.worker.ts")],
    outdir: join(dist, "tests"),
  });
  await writeFile(
    join(dist, "tests/golden.html"),
    '<!doctype html><script type="module" src="golden.browser.js"></script>',
  );
  const files = [tests, join(NODE, "tests")].flatMap((from) => readdirSync(from).map((name) => join(from, name)));
  const entryPoints = [...files.filter((path) => path.endsWith(".test.ts")), join(tests, "bench.ts")];
  await build({
    ...COMMON,
    platform: "node",
    packages: "external",
    entryPoints,
    outdir: join(dist, "tests"),
    entryNames: "[name]",
  });
}

const [flag, folder] = process.argv.slice(2);
if (flag === "--tests") await buildTests();
else if (flag === "--page" && folder) await buildPage(folder);
else if (flag === undefined) await buildPackages();
else {
  console.error("usage: node build.mjs [--page FOLDER | --tests]");
  process.exitCode = 2;
}
