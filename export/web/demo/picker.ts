/** The dialog in which another model is chosen. */
import { type BundleConfig, type BundleSource, WordgruError } from "../src/index.js";
import { element, make } from "./dom.js";

const FILES = ["config.json", "tokenizer.json", "model.onnx", "blocked.txt", "known.bin"];

/**
 * Set up the dialog.
 *
 * @param load loads a bundle, and says in a line why it could not.
 */
export function setUpPicker(load: (source: BundleSource, name: string) => Promise<string | undefined>): void {
  const dialog = element<HTMLDialogElement>("picker");
  const address = element<HTMLInputElement>("address");
  const folder = element<HTMLInputElement>("folder");
  const buttons = dialog.querySelectorAll("button");

  async function choose(source: BundleSource, name: string): Promise<void> {
    for (const button of buttons) button.disabled = true;
    element("picker-error").textContent = "";
    const fault = await load(source, name);
    for (const button of buttons) button.disabled = false;
    element("picker-error").textContent = fault ?? "";
    if (!fault) dialog.close();
  }

  element("open-picker").addEventListener("click", () => dialog.showModal());
  element("load-own").addEventListener("click", () => choose(OWN, ""));
  element("load-address").addEventListener("click", () => {
    if (address.value.trim()) void choose(address.value.trim(), nameOf(address.value.trim()));
  });
  address.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // which would press the first button
    element("load-address").click();
  });
  folder.addEventListener("change", () => {
    const chosen = [...(folder.files ?? [])].filter((file) => FILES.includes(file.name));
    const name = chosen[0]?.webkitRelativePath.split("/").at(-2) ?? "a folder";
    void choose(new Map(chosen.map((file) => [file.name, file])), name);
    folder.value = ""; // so that the same folder can be chosen again
  });
}

/** Where the page's own model lies. */
export const OWN = "model/";

/** Say which model is loaded. */
export function showModel({ model, precision, files }: BundleConfig, name: string): void {
  element("model-name").textContent = name || "this page’s model";
  const facts = [
    ["Kind", `GRU, ${model.layers} × ${model.hidden_size}, ${precision}`],
    ["Vocabulary", `${model.vocab_size.toLocaleString("en")} tokens`],
    ["Fingerprint", files["model.onnx"]?.slice(0, 12) ?? ""],
  ];
  element("facts").replaceChildren(...facts.flatMap(([what, is]) => [make("dt", what), make("dd", is)]));
}

/**
 * Check that the page's content security policy lets a bundle be read from `address`.
 *
 * @throws WordgruError if it does not.
 */
export function checkAddress(address: string): void {
  let found: URL;
  try {
    found = new URL(address, document.baseURI);
  } catch {
    throw new WordgruError(`${address}: is no address; expected one like https://example.org/model/.`);
  }
  if (found.protocol === "https:" || found.origin === location.origin) return;
  throw new WordgruError(`${address}: this page may read from https addresses only, and from its own server.`);
}

/** The last folder of an address. */
export function nameOf(address: string): string {
  return address.replace(/\/+$/, "").split("/").at(-1) ?? address;
}
