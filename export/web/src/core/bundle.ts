/** A bundle: the only module that knows its file names, its version and its hashes. */
import { BundleError } from "./errors.js";
import { KnownWords } from "./known.js";
import { APOSTROPHES, lines, spans } from "./words.js";

const FORMAT_VERSION = 2;
const [CONFIG, TOKENIZER, MODEL, BLOCKED] = ["config.json", "tokenizer.json", "model.onnx", "blocked.txt"] as const;
const KNOWN = "known.bin";
const KEYS = ["files", "format_version", "model", "precision", "quality", "training", "wordgru"];
const SIZES = ["embedding_size", "hidden_size", "layers", "vocab_size"] as const;

/** What `config.json` says. */
export interface BundleConfig {
  readonly format_version: number;
  readonly model: {
    readonly vocab_size: number;
    readonly embedding_size: number;
    readonly hidden_size: number;
    readonly layers: number;
  };
  readonly precision: "fp32" | "int8" | "int4";
  /** sha256 of each other file, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
  /** How the model was trained; free of form. */
  readonly training: Readonly<Record<string, unknown>>;
  /** How it scored; free of form. */
  readonly quality: Readonly<Record<string, unknown>>;
  /** The version that wrote it. */
  readonly wordgru: string;
}

/** Reads one file of a bundle; undefined where there is none. Other failures are thrown as `BundleError`. */
export type ReadFile = (name: string) => Promise<Uint8Array | undefined>;

/** A bundle whose files were all found and whose hashes agree. */
export interface Bundle {
  readonly config: BundleConfig;
  readonly tokenizerJson: string;
  readonly graph: Uint8Array;
  /** The words that are never offered, in lower case. */
  readonly blocked: ReadonlySet<string>;
  /** The words of its language, if it says. */
  readonly known: KnownWords | undefined;
}

/**
 * Read a bundle and check every file of it.
 *
 * @param where its folder or address, for messages.
 * @throws BundleError if it is missing, broken, foreign, or newer than this version of wordgru.
 */
export async function openBundle(read: ReadFile, where: string): Promise<Bundle> {
  const at = where.replace(/\/+$/, "");
  const content = await read(CONFIG);
  if (!content) throw new BundleError(`${at}: has no ${CONFIG}; expected a bundle written by \`wordgru export\`.`);
  const config = parseConfig(content, `${at}/${CONFIG}`);
  const names = Object.keys(config.files);
  const contents = await Promise.all(names.map((name) => checked(read, at, name, String(config.files[name]))));
  const file = (name: string) => contents[names.indexOf(name)] ?? new Uint8Array();
  return {
    config,
    tokenizerJson: text(file(TOKENIZER), `${at}/${TOKENIZER}`),
    graph: file(MODEL),
    blocked: readBlocked(text(file(BLOCKED), `${at}/${BLOCKED}`), `${at}/${BLOCKED}`),
    known: names.includes(KNOWN) ? KnownWords.from(file(KNOWN), `${at}/${KNOWN}`) : undefined,
  };
}

