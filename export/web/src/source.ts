import { BundleError, type ReadFile } from "./core/index.js";

/** Where a bundle is: the address of its folder, or its files by name (from a file picker, say). */
export type BundleSource = string | URL | ReadonlyMap<string, Blob>;

/** Reads the files of a bundle in a browser, and the bundle's name for messages. */
export function sourceOf(source: BundleSource): [read: ReadFile, where: string] {
  if (source instanceof Map) return [(name) => fromFile(source.get(name)), "the chosen folder"];
  const folder = new URL(String(source), globalThis.location?.href).href.replace(/\/*$/, "/");
  return [(name) => fromAddress(new URL(name, folder)), folder];
}

async function fromFile(file: Blob | undefined): Promise<Uint8Array | undefined> {
  return file && new Uint8Array(await file.arrayBuffer());
}

async function fromAddress(address: URL): Promise<Uint8Array | undefined> {
  const response = await fetch(address).catch((error: Error) => {
    throw new BundleError(`${address}: cannot be reached (${error.message}); check the address and the network.`);
  });
  if (response.status === 404) return undefined;
  if (!response.ok) {
    throw new BundleError(`${address}: the server answered ${response.status}; expected a file of a bundle.`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
