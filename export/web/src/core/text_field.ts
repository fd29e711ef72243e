import { Range } from "./ranges.js";

const COUNT = new Range(0, { whole: true }); // characters to delete

/** How a new text begins. */
export interface ResetOptions {
  /** What the model reads before it, in place of what was committed; empty where it has to do with nothing. */
  readonly before?: string | undefined;
}

/** The text of one field up to the cursor, and how it is edited. */
export class TextField {
  #text = "";

  /** The text of the field up to the cursor. */
  get text(): string {
    return this.#text;
  }

  /** Type `text` at the end. */
  append(text: string): void {
    this.#text += text;
  }

  /** Delete the last `count` characters: code points, not UTF-16 units. */
  delete(count = 1): void {
    COUNT.check("count", count);
    const end = count ? [...this.#text.slice(-2 * count)].slice(-count).join("") : "";
    this.#text = this.#text.slice(0, this.#text.length - end.length);
  }

  /** Make `text` what stands before the cursor: any edit, paste or move of the cursor. */
  set(text: string): void {
    this.#text = text;
  }

  /** Empty the field. */
  reset(): void {
    this.#text = "";
  }
}
