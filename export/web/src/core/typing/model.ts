/** How somebody types: the probability of each slip. `TypingModel` of `wordgru/typing/model.py` in TypeScript. */
import { MUTE, SOUNDS, VOWELS } from "../alike.js";
import { WordgruError } from "../errors.js";
import { Range, shown } from "../ranges.js";
import { isEscaped } from "../trie.js";
import { Layout, type LayoutRows, type Point } from "./layout.js";

/** The probability of each slip where it can happen. docs/typing.md says how the defaults were fitted. */
export interface TypingModel {
  /** The keyboard: a name of `Layout.names`, or rows of keys. Default "qwerty". */
  readonly layout?: string | LayoutRows | undefined;
  /** Of the finger around a key's centre, its standard deviation in key widths; 0: each key is hit. Default 0.18. */
  readonly spread?: number | undefined;
  /** That a letter is typed as any other key. Default 0.0035. */
  readonly anywhere?: number | undefined;
  /** That a vowel is spelled as another one. Default 0.018. */
  readonly vowel?: number | undefined;
  /** That a consonant is spelled as each one that may sound like it. Default 0.001. */
  readonly sound?: number | undefined;
  /** That a character is left out. Default 0.012. */
  readonly omitted?: number | undefined;
  /** That a vowel, h or w is, which may not be heard. Default 0.012. */
  readonly mute?: number | undefined;
  /** That the second of two equal characters is. Default 0.06. */
  readonly undoubled?: number | undefined;
  /** That a letter too many is typed after a character. Default 0.0045. */
  readonly extra?: number | undefined;
  /** That it is the one before once more. Default 0.003. */
  readonly doubled?: number | undefined;
  /** That two characters change places. Default 0.006. */
  readonly swapped?: number | undefined;
  /** That an apostrophe or hyphen inside the word is left out. Default 0.3. */
  readonly apostrophe?: number | undefined;
  /** That a letter is typed without its accent. Default 0.3. */
  readonly accent?: number | undefined;
  /** That a capital is typed as a small letter. Default 0.3. */
  readonly lower?: number | undefined;
  /** That a small letter is typed as a capital. Default 0.005. */
  readonly upper?: number | undefined;
  /** That the space before another word is left out; once in what was typed. Default 0.003. */
  readonly joined?: number | undefined;
  /** That a space is typed after a character inside the word. Default 0.0002. */
  readonly split?: number | undefined;
  /** That the next word is one which no model knows; its letters are equally probable. Default 0.0001. */
  readonly unknown?: number | undefined;
  /** That it is one which was written before in the text, for each time. Default 0.0003. */
  readonly again?: number | undefined;
  /** That a word which the model expects and the language does not know was meant so. Default 0.001. */
  readonly coined?: number | undefined;
  /**
   * What slips are worth at the first letter, of what they are elsewhere; those of the finger are not fewer. Default 0.35.
   */
  readonly first?: number | undefined;
  /**
   * That a word is spelled carelessly, or by ear: whoever makes one slip makes another. Of words typed in full; while
   * letters are typed, none is. Default 0.05.
   */
  readonly careless?: number | undefined;
  /** As `coined`, of a word with a capital. Default 0.5. */
  readonly name?: number | undefined;
}

type Shares = { readonly [Name in Exclude<keyof TypingModel, "layout">]-?: number };

const DEFAULTS: Shares = {
  spread: 0.18,
  anywhere: 0.0035,
  vowel: 0.018,
  sound: 0.001,
  omitted: 0.012,
  mute: 0.012,
  undoubled: 0.06,
  extra: 0.0045,
  doubled: 0.003,
  swapped: 0.006,
  apostrophe: 0.3,
  accent: 0.3,
  lower: 0.3,
  upper: 0.005,
  joined: 0.003,
  split: 0.0002,
  unknown: 1e-4,
  again: 3e-4,
  coined: 3e-4,
  first: 0.35,
  careless: 0.05,
  name: 0.5,
};

/** How probable slips are in a word that is spelled carelessly, or by ear: whoever makes one makes another. */
const CARELESS: Partial<Shares> = {
  vowel: 0.125,
  sound: 0.04,
  mute: 0.1,
  omitted: 0.024,
  undoubled: 0.5,
  extra: 0.018,
  doubled: 0.1,
  swapped: 0.024,
  anywhere: 0.007,
};

const SHARE = new Range(0, { most: 1, below: true });
const SPREAD = new Range(0, { most: 5 });

/** A letter typed: a character for certain, or a point on the keyboard. */
export interface Touch {
  /** The character, of a point the nearest. */
  readonly char: string;
  /** In key widths, if it was touched. */
  readonly point?: Point | undefined;
}

const STROKES = new Map(Array.from("łøđħŧı", (letter, at) => [letter, "lodhti".charAt(at)])); // whole in Unicode
const NEVER = 1e-9; // in place of 0: what a person never does may still have happened
const REMEMBERED = 512; // tables of letters
const IS_LETTER = /^\p{L}$/u;
const IS_UPPER = /^\p{Uppercase}$/u;
const SERIES = 6; // beyond which the error function is 1 in double precision

