import { Tokenizer as Backend } from "@huggingface/tokenizers";
import { type Bytes, toBytes } from "./bytes.js";
import { BundleError, WordgruError } from "./errors.js";

/** Id of the piece that ends a text and begins the next. */
export const END_OF_TEXT = 0;

const END_OF_TEXT_NAME = "<|end_of_text|>";
const PLAIN = { additional_special_tokens: [] };

/** Marks that are written in several ways, and how else each may stand in the training text. */
const TWINS: readonly (readonly [mark: string, twins: string])[] = [
  ["'", "’"],
  ["’", "'"],
  ["‘", "'’"],
  ["“", '"'],
  ["”", '"'],
  ["„", '"'],
  ["\u00a0", " "],
  ["\u202f", "\u00a0 "],
];

/** Text to pieces: byte-level BPE, a space put before every line. Immutable. */
export class Tokenizer {
  /** The bytes that each piece spells, by id, in byte order; none for the end of text. */
  readonly pieces: readonly Bytes[];
  /** Marks that were never learnt (no piece of more than one byte holds them), and what to read in place of each. */
  readonly twins: ReadonlyMap<string, string>;
  readonly #backend: Backend;

  private constructor(backend: Backend, pieces: readonly Bytes[]) {
    this.#backend = backend;
    this.pieces = pieces;
    this.twins = unlearnt(pieces);
  }

  /**
   * Make a tokenizer from the text of `tokenizer.json`.
   *
   * @throws BundleError if it is not a tokenizer of wordgru.
   */
  static fromJson(json: string): Tokenizer {
    const backend = parse(json);
    const first = backend.id_to_token(END_OF_TEXT);
    if (first !== END_OF_TEXT_NAME) {
      throw new BundleError(
        `tokenizer.json: piece ${END_OF_TEXT} is '${first}'; expected '${END_OF_TEXT_NAME}'. It is not a tokenizer ` +
          "of wordgru; write the bundle again.",
      );
    }
    const pieces = ["", ...[...backend.get_vocab(false).keys()].slice(1).map(spelled)];
    if (pieces.some((piece, id) => id > 0 && (pieces[id - 1] as Bytes) >= piece)) {
      throw new BundleError("tokenizer.json: the pieces are not in the order of their bytes; write the bundle again.");
    }
    return new Tokenizer(backend, pieces);
  }

  /** `text`, as long as before, with the twins of marks that were never learnt. */
  familiar(text: string): string {
    let familiar = text;
    for (const [mark, twin] of this.twins) familiar = familiar.replaceAll(mark, twin);
    return familiar;
  }

  /**
   * Ids of `text`, without an end of text.
   *
   * @throws WordgruError if `text` holds a lone surrogate.
   */
  encode(text: string): number[] {
    return text ? this.#ids(this.#units(text)) : [];
  }

  /**
   * Ids of what stands before a word that directly follows `text`, and the bytes held back for that word.
   *
   * A space before a word belongs to the word's first piece, so a trailing space is held back, and so is the one that
   * begins every line. `text` must not end inside a word (`splitLast` sees to it).
   */
  encodeContext(text: string): [ids: number[], gap: Bytes] {
    const units = this.#units(`${text}x`);
    const last = units.pop() as string;
    return [this.#ids(units), spelled(last).slice(0, -1)];
  }

  /** The words, marks and spaces that no piece spans, in the alphabet of bytes. */
  #units(text: string): string[] {
    const lone = /\p{Surrogate}/u.exec(text);
    if (lone) {
      const code = lone[0].charCodeAt(0).toString(16).toUpperCase();
      throw new WordgruError(
        `the text holds a lone surrogate (U+${code} at character ${[...text.slice(0, lone.index)].length}), which is ` +
          "not Unicode text; remove it (String.prototype.toWellFormed replaces it).",
      );
    }
    const { normalizer, pre_tokenizer: split } = this.#backend;
    return split?.pre_tokenize(normalizer?.normalize(text) ?? text) ?? [text];
  }

  #ids(units: string[]): number[] {
    const model = this.#backend.model;
    if (!model) return [];
    return model.encode(units).map((name: string) => model.tokens_to_ids.get(name) as number);
  }
}

/** `text` in the form the tokenizer sees (NFC). */
export function normalize(text: string): string {
  return text.normalize("NFC");
}

function unlearnt(pieces: readonly Bytes[]): Map<string, string> {
  const longer = pieces.filter((piece) => piece.length > 1).join("\xff"); // joined by a byte of no text
  const learnt = (mark: string) => longer.includes(toBytes(mark));
  const twins = new Map<string, string>();
  for (const [mark, others] of TWINS) {
    if (learnt(mark)) continue;
    const twin = [...others].find(learnt) ?? (others[0] as string);
    if (twin < "\x80" || learnt(twin)) twins.set(mark, twin);
  }
  return twins;
}

function parse(json: string): Backend {
  try {
    return new Backend(JSON.parse(json), PLAIN);
  } catch (error) {
    throw new BundleError(`tokenizer.json cannot be understood: ${(error as Error).message}; write the bundle again.`);
  }
}

/** The bytes that the name of a piece stands for; a character of no byte becomes "?". */
function spelled(name: string): Bytes {
  let bytes = "";
  for (const char of name) bytes += BYTE_OF.get(char) ?? "?";
  return bytes;
}

/** The byte that each character of a byte-level vocabulary stands for (GPT-2's table). */
const BYTE_OF: ReadonlyMap<string, Bytes> = new Map(byteAlphabet());

function* byteAlphabet(): Iterable<[string, Bytes]> {
  let others = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    yield [String.fromCharCode(printable ? byte : others++), String.fromCharCode(byte)];
  }
}
