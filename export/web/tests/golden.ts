/** The golden vectors of export/golden, as checks that run wherever the module runs. */

import { type Bytes, toBytes } from "../src/core/bytes.js";
import {
  AS_READ,
  BundleError,
  openBundle,
  type Phrase,
  Predictor,
  type ReadFile,
  type Runtime,
  type SessionOptions,
  type Suggestions,
  WordgruError,
} from "../src/core/index.js";
import { OnnxLanguageModel } from "../src/core/model.js";
import { Tokenizer } from "../src/core/tokenizer.js";
import { kind, preTokens, splitLast, wantsSpace } from "../src/core/words.js";

const HASHED = ["tokenizer.json", "model.onnx", "blocked.txt"];

export type Files = ReadonlyMap<string, Uint8Array>;

interface Word {
  word: string;
  probability: number;
}
type Answer = { space: boolean } & (
  | { exact: true; words: Word[]; near: Word[] }
  | { exact: false; count: number; max_rows: number }
);
interface Read {
  ids: number[];
  gap: string;
  next_tokens: { id: number; probability: number }[];
}
interface Asked {
  k: number;
  ignore_case?: boolean;
  punctuation?: boolean;
  tolerance?: number;
  max_rows?: number;
}
type Suggest = { context: string; prefix?: string } & Asked & Answer;
type Complete = { text: string } & Asked & Answer;
type Step =
  | { do: "append" | "set"; text: string }
  | { do: "delete"; count: number }
  | ({ do: "suggest"; prefix: string | null; text: string | null } & Asked & Answer);
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
  call: "suggest" | "complete" | "phrases" | "delete";
  arguments?: { context?: string; text?: string; count?: number } & Record<string, unknown>;
  not_unicode?: { utf16: number[] };
  error: "WordgruError" | "BundleError";
}

export interface Golden {
  bundle: { name: string; path: string; precision: string; finals: number };
  search: { tolerance: number; max_rows: number };
  compare: { absolute: number; relative: number; nats: number };
  texts: {
    text: string;
    normal: string;
    pre_tokens: [string, string][];
    ids: number[];
    before: string;
    unfinished: string;
    wants_space: boolean;
  }[];
  decode: { ids: number[]; text: string }[];
  suggest: (Suggest & Partial<Read>)[];
  complete: (Complete & Partial<Read>)[];
  sessions: { name: string; steps: Step[] }[];
  phrases: { context: string; k: number; max_words: number; threshold: number; phrases: Phrase[] }[];
  score: { text: string; units: { text: string; start: number; log_probability: number }[] }[];
  blocked: (Suggest & { blocked_txt: string })[];
  broken_bundles: { name: string; edits: Edit[]; error: "WordgruError" | "BundleError" }[];
  broken_calls: Call[];
}

const DRIFTS_AFTER = 500; // characters

/** Holds the module to one file of golden vectors; a check that fails throws. */
export class GoldenChecks {
  readonly #runtime: Runtime;

  /**
   * @param drifts whether the model's rounding is another one than Python's: the states of int8 part after some hundred
   *   characters, so that of an answer after a long text only `exact` and `space` are compared.
   */
  constructor(
    private readonly golden: Golden,
    private readonly files: Files,
    runtime: Runtime,
    private readonly drifts = false,
  ) {
    this.#runtime = once(runtime);
  }

  /** Every check, by name. */
  all(): [name: string, check: () => Promise<void>][] {
    return [
      ["texts", () => this.texts()],
      ["tokens of contexts", () => this.tokens()],
      ["suggest", () => this.suggest()],
      ["complete", () => this.complete()],
      ["sessions", () => this.sessions()],
      ["phrases", () => this.phrases()],
      ["score", () => this.score()],
      ["blocked words", () => this.blocked()],
      ["broken bundles", () => this.brokenBundles()],
      ["broken calls", () => this.brokenCalls()],
    ];
  }