/** How a word is spelled, with care or not. */
export interface Habit {
  /** How probable it is. */
  readonly share: number;
  /** How somebody types by it. */
  readonly model: Typing;
}

/** A typing model, checked, with its keyboard. It remembers the tables of letters. */
export class Typing {
  readonly layout: Layout;
  readonly shares: Shares;
  readonly #tables = new Map<string, Float64Array>();
  readonly #alphabets = new WeakMap<Int32Array, number>();
  readonly #omits = new WeakMap<Int32Array, Float64Array>();
  readonly #typed = new Map<string, Int32Array>(); // alphabets by the characters beside those of the keys
  #count = 0; // of alphabets
  #careless: Typing | undefined;

  /** @throws WordgruError if there is no such field, a number is out of its range, or the layout is none. */
  constructor(model: TypingModel) {
    if (typeof model !== "object" || model === null) {
      throw new WordgruError(
        `the typing model is ${shown(model)}; expected an object, { layout: "phone" } for instance.`,
      );
    }
    const { layout = "qwerty", ...others } = model;
    const given = Object.entries(others).filter(([, value]) => value !== undefined);
    for (const [name, value] of given) {
      if (!Object.hasOwn(DEFAULTS, name)) {
        const names = ["layout", ...Object.keys(DEFAULTS)].join(", ");
        throw new WordgruError(`${name} is no field of a typing model; expected ${names}.`);
      }
      (name === "spread" ? SPREAD : SHARE).check(name, value);
    }
    this.layout = Layout.load(layout);
    this.shares = { ...DEFAULTS, ...Object.fromEntries(given) };
  }

