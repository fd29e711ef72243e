/** The text field: where the cursor is, the ghost of the first word behind it, and how a word is taken in. */

import { sameStart } from "../src/core/typing/field.js";
import { editing } from "../src/editing.js";
import { splitLast, wantsSpace } from "../src/index.js";
import { Taking } from "../src/taking.js";

export class Writing {
  readonly #text;
  readonly #taking;
  #seen = ""; // what stood before the cursor when `changed` was last called

  /**
   * @param changed is called when what stands before the cursor is another text.
   * @param typed is called when a key has typed a character.
   */
  constructor(
    private readonly area: HTMLTextAreaElement,
    private readonly ghost: HTMLElement,
    private readonly changed: () => void,
    typed: () => void,
  ) {
    this.#text = editing(area);
    this.#taking = new Taking(this.#text);
    area.addEventListener("beforeinput", (event) => {
      if (this.#taking.tighten(event)) typed();
    });
    area.addEventListener("input", (event) => {
      const { inputType, data } = event as InputEvent;
      if (inputType === "insertLineBreak" || (inputType === "insertText" && data && !this.#taking.isTyping)) typed();
      this.#look();
    });
    document.addEventListener("selectionchange", () => this.#look());
    area.addEventListener("scroll", () => {
      ghost.scrollTop = area.scrollTop;
    });
    this.hint(undefined);
  }

  /** The text before the cursor. */
  get before(): string {
    return this.#text.before;
  }

  /** The letters of the unfinished word before the cursor. */
  get unfinished(): string {
    return splitLast(this.before)[1];
  }

  /** Whether an edit that is told now is made here. */
  get isTyping(): boolean {
    return this.#taking.isTyping;
  }

  /** Type `text` at the cursor, as a key does. */
  insert(text: string): void {
    this.area.focus();
    this.#taking.insert(text);
    this.#look();
  }

  /** Delete what is selected, or the character before the cursor. */
  delete(): void {
    this.area.focus();
    document.execCommand("delete");
    this.#look();
  }

  /** Make `text` what stands before the cursor. */
  put(text: string): void {
    const same = sameStart(this.before, text);
    this.#taking.type(text.slice(same), this.before.length - same);
    this.#look();
  }

  /** Put `word` in the place of the unfinished one, and a space after it. Returns how many characters that types. */
  take(word: string): number {
    this.area.focus();
    const typed = this.#taking.take(word);
    this.#look();
    return typed;
  }

  /** Show the rest of `word` behind the cursor, where nothing else stands; without a word, nothing. */
  hint(word: string | undefined): void {
    const { area, before, unfinished } = this;
    const after = area.value.slice(before.length);
    const isEmpty = area.value === ""; // then the placeholder stands there
    const fits = !isEmpty && word?.startsWith(unfinished) && (after === "" || after.startsWith("\n"));
    const gap = wantsSpace(before.slice(0, before.length - unfinished.length)) && !unfinished ? " " : "";
    const rest = document.createElement("span");
    rest.textContent = fits ? gap + (word as string).slice(unfinished.length) : "";
    this.ghost.replaceChildren(before, rest, `${after}\n`); // a last empty line has a height only with something after it
    this.ghost.scrollTop = area.scrollTop;
  }

  #look(): void {
    if (this.before === this.#seen) return;
    this.#seen = this.before;
    this.changed();
  }
}
