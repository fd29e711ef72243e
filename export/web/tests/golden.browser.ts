/** The golden vectors in a browser: `window.checkGolden(golden, bundle)` answers the faults, none if all is well. */
import * as onnxruntime from "onnxruntime-web/wasm";
import type { BundleConfig } from "../src/core/bundle.js";
import { Predictor } from "../src/inline.js";
import { type Golden, GoldenChecks } from "./golden.js";
import { type TypingGolden, typingFaults } from "./golden_typing.js";

async function checkGolden(golden: Golden, bundle: string): Promise<string[]> {
  onnxruntime.env.wasm.wasmPaths = { wasm: new URL("/ort-wasm-simd-threaded.wasm", location.href).href };
  onnxruntime.env.wasm.numThreads = 1;
  const config = (await (await fetch(new URL("config.json", bundle))).json()) as BundleConfig;
  const names = ["config.json", ...Object.keys(config.files)];
  const contents = await Promise.all(names.map(async (name) => (await fetch(new URL(name, bundle))).bytes()));
  const files = new Map(names.map((name, at) => [name, contents[at] as Uint8Array]));
  const faults: string[] = [];
  for (const [what, check] of new GoldenChecks(golden, files, onnxruntime, golden.bundle.precision !== "fp32").all()) {
    await check().catch((error: Error) => faults.push(`${what}: ${error.message}`));
  }
  return faults;
}

/** The same for what was typed. */
async function checkTyping(golden: TypingGolden, bundle: string): Promise<string[]> {
  return typingFaults(golden, await Predictor.load(bundle, { wasm: "/ort-wasm-simd-threaded.wasm" }));
}

Object.assign(window, { checkGolden, checkTyping });