function parseConfig(content: Uint8Array, where: string): BundleConfig {
  let values: unknown;
  try {
    values = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (error) {
    const reason = (error as Error).message;
    throw new BundleError(`${where}: is not JSON in UTF-8 (${reason}); copy or export the bundle again.`);
  }
  if (!isObject(values)) {
    throw new BundleError(`${where}: holds ${show(values)}; expected an object. Export the bundle again.`);
  }
  const refused = (fault: string) => new BundleError(`${where}: ${fault}`);
  checkVersion(values, refused);
  checkKeys(values, KEYS, ["quality", "training", "wordgru"], refused);
  checkSizes(values.model, refused);
  if (!["fp32", "int8", "int4"].includes(values.precision as string)) {
    throw refused(`precision is ${show(values.precision)}; expected fp32, int8 or int4.`);
  }
  for (const name of ["files", "training", "quality"]) {
    values[name] ??= {};
    if (!isObject(values[name])) throw refused(`${name} is ${show(values[name])}; expected an object.`);
  }
  const files = Object.keys(values.files as object).filter((name) => name !== BLOCKED && name !== KNOWN);
  if (files.sort().join() !== [MODEL, TOKENIZER].join()) {
    throw refused(`files names ${show(files)}; expected the hashes of ${TOKENIZER} and ${MODEL}.`);
  }
  return values as unknown as BundleConfig;
}

type Values = Record<string, unknown>;
type Refused = (fault: string) => BundleError;

function checkVersion(values: Values, refused: Refused): void {
  const version = values.format_version;
  if (version === undefined) {
    throw refused("has no format_version, so wordgru did not write it; expected a wordgru bundle.");
  }
  if (!isCount(version)) throw refused(`format_version is ${show(version)}; expected a whole number of at least 1.`);
  if ((version as number) < FORMAT_VERSION) {
    throw refused(
      `format_version is ${version}, which no release ever wrote; expected ${FORMAT_VERSION}. Train and export the ` +
        "model again.",
    );
  }
  if ((version as number) > FORMAT_VERSION) {
    throw refused(`format_version is ${version}; this wordgru reads up to ${FORMAT_VERSION}. Upgrade wordgru.`);
  }
}

function checkKeys(values: Values, known: readonly string[], optional: readonly string[], refused: Refused): void {
  const unknown = Object.keys(values).filter((key) => !known.includes(key));
  if (unknown.length) {
    throw refused(
      `unknown key '${unknown[0]}'; known are ${known.join(", ")}. Was it written by a newer wordgru? Then upgrade ` +
        "wordgru.",
    );
  }
  const missing = known.filter((key) => !optional.includes(key) && values[key] === undefined);
  if (missing.length) throw refused(`has no '${missing[0]}'; expected the keys ${known.join(", ")}.`);
}

function checkSizes(model: unknown, refused: Refused): void {
  if (!isObject(model)) throw refused(`model is ${show(model)}; expected an object with the model's sizes.`);
  checkKeys(model, SIZES, ["layers"], refused);
  model.layers ??= 1;
  for (const name of SIZES) {
    if (!isCount(model[name])) throw refused(`${name} is ${show(model[name])}; expected a whole number of at least 1.`);
  }
}

/** The content of a file; a file that is missing or is not the one that was exported is refused. */
async function checked(read: ReadFile, at: string, name: string, expected: string): Promise<Uint8Array> {
  const content = await read(name);
  if (!content) throw new BundleError(`${at}/${name}: is missing from the bundle; copy or export the bundle again.`);
  const found = await sha256(content);
  if (found === expected) return content;
  if (new TextDecoder().decode(content.subarray(0, 40)).startsWith("version https://git-lfs")) {
    throw new BundleError(`${at}/${name}: is a Git LFS pointer, not the file; fetch it with \`git lfs pull\`.`);
  }
  throw new BundleError(
    `${at}/${name}: its sha256 is ${found.slice(0, 12)}…, expected ${expected.slice(0, 12)}…; the file was changed ` +
      "or cut short. Copy or export the bundle again.",
  );
}

async function sha256(content: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) {
    throw new BundleError(
      "the files of a bundle cannot be checked on this page; expected one served over https or from localhost.",
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function text(content: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new BundleError(`${where}: is not UTF-8 text; copy or export the bundle again.`);
  }
}

/**
 * The words of a block list, in the form in which they are offered: NFC and lower case.
 *
 * One word a line, or several with commas or semicolons between them; `#` begins a comment. Marks around a word are no
 * part of it, and a word with an apostrophe is meant with either one, ' or ’.
 */
function readBlocked(list: string, where: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [at, line] of lines(list).entries()) {
    for (const entry of (line.split("#")[0] as string).split(/[,;、，]/)) {
      if (entry.trim()) for (const word of offered(entry.trim(), `${where}: line ${at + 1}`)) found.add(word);
    }
  }
  return found;
}

/** How the one word of an entry is offered: with each apostrophe, if it has one. */
function offered(entry: string, where: string): string[] {
  const text = entry.normalize("NFC").toLowerCase();
  const [span, ...more] = spans(text);
  if (!span || more.length) {
    const what = span ? "holds several words" : "holds no letter or digit";
    throw new BundleError(`${where}: '${entry}' ${what}; expected one word a line, or commas between the words.`);
  }
  const word = text.slice(span[0], span[1]);
  return [word, ...APOSTROPHES.map((mark) => word.replace(/['’]/g, mark))];
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
