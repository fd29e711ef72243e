/**
 * Byte-level BPE whose tokens say where a word ends (bundle format 2): text to token ids and back.
 * `wordgru/text/tokenizer.py` in TypeScript; it says what a tokenizer.json holds.
 */
import { Tokenizer as Backend } from "@huggingface/tokenizers";
import { type Bytes, toShown } from "./bytes.js";
import { BundleError } from "./errors.js";
import { checkUnicode, INVISIBLE, isBlank, PATTERN } from "./words.js";

/** Id of the token that ends a text and begins the next. */
export const END_OF_TEXT = 0;

const END_OF_TEXT_NAME = "<|end_of_text|>";
const SUFFIX = "</w>"; // what the name of a final token ends with
const PLAIN = { additional_special_tokens: [] };

// What is normalised alike with and without what stands around it: a character and what is composed with it, vowels and
// final consonants of Hangul among that. Invisible marks between them are dropped first; others stand alone.
const COMPOSED = "\\p{M}\\u1160-\\u11ff";
const CLUSTER = new RegExp(`\\r\\n|[^](?:[${INVISIBLE}]*[${COMPOSED}])*`, "gu");

/** A word or mark of a text: where it is, white space before it included, and which of the text's tokens spell it. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  /** Its first token. */
  readonly low: number;
  /** The first token after it. */
  readonly high: number;
}

/** Text to token ids and back. Immutable. */
export class Tokenizer {
  readonly #backend: Backend;

  private constructor(
    backend: Backend,
    /** What each token spells, by id; nothing for the end of text. */
    readonly tokenBytes: readonly Bytes[],
    /** How many tokens are final; their ids are 1 to `finals`, those of the open tokens follow. */
    readonly finals: number,
    /** Marks that are read as another one: variant to mark. */
    readonly variants: ReadonlyMap<string, string>,
  ) {
    this.#backend = backend;
  }

  /**
   * Make a tokenizer from the text of `tokenizer.json`.
   *
   * @throws BundleError if it is not a tokenizer of wordgru.
   */
  static fromJson(json: string): Tokenizer {
    const [backend, variants] = parse(json);
    const [first, ...names] = (backend.model?.vocab ?? []) as string[];
    if (first !== END_OF_TEXT_NAME) throw foreign(`token 0 is '${first}', not '${END_OF_TEXT_NAME}'`);
    const finals = names.filter((name) => name.endsWith(SUFFIX)).length;
    if (names.some((name, at) => name.endsWith(SUFFIX) !== at < finals)) {
      throw foreign("its tokens do not say where words end, final ones first");
    }
    const spelled = names.map((name, at) => spelledBy(at < finals ? name.slice(0, -SUFFIX.length) : name));
    for (const kind of [spelled.slice(0, finals), spelled.slice(finals)]) {
      if (kind.some((token, at) => at > 0 && (kind[at - 1] as Bytes) >= token)) {
        throw foreign("its tokens are not in the order of their bytes");
      }
      if (kind.filter(({ length }) => length === 1).length !== 256) throw foreign("a byte is missing");
    }
    return new Tokenizer(backend, ["", ...spelled], finals, variants);
  }

  /** `text` as the model sees it, without the spaces that begin its lines. */
  normalize(text: string): string {
    return this.#normalize(text).slice(1).replaceAll("\n ", "\n");
  }

  /**
   * Ids of `text`, without an end of text.
   *
   * @throws WordgruError if `text` holds a lone surrogate.
   */
  encode(text: string): number[] {
    return this.#ids(this.#preTokens(text));
  }