  async texts(): Promise<void> {
    const tokenizer = this.#tokenizer();
    same(tokenizer.finals, this.golden.bundle.finals, "final tokens");
    for (const { text, normal, pre_tokens, ids, before, unfinished, wants_space } of this.golden.texts) {
      same(tokenizer.normalize(text), normal, `normal form of ${show(text)}`);
      const cut = text ? preTokens(` ${normal.replaceAll("\n", "\n ")}`) : [];
      const kinds = cut.map(([preToken]) => [preToken, kind(preToken)]);
      same(kinds, pre_tokens, `pre-tokens of ${show(text)}`);
      same(tokenizer.encode(text), ids, `ids of ${show(text)}`);
      same(splitLast(normal), [before, unfinished], `the last word of ${show(text)}`);
      same(wantsSpace(normal), wants_space, `a space after ${show(text)}`);
    }
    for (const { ids, text } of this.golden.decode) same(tokenizer.decode(ids), text, `text of ${show(ids)}`);
  }

  async tokens(): Promise<void> {
    const tokenizer = this.#tokenizer();
    const { config, graph } = await openBundle(reader(this.files), "bundle");
    const model = await OnnxLanguageModel.open(this.#runtime, graph, config);
    const spaced = (text: string) => text + (wantsSpace(text) ? " " : "");
    const heads = [
      ...this.golden.suggest.map((asked) => [spaced(asked.context), asked] as const),
      ...this.golden.complete.map((asked) => {
        const [before, unfinished] = splitLast(asked.text);
        return [unfinished ? before : spaced(before), asked] as const;
      }),
    ];
    for (const [head, { ids, gap, next_tokens }] of heads) {
      if (!ids || gap === undefined) continue;
      const [tokens, held] = tokenizer.encodeContext(head);
      same([[0, ...tokens], held], [ids, toBytes(gap) as Bytes], `tokens of ${show(head)}`);
      const state = await model.advance(ids.slice(0, -1), model.initialState());
      const [answer] = await model.step(ids.slice(-1), [state]);
      for (const { id, probability } of next_tokens ?? []) {
        this.#close(answer?.row[id] ?? Number.NaN, probability, `token ${id} after ${show(head)}`);
      }
    }
  }

  async suggest(): Promise<void> {
    const predictor = await this.#predictor();
    for (const asked of this.golden.suggest) {
      const of = asked.exact ? predictor : await this.#predictor(); // a budget ends only what is not remembered
      const found = await of.suggest(asked.context, this.#options(asked, asked.prefix ?? ""));
      this.#compare(found, asked, `suggest ${show([asked.context, asked.prefix])}`);
    }
  }

  async complete(): Promise<void> {
    const predictor = await this.#predictor();
    for (const asked of this.golden.complete) {
      const of = asked.exact ? predictor : await this.#predictor();
      this.#compare(await of.complete(asked.text, this.#options(asked)), asked, `complete ${show(asked.text)}`);
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
          if (step.text !== null) same(session.text, step.text, name);
          const found = await session.suggest(this.#options(step, step.prefix ?? undefined));
          const isFar = this.drifts && step.exact && (step.text === null || step.text.length > DRIFTS_AFTER);
          this.#compare(
            found,
            isFar ? { ...step, words: [], near: [] } : step,
            `${name}, ${show([step.text, step.prefix])}`,
          );
        }
      }
    }
  }

  async phrases(): Promise<void> {
    const predictor = await this.#predictor();
    const { tolerance, max_rows: maxRows } = this.golden.search;
    for (const { context, k, max_words: maxWords, threshold, phrases } of this.golden.phrases) {
      const found = await predictor.phrases(context, { k, maxWords, threshold, tolerance, maxRows });
      const texts = (given: Phrase[]) => given.map(({ text }) => text);
      same(texts(found), texts(phrases), `phrases after ${show(context)}`);
      for (const [at, { text, probability }] of found.entries()) {
        this.#close(probability, phrases[at]?.probability ?? 0, `phrase ${show(text)} after ${show(context)}`);
      }
    }
  }

  async score(): Promise<void> {
    const predictor = await this.#predictor();
    for (const { text, units } of this.golden.score) {
      const found = await predictor.score(text);
      const places = found.map((unit) => [unit.text, [...text.slice(0, unit.start)].length]);
      same(
        places,
        units.map((unit) => [unit.text, unit.start]),
        `units of ${show(text)}`,
      );
      for (const [at, { log_probability }] of units.entries()) {
        const off = Math.abs((found[at]?.logProbability ?? Number.NaN) - log_probability);
        if (!(off <= this.golden.compare.nats)) throw new Error(`score of ${show(text)}: unit ${at} is off by ${off}`);
      }
    }
  }

