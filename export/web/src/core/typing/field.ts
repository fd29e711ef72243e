/** A text field with a keyboard: where its letters were touched, and what was corrected in it. */
import { WordgruError } from "../errors.js";
import { TextField } from "../text_field.js";
import type { Layout, Point } from "./layout.js";
import type { Touch } from "./model.js";

/** What is known of a field's letters beside them. It can be posted to another thread. */
export interface Touched {
  /** Place of a letter in the text, in UTF-16 units → where it was touched. */
  readonly points: ReadonlyMap<number, Point>;
  /** Words that were corrected, and put back. */
  readonly kept: ReadonlySet<string>;
}

/** A word to put in the place of the letters typed. */
export interface Correction {
  /** Where they begin in the text. */
  readonly start: number;
  /** They, as the model sees them. */
  readonly typed: string;
  readonly word: string;
}

/** How words are corrected. */
export interface CorrectOptions {
  /** How probable a correction must be, 0 to 1. Default 0.9. */
  readonly threshold?: number | undefined;
}

const UNTOUCHED: Touched = { points: new Map(), kept: new Set() };
const GOES_ON = /^[\p{L}\p{M}\p{N}'’-]/u;

/** The text of one field, typed on a keyboard. */
export abstract class TypedField extends TextField {
  #touched = UNTOUCHED;
  #corrected: { before: string; after: string; typed: string; points: Touched["points"] } | undefined;

  /** @param keyboard where letters are touched; without one, letters are typed for certain. */
  constructor(protected readonly keyboard?: Layout) {
    super();
  }

  /** What is known of the letters beside them. */
  get touched(): Touched {
    return this.#touched;
  }

  set touched(touched: Touched) {
    this.#touched = touched;
  }

  override delete(count = 1): void {
    const before = this.text;
    super.delete(count);
    this.#keepPoints(sameStart(before, this.text));
  }

  override set(text: string): void {
    this.#keepPoints(sameStart(this.text, text));
    super.set(text);
  }

  override reset(): void {
    super.reset();
    this.#touched = UNTOUCHED;
    this.#corrected = undefined;
  }

  /**
   * Touch the keyboard: the letter of the nearest key is typed, and which others it may be is remembered.
   *
   * @param x key widths to the right of the first key's centre.
   * @param y rows below it.
   * @param isUpper whether its capital is typed.
   * @returns the letter.
   * @throws WordgruError if the session has no typing model, or the point is none.
   */
  touch(x: number, y: number, isUpper = false): string {
    if (!this.keyboard) {
      throw new WordgruError("this session has no keyboard; make it with predictor.session(text, { typing: {} }).");
    }
    const small = this.keyboard.nearest(x, y);
    const upper = small.toUpperCase();
    const char = isUpper && [...upper].length === 1 ? upper : small;
    const place = this.text.length;
    this.append(char);
    this.#touched = { ...this.#touched, points: new Map([...this.#touched.points, [place, [x, y]]]) };
    return char;
  }

  /**
   * Put the word that was meant in place of the letters typed, if it is so probable; return it.
   *
   * What is typed until it is found stays, unless it goes on with the word. `undo` takes it back.
   *
   * @throws WordgruError if the session has no typing model, or the threshold is no probability.
   */
  async autocorrect({ threshold = 0.9 }: CorrectOptions = {}): Promise<string | undefined> {
    const before = this.text;
    const found = await this.correction(threshold);
    if (!found || !this.text.startsWith(before) || GOES_ON.test(this.text.slice(before.length))) return undefined;
    const after = before.slice(0, found.start) + found.word;
    const points = new Map([...this.#touched.points].filter(([place]) => place < before.length));
    this.#replace(before, after, found.start);
    this.#corrected = { before, after, typed: found.typed, points };
    return found.word;
  }

  /**
   * Take the last correction back; the word typed is not corrected again in this field.
   *
   * What was typed since stays. Where there was no correction, or the text before it has changed, nothing happens.
   */
  undo(): void {
    const corrected = this.#corrected;
    this.#corrected = undefined;
    if (!corrected || !this.text.startsWith(corrected.after)) return;
    this.#replace(corrected.after, corrected.before, sameStart(corrected.after, corrected.before));
    this.#touched = {
      points: new Map([...this.#touched.points, ...corrected.points]),
      kept: new Set([...this.#touched.kept, corrected.typed]),
    };
  }

  /** What was meant by the word before the cursor if it ends there, if it is another one. */
  protected abstract correction(threshold: number): Promise<Correction | undefined>;

  /** Put `after` in the place of `before`, with which the text begins; they are alike up to `start`. */
  #replace(before: string, after: string, start: number): void {
    const moved = after.length - before.length;
    const { points, kept } = this.#touched;
    const isLeft = (place: number) => place < start || place >= before.length;
    const left = [...points].filter(([place]) => isLeft(place));
    super.set(after + this.text.slice(before.length));
    const shifted = left.map(([place, point]) => [place < start ? place : place + moved, point] as const);
    this.#touched = { points: new Map(shifted), kept };
  }

  #keepPoints(before: number): void {
    const { points, kept } = this.#touched;
    if (![...points.keys()].some((place) => place >= before)) return;
    this.#touched = { points: new Map([...points].filter(([place]) => place < before)), kept };
  }
}

/** The letters of `word`, which stands in the text at `start` where it does, and where they were touched. */
export function touchesOf(word: string, start: number, { points }: Touched): Touch[] {
  let place = start;
  return Array.from(word, (char) => {
    const point = start < 0 ? undefined : points.get(place);
    place += char.length;
    return { char, point };
  });
}

/** How many UTF-16 units two texts begin with alike. */
export function sameStart(one: string, other: string): number {
  if (other.startsWith(one)) return one.length;
  const most = Math.min(one.length, other.length);
  let same = 0;
  while (same < most && one.charCodeAt(same) === other.charCodeAt(same)) same++;
  return same;
}