  /** How a word is spelled, one habit or two, whose shares are 1 together. */
  habits(isComplete: boolean): readonly Habit[] {
    const { careless } = this.shares;
    if (!isComplete || !careless) return [{ share: 1, model: this }];
    this.#careless ??= new Typing({ ...this.shares, ...CARELESS, careless: 0, layout: this.layout });
    return [
      { share: 1 - careless, model: this },
      { share: careless, model: this.#careless },
    ];
  }

  /**
   * P(a letter typed | each character of an alphabet); of a touch point its density.
   *
   * @param isFirst whether it is the first letter typed.
   */
  likelihoods(alphabet: Int32Array, touch: Touch, isFirst = false): Float64Array {
    if (!this.#alphabets.has(alphabet)) this.#alphabets.set(alphabet, this.#count++);
    const name = [this.#alphabets.get(alphabet), isFirst, touch.char, ...(touch.point ?? [])].join(" ");
    let table = this.#tables.get(name);
    if (!table) {
      if (this.#tables.size >= REMEMBERED) this.#tables.clear();
      table = this.#table(alphabet, touch, isFirst ? this.shares.first : 1);
      this.#tables.set(name, table);
    }
    return table;
  }

  /** P(each character of an alphabet is left out); 1 of what is no whole character, 0 of a space. */
  omits(alphabet: Int32Array): Float64Array {
    const known = this.#omits.get(alphabet);
    if (known) return known;
    const omits = Float64Array.from(alphabet, (point) => this.#omitted(point));
    this.#omits.set(alphabet, omits);
    return omits;
  }

  #omitted(point: number): number {
    if (isEscaped(point)) return 1;
    const char = String.fromCodePoint(point);
    const { apostrophe, mute, omitted } = this.shares;
    if ("'’-".includes(char)) return apostrophe;
    if (char === " ") return 0;
    return MUTE.includes(char.toLowerCase()) ? mute : omitted;
  }

  /** The characters that keys type, and those that were typed beside them, in either case, and the marks inside words. */
  alphabet(typed: string): Int32Array {
    const others = [...new Set(typed)].filter((char) => !this.layout.keys.has(char)).sort();
    const name = others.join("");
    let alphabet = this.#typed.get(name);
    if (!alphabet) {
      if (this.#typed.size >= REMEMBERED) this.#typed.clear();
      const cased = [...this.layout.keys.keys(), ...others].flatMap((key) => [
        key.toLowerCase(),
        key.toUpperCase(),
        key,
      ]);
      const chars = new Set(["'", "’", "-", ...cased.filter((char) => [...char].length === 1)]);
      const points = Array.from(chars, (char) => char.codePointAt(0) as number);
      alphabet = Int32Array.from(points.filter((point) => !isEscaped(point))).sort();
      this.#typed.set(name, alphabet);
    }
    return alphabet;
  }

  /** What a letter has of the key that it is: 1, and of a point the density around the nearest key. */
  around({ point }: Touch): number {
    return point ? Math.max(...this.#densities(point).values()) : 1;
  }

  /** P(a letter typed | another that is on no key); nothing is less probable. */
  get rest(): number {
    return Math.max((this.shares.anywhere / Math.max(this.layout.keys.size, 1)) * 1e-3, NEVER);
  }

  /** @param rarer what slips of spelling are worth at this letter. */
  #table(alphabet: Int32Array, { char: typed, point }: Touch, rarer: number): Float64Array {
    const { anywhere, vowel, sound, swapped, extra, accent } = this.shares;
    const keys = point ? this.#densities(point) : this.#keys(typed.toLowerCase());
    const other = (rarer * anywhere) / Math.max(this.layout.keys.size, 1);
    const sure = (1 - anywhere) * (1 - swapped) * (1 - extra);
    const bare = plain(typed.toLowerCase());
    return Float64Array.from(alphabet, (code) => {
      if (isEscaped(code)) return NEVER;
      const char = String.fromCodePoint(code);
      const low = char.toLowerCase();
      const base = plain(low);
      const cased = point ? 1 : this.#cased(char, typed); // a point has no case
      if (keys.has(low)) {
        const isVowel = VOWELS.includes(low) && VOWELS.includes(bare) && low !== bare;
        const slip = (isVowel ? vowel / VOWELS.length : 0) + (SOUNDS.get(low)?.includes(bare) ? sound : 0);
        return cased * (sure * (keys.get(low) as number) + other + rarer * slip);
      }
      // its accent is left out, or keys hold no such letter
      if (base !== low && keys.has(base)) return cased * (sure * (keys.get(base) as number) + other) * accent;
      return IS_LETTER.test(char) && IS_LETTER.test(bare) ? this.rest : NEVER;
    });
  }

  /** P(a key is typed | another was meant), by the one meant: the share of the finger's Gaussian in the key's cell. */
  #keys(char: string): Map<string, number> {
    const { keys } = this.layout;
    const at = keys.get(char);
    if (!at) {
      const base = plain(char);
      if (char >= "ㄱ" && char <= "ㅎ") {
        const initial = char.normalize("NFKD"); // a syllable of Hangul is begun: the rest of it counts as an accent
        return new Map([char, initial].map((meant) => [meant, 1]));
      }
      return new Map(
        keys.has(base)
          ? [
              [char, 1],
              [base, NEVER],
            ]
          : [[char, 1]],
      );
    }
    const [x, y] = at;
    const places = [...keys.values()];
    const sides = places.filter(([, top]) => top === y).map(([left]) => left);
    const rows = places.map(([, top]) => top);
    const [left, right] = cell(x, sides);
    const [top, bottom] = cell(y, rows);
    const { spread } = this.shares;
    const share = ([meantX, meantY]: Point) =>
      between(left - meantX, right - meantX, spread) * between(top - meantY, bottom - meantY, spread);
    return new Map(Array.from(keys, ([meant, place]) => [meant, share(place)]));
  }

  /** Of the finger's Gaussian around each key at a point, per key. */
  #densities([x, y]: Point): Map<string, number> {
    const spread = Math.max(this.shares.spread, 0.05);
    const density = ([left, top]: Point) => {
      const squared = ((left - x) ** 2 + (top - y) ** 2) / spread ** 2;
      return Math.exp(-Math.min(squared / 2, 300)) / (2 * Math.PI * spread ** 2);
    };
    return new Map(Array.from(this.layout.keys, ([char, place]) => [char, density(place)]));
  }

  #cased(meant: string, typed: string): number {
    if (!IS_LETTER.test(meant)) return 1;
    const isUpper = IS_UPPER.test(meant);
    const slip = isUpper ? this.shares.lower : this.shares.upper;
    return isUpper === IS_UPPER.test(typed) ? 1 - slip : slip;
  }
}

/** Where a key's cell begins and ends, of a row or column of centres; the outermost have no end. */
function cell(centre: number, centres: readonly number[]): [low: number, high: number] {
  return [
    centre === Math.min(...centres) ? Number.NEGATIVE_INFINITY : centre - 0.5,
    centre === Math.max(...centres) ? Number.POSITIVE_INFINITY : centre + 0.5,
  ];
}

/** The share of a Gaussian around 0 between two numbers. */
function between(low: number, high: number, spread: number): number {
  if (spread === 0) return Number(low <= 0 && high > 0);
  const scale = spread * Math.SQRT2;
  return 0.5 * (erf(high / scale) - erf(low / scale));
}

/** The error function, by its series of positive terms (Abramowitz and Stegun 7.1.6), which loses no digits. */
export function erf(x: number): number {
  if (Math.abs(x) > SERIES) return Math.sign(x);
  let term = x;
  let total = x;
  for (let at = 1; Math.abs(term) > Number.EPSILON * 1e-2 * Math.abs(total); at++) {
    term *= (2 * x * x) / (2 * at + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** A character in lower case without its accents, or its stroke. */
function plain(char: string): string {
  const [bare = char] = char.normalize("NFD");
  return STROKES.get(bare) ?? bare;
}