  async blocked(): Promise<void> {
    const free = await this.#predictor(this.files, false);
    for (const asked of this.golden.blocked) {
      const files = await edited(this.files, [
        { edit: "write", file: "blocked.txt", text: asked.blocked_txt },
        { edit: "rehash" },
      ]);
      const options = this.#options(asked, asked.prefix ?? "");
      const what = `${show(asked.context)} without ${show(asked.blocked_txt)}`;
      this.#compare(await (await this.#predictor(files)).suggest(asked.context, options), asked, what);
      const off = await (await this.#predictor(files, false)).suggest(asked.context, options);
      same(words(off), words(await free.suggest(asked.context, options)), `${what}, switched off`);
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
      const { context, text: whole, count, ...others } = given;
      const text = not_unicode ? String.fromCharCode(...not_unicode.utf16) : (context ?? whole ?? "");
      const options = Object.fromEntries(Object.entries(others).map(([name, value]) => [camelCase(name), value]));
      const calls = {
        suggest: async () => predictor.suggest(text, options),
        complete: async () => predictor.complete(text, options),
        phrases: async () => predictor.phrases(text, options),
        delete: async () => predictor.session("the cat").delete(count),
      };
      await refused(calls[call], error, `${call} ${show(given)}`);
    }
  }

  #tokenizer(): Tokenizer {
    return Tokenizer.fromJson(new TextDecoder().decode(this.files.get("tokenizer.json")));
  }

  async #predictor(files = this.files, block = true): Promise<Predictor> {
    return Predictor.open(this.#runtime, await openBundle(reader(files), "bundle"), { block, typist: AS_READ });
  }

  #options(asked: Asked, prefix?: string): SessionOptions {
    const { k, ignore_case: ignoreCase = false, punctuation = false } = asked;
    const { tolerance, max_rows: maxRows } = { ...this.golden.search, ...asked };
    return { k, ignoreCase, punctuation, tolerance, maxRows, prefix };
  }

  /** The rule of "When is an answer right" in export/golden/README.md. */
  #compare(found: Suggestions, answer: Asked & Answer, what: string): void {
    same([found.exact, found.space], [answer.exact, answer.space], `${what}: exact, space`);
    if (!answer.exact) {
      if (found.rows > answer.max_rows) throw new Error(`${what}: ${found.rows} rows, more than allowed`);
      same(found.items.length, answer.count, `${what}: how many words`);
      return;
    }
    const { tolerance = 0 } = answer;
    const known = new Map([...answer.words, ...answer.near].map(({ word, probability }) => [word, probability]));
    same(new Set(words(found)).size, found.items.length, `${what}: no word comes twice`);
    for (const [at, { word, probability }] of answer.words.entries()) {
      const got = found.items[at];
      if (!got || !known.has(got.word)) {
        throw new Error(`${what}: got ${show(words(found))}, expected ${show(answer.words.map((item) => item.word))}`);
      }
      this.#close(got.probability, known.get(got.word) as number, `${what}: ${got.word}`, tolerance);
      this.#close(got.probability, probability, `${what}: ${got.word} in place of ${word}`, tolerance);
    }
  }

  #close(got: number, expected: number, what: string, tolerance = 0): void {
    const { absolute, relative } = this.golden.compare;
    if (!(Math.abs(got - expected) <= absolute + relative * expected + tolerance)) {
      throw new Error(`${what}: probability ${got}, expected ${expected}`);
    }
  }
}

/** A runtime that loads a graph once, for all predictors that are opened on it: it holds nothing of what it is asked. */
function once(runtime: Runtime): Runtime {
  const loaded = new Map<Uint8Array, ReturnType<Runtime["InferenceSession"]["create"]>>();
  const create: Runtime["InferenceSession"]["create"] = (graph, options) => {
    const session = loaded.get(graph) ?? runtime.InferenceSession.create(graph, options);
    loaded.set(graph, session);
    return session;
  };
  return { Tensor: runtime.Tensor, InferenceSession: { create } };
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

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `call` must fail with this error, in one line. */
async function refused(call: () => Promise<unknown>, error: string, what: string): Promise<void> {
  const caught = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const expected = error === "BundleError" ? BundleError : WordgruError;
  if (!(caught instanceof expected)) throw new Error(`${what}: expected ${error}, got ${String(caught)}`);
  if (caught.message.includes("is no option")) throw new Error(`${what}: refused for its name: ${caught.message}`);
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
