/** Keyboards as data: where the centre of each key is. `wordgru/typing/layout.py` in TypeScript. */
import { WordgruError } from "../errors.js";
import { Range, shown } from "../ranges.js";

/** A row of keys, a key width apart. */
export interface LayoutRow {
  /** The centre of its first key, in key widths. */
  readonly x: number;
  /** And downwards. */
  readonly y: number;
  /** What they type, a character a key; capitals stand for small letters. */
  readonly keys: string;
}

/** A keyboard, as its JSON says it. */
export interface LayoutRows {
  readonly name?: string;
  readonly rows: readonly LayoutRow[];
}

/** A place on the keyboard, in key widths from the centre of the first key, y downwards. */
export type Point = readonly [x: number, y: number];

/** Those of `wordgru/typing/layouts`, by name; the build puts them here. */
declare const WORDGRU_LAYOUTS: Readonly<Record<string, LayoutRows>>;

const PLACE = new Range(-100, { most: 100 }); // whatever lies beyond is a mistake of units
const IS_LETTER = /^\p{L}$/u;
const HALF = /\p{Surrogate}/u;

/** The keys of a keyboard that type letters. */
export class Layout {
  private constructor(
    readonly name: string,
    /** Character → centre of its key. */
    readonly keys: ReadonlyMap<string, Point>,
    /** As it was given. */
    readonly rows: readonly LayoutRow[],
  ) {}

  /** The characters of words that its keys type, the apostrophe with them. */
  get letters(): string[] {
    return ["'", ...[...this.keys.keys()].filter((char) => IS_LETTER.test(char))];
  }

  /** The layouts that come with the package. */
  static get names(): string[] {
    return Object.keys(WORDGRU_LAYOUTS).sort();
  }

  /**
   * A layout by its name (`Layout.names`), or one of one's own.
   *
   * @throws WordgruError if there is no such layout, or it is none.
   */
  static load(layout: string | LayoutRows): Layout {
    const isNamed = typeof layout === "string";
    const data = isNamed ? Object.getOwnPropertyDescriptor(WORDGRU_LAYOUTS, layout)?.value : layout;
    if (isNamed && !data) {
      throw new WordgruError(
        `there is no layout ${shown(layout)}; expected ${Layout.names.join(", ")}, or rows of keys.`,
      );
    }
    const rows: unknown = data?.rows;
    if (!Array.isArray(rows))
      throw new WordgruError('the layout has no list "rows"; expected rows with x, y and keys.');
    const keys = new Map<string, Point>();
    for (const [at, row] of rows.entries())
      for (const [char, place] of keysOf(row, at + 1)) add(keys, char, place, at + 1);
    if (![...keys.keys()].some((char) => IS_LETTER.test(char))) {
      throw new WordgruError("the layout has no key with a letter; expected a keyboard.");
    }
    return new Layout(String(data.name ?? "own"), keys, rows);
  }

  /**
   * The character of the key whose centre is nearest.
   *
   * @throws WordgruError if the point is no pair of finite numbers, or far away.
   */
  nearest(x: number, y: number): string {
    for (const [name, value] of [
      ["x", x],
      ["y", y],
    ] as const) {
      if (PLACE.holds(value)) continue;
      throw new WordgruError(
        `${name} of the touch is ${shown(value)}; expected key widths from the centre of the first key, -100 to 100.`,
      );
    }
    let [nearest, least] = ["", Number.POSITIVE_INFINITY];
    for (const [char, [left, top]] of this.keys) {
      const distance = Math.hypot(left - x, top - y);
      if (distance < least) [nearest, least] = [char, distance];
    }
    return nearest;
  }
}

function add(keys: Map<string, Point>, char: string, place: Point, row: number): void {
  if (HALF.test(char)) {
    const code = char.charCodeAt(0).toString(16).toUpperCase();
    throw new WordgruError(`the layout, row ${row}: a key types U+${code}, half a character.`);
  }
  if (keys.has(char)) throw new WordgruError(`the layout, row ${row}: the key ${shown(char)} is there twice.`);
  keys.set(char, place);
}

function keysOf(row: Partial<LayoutRow> | null, number: number): [char: string, place: Point][] {
  const { x, y, keys } = row ?? {};
  if (typeof keys !== "string" || !keys || !PLACE.holds(x) || !PLACE.holds(y)) {
    throw new WordgruError(
      `the layout, row ${number}: expected the numbers x and y, and keys, a string of characters.`,
    );
  }
  const small = (char: string) => ([...char.toLowerCase()].length === 1 ? char.toLowerCase() : char);
  return [...keys.normalize("NFC")].map((char, at) => [small(char), [(x as number) + at, y as number]]);
}
