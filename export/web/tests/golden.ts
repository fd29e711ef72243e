/** The golden vectors of export/golden, as checks that run wherever the module runs. */

import { type Bytes, toBytes } from "../src/core/bytes.js";
import {
  BundleError,
  openBundle,
  Predictor,
  type ReadFile,
  type Runtime,
  type SessionOptions,
  type Suggestions,
  WordgruError,
} from "../src/core/index.js";
import { OnnxLanguageModel } from "../src/core/model.js";
import { Tokenizer } from "../src/core/tokenizer.js";
import { kind, splitLast, wantsSpace } from "../src/core/words.js";

const HASHED = ["tokenizer.json", "model.onnx", "blocked.txt"];

export type Files = ReadonlyMap<string, Uint8Array>;

interface Word {
  word: string;
  probability: number;
}
interface Answer {
  exact: boolean;
  words?: Word[];
  near?: Word[];
}
interface Read {
  ids: number[];
  gap: string;
  next_pieces: { id: number; probability: number }[];
}
interface Asked {
  k: number;
  ignore_case?: boolean;
  max_expanded?: number;
}
type Suggest = { context: string; prefix?: string } & Asked & Answer;
type Complete = { text: string } & Asked & Answer;
type Step =
  | { do: "append" | "set"; text: string }
  | { do: "delete"; count: number }
  | ({ do: "suggest"; prefix: string | null; text: string } & Asked & Answer);
type Edit =
  | { edit: "remove_folder" | "rehash" }
  | { edit: "remove"; file: string }
  | { edit: "write" | "append"; file: string; text: string }
  | { edit: "drop_end"; file: string; bytes: number }
  | Change;
interface Change {
  edit: "set" | "unset";
  file: string;
  key: string[];
  value?: unknown;
}
interface Call {
  call: "suggest" | "complete" | "delete";
  arguments?: { context?: string; text?: string; prefix?: string; k?: number; tolerance?: number; count?: number };
  not_unicode?: { utf16: number[] };
  error: "WordgruError" | "BundleError";
}

export interface Golden {
  bundle: { name: string; path: string };
  search: { tolerance: number; max_expanded: number };
  compare: { absolute: number; relative: number };
  kinds: { character: string; kind: string }[];
  texts: { text: string; ids: number[]; before: string; unfinished: string; wants_space: boolean }[];
  suggest: (Suggest & Read)[];
  complete: (Complete & Read)[];
  sessions: { name: string; steps: Step[] }[];
  blocked: (Suggest & { blocked_txt: string })[];
  broken_bundles: { name: string; edits: Edit[]; error: "WordgruError" | "BundleError" }[];
  broken_calls: Call[];
}

/** Holds the module to one file of golden vectors; a check that fails throws. */
export class GoldenChecks {
  constructor(
    private readonly golden: Golden,
    private readonly files: Files,
    private readonly runtime: Runtime,
    private readonly batch: number,
  ) {}

  /** Every check, by name. */
  all(): [name: string, check: () => Promise<void>][] {
    return [
      ["kinds and texts", () => this.texts()],
      ["pieces of contexts", () => this.pieces()],
      ["suggest", () => this.suggest()],
      ["complete", () => this.complete()],
      ["sessions", () => this.sessions()],
      ["blocked words", () => this.blocked()],
      ["broken bundles", () => this.brokenBundles()],
      ["broken calls", () => this.brokenCalls()],
    ];
  }

  async texts(): Promise<void> {
    const tokenizer = this.#tokenizer();
    for (const { character, kind: expected } of this.golden.kinds) same(kind(character), expected, character);
    for (const { text, ids, before, unfinished, wants_space } of this.golden.texts) {
      same(tokenizer.encode(text), ids, `ids of ${show(text)}`);
      same(splitLast(text), [before, unfinished], `the last word of ${show(text)}`);
      same(wantsSpace(text), wants_space, `a space after ${show(text)}`);
    }
  }

