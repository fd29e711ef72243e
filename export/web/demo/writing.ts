/** The text field: where the cursor is, the ghost of the first word behind it, and how a word is taken in. */
import { isSpace, splitLast, wantsSpace } from "../src/index.js";

const CLOSING = /^[.,;:!?)\]}…]/; // marks that stand directly after a word

export class Writing {
  #spaceAdded: number | undefined; // where the space is that came with the word taken last
  #seen = ""; // what stood before the cursor when `changed` was last called
  #isTaking = false;

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
    area.addEventListener("beforeinput", (event) => this.#tighten(event));
    area.addEventListener("input", (event) => {
      const { inputType, data } = event as InputEvent;
      if (inputType === "insertLineBreak" || (inputType === "insertText" && data && !this.#isTaking)) typed();
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
    return this.area.value.slice(0, this.area.selectionStart);
  }

  /** The letters of the unfinished word before the cursor. */
  get unfinished(): string {
    return splitLast(this.before)[1];
  }

  /** Put `word` in the place of the unfinished one, and a space after it. Returns how many characters that types. */
  take(word: string): number {
    const { area, before, unfinished } = this;
    const head = before.slice(0, before.length - unfinished.length);
    const gap = wantsSpace(head) ? " " : "";
    const next = area.value.slice(area.selectionEnd, area.selectionEnd + 1);
    const space = wantsSpace(head + gap + word) && !isSpace(next) ? " " : "";
    area.focus();
    area.setSelectionRange(head.length, area.selectionEnd);
    this.#isTaking = true;
    insert(area, gap + word + space);
    this.#isTaking = false;
    this.#spaceAdded = space ? area.selectionStart - 1 : undefined;
    this.#look();
    return gap.length + word.length + space.length - unfinished.length;
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

  /** A mark typed after a word that was taken stands in the place of the space that came with it. */
  #tighten(event: InputEvent): void {
    const { area } = this;
    const at = this.#spaceAdded;
    this.#spaceAdded = undefined;
    const isNext = at !== undefined && area.selectionStart === at + 1 && area.selectionEnd === at + 1;
    if (event.inputType !== "insertText" || !isNext || !CLOSING.test(event.data ?? "")) return;
    event.preventDefault();
    area.setSelectionRange(at, at + 1);
    insert(area, event.data ?? "");
  }
}

/** Type `text` over what is selected, so that it can be undone. */
function insert(area: HTMLTextAreaElement, text: string): void {
  // execCommand alone keeps the history of edits; it is old, and where a browser has dropped it, it answers false
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new InputEvent("input"));
}
