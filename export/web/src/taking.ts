/** Words that are put into a text, and the spaces around them. */
import { isSpace, splitLast, wantsSpace } from "./core/words.js";
import type { Editing } from "./editing.js";

const CLOSING = /^[.,;:!?)\]}…]/; // marks that stand directly after a word

export class Taking {
  #taken: string | undefined; // what stands before the cursor after a word was taken, its space last
  #isTyping = false;

  constructor(private readonly text: Editing) {}

  /** Whether an edit that is told now is made here. */
  get isTyping(): boolean {
    return this.#isTyping;
  }

  /** Put `word` in the place of the unfinished one, and a space after it. Returns how many characters that types. */
  take(word: string): number {
    const [head, unfinished] = splitLast(this.text.before);
    const gap = wantsSpace(head) ? " " : "";
    const next = this.text.after.slice(0, 1);
    const isFollowed = CLOSING.test(next) || (isSpace(next) && next !== "\n");
    const space = wantsSpace(head + gap + word) && !isFollowed ? " " : "";
    const kept = !gap && word.startsWith(unfinished) ? unfinished.length : 0; // these letters stay where they are
    const typed = gap + word.slice(kept) + space;
    this.type(typed, unfinished.length - kept);
    this.#taken = space ? this.text.before : undefined;
    return typed.length + kept - unfinished.length;
  }

  /** Put a mark that is typed directly after a word that was taken in the place of its space. Returns whether it did. */
  tighten(event: InputEvent): boolean {
    const taken = this.#taken;
    if (this.#isTyping || taken === undefined) return false;
    this.#taken = undefined;
    const isMark = event.inputType === "insertText" && CLOSING.test(event.data ?? "");
    if (!isMark || this.text.isSelecting || this.text.before !== taken) return false;
    event.preventDefault();
    this.type(event.data ?? "", 1);
    return true;
  }

  /** Type what a key that is drawn types. */
  insert(text: string): void {
    const event = new InputEvent("beforeinput", { inputType: "insertText", data: text });
    if (!this.tighten(event)) this.type(text, 0);
  }

  /** Type `text` over what is selected and the `count` UTF-16 units before it. */
  type(text: string, count: number): void {
    this.#isTyping = true;
    this.text.type(text, count);
    this.#isTyping = false;
  }
}
