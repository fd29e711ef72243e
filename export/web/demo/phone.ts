/** The phone keyboard's switch, and what its keys do: letters by points, corrections where a word ends. */
import type { FieldOptions, Session } from "../src/index.js";
import { element } from "./dom.js";
import { Keyboard, LAYOUT } from "./keyboard.js";
import type { Writing } from "./writing.js";

const SPREAD = 0.34; // of a hasty thumb, in key widths
const WITH_ONE = "Touch it as you would a phone: a finger may miss, and words are corrected at their end.";
const WITH_SEVERAL = "It works with one language: choose one above.";
const ENDS_WORD = /^[\s.,;:!?]$/;

/** What the page has. */
export interface Page {
  readonly area: HTMLTextAreaElement;
  readonly writing: Writing;
  /** The session of the text, once there is one. */
  session(): Session | undefined;
  /** Another session is to be made. */
  switched(): void;
  /** A key has typed a character. */
  typed(): void;
}

export class Phone {
  readonly #switch = element<HTMLInputElement>("phone");
  readonly #said = element("corrected");
  readonly #keyboard: Keyboard;
  #corrected: string | undefined; // the text before the cursor just after a correction

  constructor(private readonly page: Page) {
    this.#keyboard = new Keyboard(element("keyboard"), {
      touched: (x, y, isUpper) => this.#touched(x, y, isUpper),
      typed: (text) => this.#typed(text),
      back: () => this.#back(),
    });
    this.#switch.addEventListener("change", () => this.#turn());
    page.area.addEventListener("beforeinput", (event) => this.#before(event));
    this.#show();
  }

  /** How letters are typed. */
  get options(): FieldOptions {
    return this.isOn ? { typing: { layout: LAYOUT, spread: SPREAD } } : {};
  }

  get isOn(): boolean {
    return this.#switch.checked && !this.#switch.disabled;
  }

  /** Whether the model that is loaded can be asked what was meant: several together cannot. */
  set isPossible(isPossible: boolean) {
    this.#switch.disabled = !isPossible;
    element("phone-says").textContent = isPossible ? WITH_ONE : WITH_SEVERAL;
    this.#show();
  }

  /** The text before the cursor has changed. */
  follow(before: string): void {
    this.#keyboard.follow(before);
    if (before === this.#corrected) return;
    this.#corrected = undefined;
    this.#said.textContent = "";
  }

  #turn(): void {
    this.#show();
    this.page.switched();
  }

  #show(): void {
    element("keyboard").hidden = !this.isOn;
    this.page.area.inputMode = this.isOn ? "none" : ""; // else the phone's own lies over it
  }

  #touched(x: number, y: number, isUpper: boolean): void {
    const { writing } = this.page;
    const session = this.page.session();
    if (!session) return; // the model is still loading
    session.set(writing.before);
    this.page.typed();
    writing.insert(session.touch(x, y, isUpper));
  }

  #typed(text: string): void {
    this.page.typed();
    if (ENDS_WORD.test(text)) void this.#correct();
    this.page.writing.insert(text);
  }

  #back(): void {
    if (!this.#takeBack()) this.page.writing.delete();
  }

  /** A key of a keyboard that is not drawn. */
  #before(event: InputEvent): void {
    if (!this.isOn || this.page.writing.isTyping) return;
    if (event.inputType === "deleteContentBackward" && this.#takeBack()) event.preventDefault();
    else if (event.inputType === "insertText" && ENDS_WORD.test(event.data ?? "")) void this.#correct();
  }

  /** Put what was meant in the place of the word before the cursor, which ends here, while its end is typed. */
  async #correct(): Promise<void> {
    const { writing } = this.page;
    const session = this.page.session();
    const { before, unfinished } = writing;
    if (!session || !unfinished) return;
    session.set(before);
    // a model that was closed meanwhile corrects nothing; what else is wrong, the offers say
    const word = await session.autocorrect().catch(() => undefined);
    const seen = writing.before;
    if (word === undefined || session !== this.page.session()) return;
    const rest = seen.slice(before.length);
    if (!seen.startsWith(before) || !session.text.endsWith(rest)) return session.set(seen); // the cursor has moved
    const isNext = rest.length <= 1; // else the next delete is meant for what was typed since
    this.#corrected = isNext ? session.text : undefined;
    writing.put(session.text);
    this.#said.textContent = `${unfinished} → ${word}.${isNext ? " Delete takes it back." : ""}`;
  }

  /** Take back the correction that was just made, if there is one. */
  #takeBack(): boolean {
    const session = this.page.session();
    const { writing } = this.page;
    if (!session || this.#corrected === undefined || writing.before !== this.#corrected) return false;
    session.set(writing.before);
    session.undo();
    writing.put(session.text);
    return true;
  }
}
