/** The dialog in which another model is chosen. */
import { type BundleConfig, type BundleSource, WordgruError } from "../src/index.js";
import { element, make } from "./dom.js";
import { languageName, nameOf } from "./languages.js";

const FILES = ["config.json", "tokenizer.json", "model.onnx", "blocked.txt", "known.bin"];

/** What the dialog does; both say in a line why they could not. */
interface Loading {
  /** Load a bundle. */
  load(source: BundleSource, name: string): Promise<string | undefined>;
  /** Load what the page was served with. */
  loadOwn(): Promise<string | undefined>;
}

/** Set up the dialog. */
export function setUpPicker({ load, loadOwn }: Loading): void {
  const dialog = element<HTMLDialogElement>("picker");
  const address = element<HTMLInputElement>("address");
  const folder = element<HTMLInputElement>("folder");
  const buttons = dialog.querySelectorAll("button");

  async function choose(loading: () => Promise<string | undefined>): Promise<void> {
    for (const button of buttons) button.disabled = true;
    element("picker-error").textContent = "";
    const fault = await loading();
    for (const button of buttons) button.disabled = false;
    element("picker-error").textContent = fault ?? "";
    if (!fault) dialog.close();
  }

  element("open-picker").addEventListener("click", () => dialog.showModal());
  element("load-own").addEventListener("click", () => choose(loadOwn));
  element("load-address").addEventListener("click", () => {
    const wanted = address.value.trim();
    if (wanted) void choose(() => load(wanted, nameOf(wanted)));
  });
  address.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // which would press the first button
    element("load-address").click();
  });
  folder.addEventListener("change", () => {
    const chosen = [...(folder.files ?? [])].filter((file) => FILES.includes(file.name));
    const name = chosen[0]?.webkitRelativePath.split("/").at(-2) ?? "a folder";
    void choose(() => load(new Map(chosen.map((file) => [file.name, file])), name));
    folder.value = ""; // so that the same folder can be chosen again
  });
}

/** Say which models are loaded, by their names. */
export function showModels(configs: ReadonlyMap<string, BundleConfig>, name: string): void {
  element("model-name").textContent = name || "this page’s model";
  const facts = [...configs].flatMap(([language, config]) => [
    ...(configs.size > 1 ? [["Language", languageName(language)]] : []),
    ...factsOf(config),
  ]);
  element("facts").replaceChildren(...facts.flatMap(([what, is]) => [make("dt", what), make("dd", is)]));
}

function factsOf({ model, precision, files }: BundleConfig): string[][] {
  return [
    ["Kind", `GRU, ${model.layers} × ${model.hidden_size}, ${precision}`],
    ["Vocabulary", `${model.vocab_size.toLocaleString("en")} tokens`],
    ["Fingerprint", files["model.onnx"]?.slice(0, 12) ?? ""],
  ];
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
