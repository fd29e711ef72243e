/** wordgru in Node: the module of the browser over onnxruntime-node. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as onnxruntime from "onnxruntime-node";
import {
  BundleError,
  Predictor as CorePredictor,
  loadMixed,
  type MixedPredictor,
  type OpenOptions,
  openBundle,
  type ReadFile,
} from "../../web/src/core/index.js";

export * from "../../web/src/core/index.js";

// onnxruntime from 1.29 on tells its maker of every process and model, unless this is set before its first session.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

/** Next words from a bundle. Its sessions share what it remembers. */
export class Predictor extends CorePredictor {
  /**
   * Load the bundle in a folder, named by its path or a file: URL; or several, as one predictor that follows its user
   * between their languages.
   *
   * @throws BundleError if there is no bundle, or it is broken, foreign or too new.
   */
  static async load(source: string | URL, options?: OpenOptions): Promise<Predictor>;
  static async load(sources: readonly (string | URL)[], options?: OpenOptions): Promise<MixedPredictor>;
  static async load(source: string | URL | readonly (string | URL)[], options: OpenOptions = {}): Promise<unknown> {
    if (Array.isArray(source)) {
      return loadMixed(source as readonly (string | URL)[], options, (each, same) => Predictor.load(each, same));
    }
    const folder = source instanceof URL ? pathOf(source) : (source as string);
    return Predictor.open(onnxruntime, await openBundle(await fromFolder(folder), folder), options);
  }
}

function pathOf(address: URL): string {
  try {
    return fileURLToPath(address);
  } catch {
    throw new BundleError(`${address}: is no address of a folder on this machine; expected a path or a file: URL.`);
  }
}

/** Reads the files of a folder that may be anything. */
async function fromFolder(folder: string): Promise<ReadFile> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) {
    throw new BundleError(`${folder}: no such folder; expected a bundle written by \`wordgru export\`.`);
  }
  if (!found.isDirectory()) throw new BundleError(`${folder}: is a file; expected the folder of a bundle.`);
  return async (name) => {
    try {
      return await readFile(join(folder, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      throw new BundleError(`${join(folder, name)}: cannot be read (${code}); check its permissions.`);
    }
  };
}
