import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as onnxruntime from "onnxruntime-node";
import { type Golden, GoldenChecks } from "../../web/tests/golden.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder

for (const name of readdirSync(join(ROOT, "export/golden")).filter((file) => file.endsWith(".json"))) {
  const golden = JSON.parse(readFileSync(join(ROOT, "export/golden", name), "utf-8")) as Golden;
  const folder = join(ROOT, golden.bundle.path);
  const files = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  describe(`golden vectors of ${golden.bundle.name}`, () => {
    for (const [what, check] of new GoldenChecks(golden, files, onnxruntime).all()) it(what, check);
  });
}