  async pieces(): Promise<void> {
    const tokenizer = this.#tokenizer();
    const { config, graph } = await openBundle(reader(this.files), "bundle");
    const model = await OnnxLanguageModel.open(this.runtime, graph, config);
    const heads = [
      ...this.golden.suggest.map((asked) => [asked.context + (wantsSpace(asked.context) ? " " : ""), asked] as const),
      ...this.golden.complete.map((asked) => [splitLast(asked.text)[0], asked] as const),
    ];
    for (const [head, { ids, gap, next_pieces }] of heads) {
      const [pieces, held] = tokenizer.encodeContext(tokenizer.familiar(head));
      same([[0, ...pieces], held], [ids, toBytes(gap) as Bytes], `pieces of ${show(head)}`);
      const state = await model.advance(ids.slice(0, -1), model.initialState());
      const [answer] = await model.step(ids.slice(-1), [state]);
      for (const { id, probability } of next_pieces) {
        this.#close(answer?.probabilities[id] ?? Number.NaN, probability, `piece ${id} after ${show(head)}`);
      }
    }
  }

  async suggest(): Promise<void> {
    const predictor = await this.#predictor();
    for (const asked of this.golden.suggest) {
      const found = await predictor.suggest(asked.context, this.#options(asked, asked.prefix ?? ""));
      this.#compare(found, asked, `suggest ${show([asked.context, asked.prefix])}`);
    }
  }

  async complete(): Promise<void> {
    const predictor = await this.#predictor();
    for (const asked of this.golden.complete) {
      this.#compare(await predictor.complete(asked.text, this.#options(asked)), asked, `complete ${show(asked.text)}`);
    }
  }

  async sessions(): Promise<void> {
    const predictor = await this.#predictor();
    for (const { name, steps } of this.golden.sessions) {
      const session = predictor.session();
      for (const step of steps) {
        if (step.do === "append") session.append(step.text);
        else if (step.do === "set") session.set(step.text);
        else if (step.do === "delete") session.delete(step.count);
        else if (step.do === "suggest") {
          same(session.text, step.text, name);
          const found = await session.suggest(this.#options(step, step.prefix ?? undefined));
          this.#compare(found, step, `${name}, ${show([step.text, step.prefix])}`);
        }
      }
    }
  }

  async blocked(): Promise<void> {
    for (const asked of this.golden.blocked) {
      const files = await edited(this.files, [
        { edit: "write", file: "blocked.txt", text: asked.blocked_txt },
        { edit: "rehash" },
      ]);
      const predictor = await this.#predictor(files);
      const options = this.#options(asked, asked.prefix ?? "");
      const what = `${show(asked.context)} without ${show(asked.blocked_txt)}`;
      this.#compare(await predictor.suggest(asked.context, options), asked, what);
      const free = await predictor.suggest(asked.context, { ...options, allowBlocked: true });
      const plain = await (await this.#predictor()).suggest(asked.context, options);
      same(words(free), words(plain), `${what}, switched off`);
    }
  }

  async brokenBundles(): Promise<void> {
    for (const { name, edits, error } of this.golden.broken_bundles) {
      await refused(async () => this.#predictor(await edited(this.files, edits)), error, name);
    }
  }

  async brokenCalls(): Promise<void> {
    const predictor = await this.#predictor();
    for (const { call, arguments: given = {}, not_unicode, error } of this.golden.broken_calls) {
      const text = not_unicode ? String.fromCharCode(...not_unicode.utf16) : (given.context ?? given.text ?? "");
      const calls = {
        suggest: async () => predictor.suggest(text, given),
        complete: async () => predictor.complete(text, given),
        delete: async () => predictor.session("the cat").delete(given.count),
      };
      await refused(calls[call], error, `${call} ${show(given)}`);
    }
  }

  #tokenizer(): Tokenizer {
    return Tokenizer.fromJson(new TextDecoder().decode(this.files.get("tokenizer.json")));
  }

  async #predictor(files = this.files): Promise<Predictor> {
    return Predictor.open(this.runtime, await openBundle(reader(files), "bundle"), this.batch);
  }

  #options({ k, ignore_case, max_expanded }: Asked, prefix?: string): SessionOptions {
    const { tolerance, max_expanded: most } = this.golden.search;
    const options = { k, ignoreCase: ignore_case ?? false, tolerance, maxExpanded: max_expanded ?? most };
    return prefix === undefined ? options : { ...options, prefix };
  }

  /** The rule of "When is an answer right" in export/golden/README.md. */
  #compare(found: Suggestions, { exact, words: expected, near }: Answer, what: string): void {
    same(found.exact, exact, `${what}: exact`);
    if (!expected) return;
    const known = new Map([...expected, ...(near ?? [])].map(({ word, probability }) => [word, probability]));
    same(new Set(words(found)).size, found.items.length, `${what}: no word comes twice`);
    for (const [at, { word, probability }] of expected.entries()) {
      const got = found.items[at];
      if (!got || !known.has(got.word)) {
        throw new Error(`${what}: got ${show(words(found))}, expected ${show(expected.map((item) => item.word))}`);
      }
      this.#close(got.probability, known.get(got.word) as number, `${what}: ${got.word}`);
      this.#close(got.probability, probability, `${what}: ${got.word} in place of ${word}`);
    }
  }

