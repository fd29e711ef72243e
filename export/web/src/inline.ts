/** wordgru in a browser, on the thread that calls it: for a Worker of your own. Pages take `wordgru`. */
import * as onnxruntime from "onnxruntime-web/wasm";
import {
  Predictor as CorePredictor,
  loadMixed,
  type MixedPredictor,
  type OpenOptions,
  openBundle,
  type Runtime,
  WordgruError,
} from "./core/index.js";
import { type BundleSource, sourceOf } from "./source.js";

export * from "./core/index.js";
export type { BundleSource } from "./source.js";

/** How a bundle is loaded, and where onnxruntime's wasm file is; by default it lies beside this module. */
export interface LoadOptions extends OpenOptions {
  readonly wasm?: string | URL | undefined;
}

/** Next words from a bundle. Its sessions share what it remembers. */
export class Predictor extends CorePredictor {
  /**
   * Load a bundle; or several, as one predictor that follows its user between their languages.
   *
   * @param source the address of its folder, or its files; a list of them.
   * @throws BundleError if there is no bundle, or it is broken, foreign or too new; WordgruError without the wasm.
   */
  static async load(source: BundleSource, options?: LoadOptions): Promise<Predictor>;
  static async load(sources: readonly BundleSource[], options?: LoadOptions): Promise<MixedPredictor>;
  static async load(source: BundleSource | readonly BundleSource[], options: LoadOptions = {}): Promise<unknown> {
    if (Array.isArray(source)) {
      return loadMixed(source as readonly BundleSource[], options, (each, same) => Predictor.load(each, same));
    }
    const wasm = String(options.wasm ?? new URL("./ort-wasm-simd-threaded.wasm", import.meta.url));
    onnxruntime.env.wasm.wasmPaths = { wasm };
    onnxruntime.env.wasm.numThreads = 1; // more would need headers of cross-origin isolation, and gain little
    const [read, where] = sourceOf(source as BundleSource);
    return Predictor.open(runtimeOf(wasm), await openBundle(read, where), options);
  }
}

/** onnxruntime, which says when the fault lies in its wasm and not in a graph. */
function runtimeOf(wasm: string): Runtime {
  async function create(...given: Parameters<Runtime["InferenceSession"]["create"]>) {
    try {
      return await onnxruntime.InferenceSession.create(...given);
    } catch (error) {
      if (!/no available backend|wasm|WebAssembly/i.test(String(error))) throw error;
      throw new WordgruError(
        `${wasm}: onnxruntime's wasm cannot be loaded; copy the file there, or name its address in \`wasm\`.`,
        { cause: error },
      );
    }
  }
  return { InferenceSession: { create }, Tensor: onnxruntime.Tensor };
}