  /**
   * Ids of what stands before a word that directly follows `text`, and the bytes held back for that word.
   *
   * A space before a word belongs to the word, so a trailing space is held back, and so is the one that begins every
   * line. `text` must not end inside a word (`splitLast` sees to it).
   */
  encodeContext(text: string): [ids: number[], gap: Bytes] {
    const preTokens = this.#preTokens(`${text}x`);
    const last = preTokens.pop() as string;
    return [this.#ids(preTokens), spelledBy(last).slice(0, -1)];
  }

  /** Ids of a pre-token that is just these bytes, the last one final. */
  spell(preToken: Bytes): number[] {
    return this.#ids([Array.from(preToken, (byte) => NAME_OF.get(byte)).join("")]);
  }

  /** The text that `ids` spell; bytes that are not UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    const text = toShown(ids.map((id) => this.tokenBytes[id]).join(""));
    return text.replace(/^ /, "").replaceAll("\n ", "\n");
  }

  /** The words and marks of `text`. */
  units(text: string): Unit[] {
    const ends = this.#ends(text);
    const units: Unit[] = [];
    let [at, start, low, high] = [0, 0, 0, 0];
    for (const preToken of this.#preTokens(text)) {
      at += toShown(spelledBy(preToken)).length;
      high += this.#ids([preToken]).length;
      const end = Math.max(ends[at - 1] as number, start);
      if (isBlank(text.slice(start, end))) continue;
      units.push({ start, end, low, high });
      [start, low] = [end, high];
    }
    if (low < high) {
      // white space at the end goes to the last word
      const last = units.pop();
      units.push({ start: last?.start ?? 0, end: text.length, low: last?.low ?? 0, high });
    }
    return units;
  }

  /** For each UTF-16 unit of the normalised text, where that which it stands for ends in `text`. */
  #ends(text: string): number[] {
    const ends = [0]; // of the space before the first line
    for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
      const size = this.#normalize(cluster).length - 1;
      const isWhole = size !== cluster.length; // else each is its own
      for (let at = 1; at <= size; at++) ends.push(index + (isWhole ? cluster.length : at));
    }
    return ends;
  }

  #normalize(text: string): string {
    checkUnicode(text);
    return this.#backend.normalizer?.normalize(text) ?? text;
  }

  /** The pre-tokens of `text`, in the alphabet of bytes. */
  #preTokens(text: string): string[] {
    const seen = this.#normalize(text);
    if (seen === " ") return []; // of nothing; the backend puts a space before it even so
    return this.#backend.pre_tokenizer?.pre_tokenize(seen) ?? [];
  }

  #ids(preTokens: string[]): number[] {
    const model = this.#backend.model;
    return model ? model.encode(preTokens).map((name: string) => model.tokens_to_ids.get(name) as number) : [];
  }
}

interface Replacing {
  readonly type: string;
  readonly pattern?: { readonly String?: string };
  readonly content?: string;
}

function parse(json: string): [backend: Backend, variants: Map<string, string>] {
  let backend: Backend;
  let steps: Replacing[];
  try {
    const state = JSON.parse(json);
    const rule = state?.pre_tokenizer?.pretokenizers?.[0]?.pattern?.Regex;
    if (rule !== PATTERN) throw foreign("its rule of a word is another one"); // which JavaScript may not understand
    backend = new Backend(state, PLAIN);
    steps = state.normalizer?.normalizers;
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError(`tokenizer.json cannot be understood: ${(error as Error).message}; write the bundle again.`);
  }
  if (!Array.isArray(steps)) throw foreign("its normalizer is another one");
  const variants = new Map<string, string>();
  for (const { type, pattern, content } of steps) {
    if (type === "Replace" && pattern?.String && content && content !== "\n ") variants.set(pattern.String, content);
  }
  return [backend, variants];
}

function foreign(reason: string): BundleError {
  return new BundleError(
    `tokenizer.json is not one of bundle format 2: ${reason}; train and export the model again with this version.`,
  );
}

/** The bytes that the name of a token stands for; a character of no byte becomes "?". */
function spelledBy(name: string): Bytes {
  let bytes = "";
  for (const char of name) bytes += BYTE_OF.get(char) ?? "?";
  return bytes;
}

/** The byte that each character of a byte-level vocabulary stands for (GPT-2's table), and the other way round. */
const BYTE_OF: ReadonlyMap<string, Bytes> = new Map(byteAlphabet());
const NAME_OF: ReadonlyMap<Bytes, string> = new Map(Array.from(BYTE_OF, ([name, byte]) => [byte, name]));

function* byteAlphabet(): Iterable<[string, Bytes]> {
  let others = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    yield [String.fromCharCode(printable ? byte : others++), String.fromCharCode(byte)];
  }
}