  #close(got: number, expected: number, what: string): void {
    const { absolute, relative } = this.golden.compare;
    if (!(Math.abs(got - expected) <= absolute + relative * expected)) {
      throw new Error(`${what}: probability ${got}, expected ${expected}`);
    }
  }
}

/** Reads the files of a bundle from memory. */
export function reader(files: Files): ReadFile {
  return async (name) => files.get(name);
}

async function edited(files: Files, edits: readonly Edit[]): Promise<Files> {
  const made = new Map(files);
  for (const edit of edits) {
    if (edit.edit === "remove_folder") made.clear();
    else if (edit.edit === "remove") made.delete(edit.file);
    else if (edit.edit === "write") made.set(edit.file, bytes(edit.text));
    else if (edit.edit === "append") made.set(edit.file, joined(get(made, edit.file), bytes(edit.text)));
    else if (edit.edit === "drop_end") made.set(edit.file, get(made, edit.file).slice(0, -edit.bytes));
    else if (edit.edit === "set" || edit.edit === "unset") change(made, edit);
    else await rehash(made);
  }
  return made;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function get(files: Files, name: string): Uint8Array<ArrayBuffer> {
  return (files.get(name) ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
}

function change(files: Map<string, Uint8Array>, { edit, file, key, value }: Change): void {
  const json = JSON.parse(new TextDecoder().decode(files.get(file)));
  const last = key.at(-1) as string;
  const holder = key.slice(0, -1).reduce((values, name) => values[name], json);
  if (edit === "set") holder[last] = value;
  else delete holder[last];
  files.set(file, bytes(JSON.stringify(json)));
}

/** Write into config.json the sha256 that each file has now. */
async function rehash(files: Map<string, Uint8Array>): Promise<void> {
  const json = JSON.parse(new TextDecoder().decode(files.get("config.json")));
  for (const name of HASHED.filter((name) => files.has(name))) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", get(files, name)));
    json.files[name] = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  files.set("config.json", bytes(JSON.stringify(json)));
}

/** `call` must fail with this error, in one line. */
async function refused(call: () => Promise<unknown>, error: string, what: string): Promise<void> {
  const caught = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const expected = error === "BundleError" ? BundleError : WordgruError;
  if (!(caught instanceof expected)) throw new Error(`${what}: expected ${error}, got ${String(caught)}`);
  if (caught.message.includes("\n")) throw new Error(`${what}: more than a line: ${caught.message}`);
}

function same(got: unknown, expected: unknown, what: string): void {
  if (show(got) !== show(expected)) throw new Error(`${what}: got ${show(got)}, expected ${show(expected)}`);
}

function words(found: Suggestions): string[] {
  return found.items.map(({ word }) => word);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
