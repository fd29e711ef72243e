/** What the words taken have saved, and how long a keystroke takes. */
import { element } from "./dom.js";

const KEPT = 999; // keystrokes that the median is of

export class Figures {
  #keystrokes = 0;
  #saved = 0;
  readonly #times: number[] = [];

  /** A key typed a character. */
  typed(): void {
    this.#keystrokes++;
    this.#show();
  }

  /** One keystroke typed `characters` of them. */
  took(characters: number): void {
    this.#keystrokes++;
    this.#saved += characters - 1;
    this.#show();
  }

  /** From a keystroke to the words on the buttons: milliseconds. */
  answered(milliseconds: number): void {
    this.#times.push(milliseconds);
    if (this.#times.length > KEPT) this.#times.shift();
    const sorted = this.#times.toSorted((one, other) => one - other);
    element("last").textContent = show(milliseconds);
    element("median").textContent = show(sorted[sorted.length >> 1] as number);
  }

  #show(): void {
    const all = this.#keystrokes + this.#saved;
    const share = all ? ` (${Math.round((100 * this.#saved) / all)}%)` : "";
    element("saved").textContent = `${this.#saved} of ${all}${share}`;
  }
}

function show(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}
