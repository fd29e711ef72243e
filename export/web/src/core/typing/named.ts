/** Words that another source names, weighed by what was typed. `wordgru/typing/named.py` in TypeScript. */
import type { Bytes } from "../bytes.js";
import type { NamedWords } from "../named.js";
import { largestOf } from "../rows.js";
import type { Source } from "../suggestions.js";
import { placeOf } from "../vocabulary.js";
import type { Typed } from "./channel.js";

/** Share · likelihood of each word of a source, where it is above a floor. */
export class NamedMasses {
  /** The mass of all. */
  readonly total: number = 0;
  /**
   * The most that a word is denied: one floor where the walk ends and one where what it found is too light, and no more
   * than a word can have.
   */
  readonly lost: number = 0;
  readonly #strings: readonly Bytes[];
  readonly #places: number[] = [];
  readonly #masses: Float64Array; // by place

  /**
   * @param source what gives the words.
   * @param typed what was typed.
   * @param words and their shares.
   * @param unit the mass of a share of 1.
   * @param floor mass that is left out.
   * @param start what each word is found with before it.
   */
  constructor(
    readonly source: Source,
    typed: Typed,
    words: NamedWords,
    unit: number,
    floor: number,
    private readonly start: Bytes = "",
  ) {
    const { trie, shares, summed, most } = words.trie;
    this.#strings = trie.strings;
    this.#masses = new Float64Array(shares.length);
    if (unit <= 0 || !shares.length) return;
    const floors = Float64Array.of(floor / unit);
    const lost = floors.slice();
    const walked = typed.walk({
      trie,
      roots: new Int32Array(1),
      starts: typed.start(),
      masses: [summed],
      floors,
      lost,
    });
    for (const { nodes, closed, alignments } of walked) {
      for (const [at, node] of nodes.entries()) {
        const likelihood = unit * typed.likelihood(alignments, at);
        const high = (closed[at] ? trie.high[node] : trie.own[node]) as number;
        for (let place = trie.low[node] as number; place < high; place++) {
          const mass = (shares[place] as number) * likelihood;
          if (mass <= floor) continue;
          this.#places.push(place);
          this.#masses[place] = mass;
          this.total += mass;
        }
      }
    }
    this.lost = Math.min(floor + unit * (lost[0] as number), unit * most * typed.most);
  }

  /** What a word has. */
  mass(spelled: Bytes): number {
    if (!spelled.startsWith(this.start)) return 0;
    const word = spelled.slice(this.start.length);
    const place = placeOf(this.#strings, word);
    return this.#strings[place] === word ? (this.#masses[place] as number) : 0;
  }

  /** The heaviest words, and the most that one of the others has. */
  heaviest(count: number): [words: Bytes[], rest: number] {
    const places = this.#places;
    const spelled = (place: number) => this.start + this.#strings[place];
    if (places.length <= count) return [places.map(spelled), 0];
    const masses = Float64Array.from(places, (place) => this.#masses[place] as number);
    const largest = largestOf(masses, count);
    for (const at of largest) masses[at] = 0;
    let rest = 0;
    for (const mass of masses) rest = Math.max(rest, mass);
    return [largest.map((at) => spelled(places[at] as number)), rest];
  }
}
