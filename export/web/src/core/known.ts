/** The words that a language knows, a Bloom filter. `wordgru/text/known.py` in TypeScript; it says how the file is made. */
import { BundleError } from "./errors.js";

const MAGIC = "WGKNOWN1";
const HEADER = 16;
const ENCODER = new TextEncoder();
const [OFFSET, OTHER, PRIME] = [2166136261, (2166136261 ^ 0x5bd1e995) >>> 0, 16777619] as const;

/** The words of a filter. */
export class KnownWords {
  readonly #has = new Map<string, boolean>();

  private constructor(
    private readonly bits: Uint8Array,
    private readonly size: number,
    private readonly hashes: number,
  ) {}

  /**
   * Read a file.
   *
   * @param where it was, for the message.
   * @throws BundleError if it is none.
   */
  static from(data: Uint8Array, where: string): KnownWords {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const magic = new TextDecoder("latin1").decode(data.subarray(0, 8));
    const [size, hashes] = data.length >= HEADER ? [view.getUint32(8, true), view.getUint32(12, true)] : [0, 0];
    const isWhole = size > 0 && data.length - HEADER === Math.ceil(size / 8);
    if (magic !== MAGIC || !isWhole || hashes < 1 || hashes > 32) {
      throw new BundleError(`${where}: is no list of known words, or is cut off; export the model again.`);
    }
    return new KnownWords(data.subarray(HEADER), size, hashes);
  }

  /** Whether it is a word of the list, or made of one; of others one in two thousand is taken for one. */
  has(word: string): boolean {
    let has = this.#has.get(word);
    if (has === undefined) {
      if (this.#has.size > 8192) this.#has.clear();
      has = this.#lookUp(word);
      this.#has.set(word, has);
    }
    return has;
  }

  /** Those of some spellings in lower case, NFC, that are words of the list. */
  among(words: Iterable<string>): string[] {
    return Array.from(words).filter((word) => this.#lists(word));
  }

  #lookUp(word: string): boolean {
    const key = folded(word);
    if (this.#lists(key) || !/\p{L}/u.test(key)) return true;
    if (key.endsWith("s'")) return this.#lists(key.slice(0, -1));
    const stem = key.replace(/'s$/, "");
    return stem !== key && !stem.endsWith("s") && this.#lists(stem);
  }

  #lists(key: string): boolean {
    let [first, second]: [number, number] = [OFFSET, OTHER];
    for (const byte of ENCODER.encode(key)) {
      first = Math.imul(first ^ byte, PRIME) >>> 0;
      second = Math.imul(second ^ byte, PRIME) >>> 0;
    }
    second = (second | 1) >>> 0;
    for (let at = 0; at < this.hashes; at++) {
      const bit = (first + at * second) % this.size;
      if (!(((this.bits[bit >>> 3] as number) >> (bit & 7)) & 1)) return false;
    }
    return true;
  }
}

/** A word as the list has it: in lower case, NFC, with ' for ’. */
export function folded(word: string): string {
  return word.normalize("NFC").toLowerCase().replaceAll("’", "'");
}
