/** One text field and what is offered in it: when it is asked, which keys take a word, what is learnt. */

import type { AttachOptions, FieldSession } from "./attach_options.js";
import type { SessionOptions, Suggestions } from "./core/suggestions.js";
import { splitLast, wantsSpace } from "./core/words.js";
import { type Editing, editing } from "./editing.js";
import { ENGLISH, Popup } from "./popup.js";
import { isEditable, isPrivate } from "./private.js";
import { Taking } from "./taking.js";

const IN_WORD = /^[\p{L}\p{N}\p{M}]/u;

const PATIENCE = 250; // milliseconds that words may stand there which are of the text before

/** What a session is asked; `k` words are offered. */
export type SearchOptions = SessionOptions & { readonly k: number };

/** The session of a field; one that goes on where a field is entered again. */
export type SessionOf = (field: HTMLElement) => Promise<FieldSession>;

export class Offers {
  readonly #text: Editing;
  readonly #taking: Taking;
  readonly #popup: Popup;
  readonly #end = new AbortController();
  readonly #attributes = new Map<string, string | null>(); // as the page had them
  readonly #k: number;
  #session: FieldSession | undefined;
  #words: readonly string[] = []; // what is offered
  #marked = -1; // the place in the list that the arrow keys have reached
  #asked = 0; // the newest question
  #answered = 0; // the question that `#words` answers
  #at = ""; // what stands before the cursor where the newest question was asked
  #isDismissed = true;
  #isAsking = false;
  #wanted: number | undefined; // the place of a word taken before its question was answered
  #hasFailed = false;
  #seen: string; // the text, as it was last seen
  #learnt = "";

  constructor(
    private readonly field: HTMLElement,
    private readonly sessionOf: SessionOf,
    private readonly search: SearchOptions,
    private readonly options: AttachOptions,
  ) {
    this.#text = editing(field);
    this.#taking = new Taking(this.#text);
    this.#seen = isPrivate(field) ? "" : this.#text.text;
    this.#k = search.k;
    const { signal } = this.#end;
    const keys = Array.from({ length: Math.min(this.#k, 9) }, (_, at) => `Alt ${at + 1}`);
    if (options.tab !== false) keys[0] = "Tab";
    this.#popup = new Popup(field, this.#text, options.labels ?? ENGLISH, keys, (at) => this.#press(at), signal);
    this.#describe();
    const early = { signal, capture: true }; // before the page's own listeners, which may send the text at Enter
    const late = { signal };
    field.addEventListener("keydown", (event) => this.#key(event), early);
    field.addEventListener("beforeinput", (event) => this.#beforeInput(event), early);
    field.addEventListener("input", (event) => this.#input(event as InputEvent), late);
    field.addEventListener("compositionstart", () => this.#dismiss(), late);
    field.addEventListener("compositionend", () => this.#changed(), late);
    field.addEventListener("keyup", () => this.#look(), late);
    field.addEventListener("blur", () => this.#left(), late);
    document.addEventListener("selectionchange", () => this.#moved(), late);
    document.addEventListener("submit", ({ target }) => this.#submitted(target), early);
    const place = () => this.#popup.isOpen && this.#popup.place();
    for (const target of [window, visualViewport as VisualViewport])
      for (const name of ["scroll", "resize"]) target.addEventListener(name, place, { ...early, passive: true });
  }

  /** Leave the field and the page as they were. */
  dispose(): void {
    this.#dismiss();
    this.#end.abort();
    this.#popup.remove();
    for (const [name, value] of this.#attributes) {
      if (value === null) this.field.removeAttribute(name);
      else this.field.setAttribute(name, value);
    }
  }

  /** Whether nothing may be read of the field, or typed into it. */
  get #isClosed(): boolean {
    return this.#hasFailed || this.#end.signal.aborted || isPrivate(this.field) || !isEditable(this.field);
  }

  /** Tell screen readers what the field is: a combobox; where several lines are written, a text field with a list. */
  #describe(): void {
    const { field } = this;
    const show = this.options.show ?? "both";
    this.#set("aria-autocomplete", show === "ghost" ? "inline" : show);
    if (show === "ghost") return;
    const isLine = field instanceof HTMLInputElement;
    const isPlain = isLine || field instanceof HTMLTextAreaElement;
    if (!isPlain && !field.role) {
      this.#set("role", "textbox");
      this.#set("aria-multiline", "true");
    }
    if (isLine && field.type === "text" && !field.role) this.#set("role", "combobox");
    if (field.role === "combobox") this.#set("aria-expanded", "false");
    this.#set("aria-haspopup", "listbox");
    this.#set("aria-controls", this.#popup.list.id);
    if (isLine && !field.hasAttribute("autocomplete")) this.#set("autocomplete", "off"); // the browser's own list
  }

  #set(name: string, value: string | undefined): void {
    if (!this.#attributes.has(name)) this.#attributes.set(name, this.field.getAttribute(name));
    if (value === undefined) this.field.removeAttribute(name);
    else this.field.setAttribute(name, value);
  }

  #input(event: InputEvent): void {
    if (event.isComposing || this.#taking.isTyping) return;
    this.#changed();
  }

  /** The text has been edited: ask what may come next. */
  #changed(): void {
    if (this.#isClosed) {
      this.#dismiss();
      return;
    }
    const { text } = this.#text;
    if (!text) this.#begin();
    this.#seen = text;
    this.#at = this.#text.before;
    this.#asked++;
    this.#isDismissed = false;
    this.#wanted = undefined;
    this.#mark(-1);
    this.#popup.showGhost("");
    if (!this.#isAsking) void this.#ask();
  }

  /** Ask until the newest question is answered. Those that a newer one has overtaken are left out. */
  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      this.#session ??= await this.sessionOf(this.field);
      for (let answered = -1; answered !== this.#asked && !this.#isDismissed && !this.#isClosed; ) {
        answered = this.#asked;
        const before = this.#at;
        if (!before || this.#text.isSelecting || IN_WORD.test(this.#text.after)) return this.#dismiss();
        const [, unfinished] = splitLast(before);
        this.#session.set(before);
        // one more, for the word that is typed already is not offered
        const late = setTimeout(() => this.#clear(), PATIENCE);
        const asked = this.#session.suggest({ ...this.search, k: this.#k + (unfinished ? 1 : 0) });
        const answer = await asked.finally(() => clearTimeout(late));
        if (answered === this.#asked && !this.#isClosed) this.#offer(answer, unfinished);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#isAsking = false;
    }
  }

  #offer({ items }: Suggestions, unfinished: string): void {
    const words = items.map(({ word }) => word).filter((word) => word !== unfinished);
    this.#words = words.slice(0, this.#k);
    this.#answered = this.#asked;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined && this.#words[wanted] !== undefined) {
      this.#take(wanted);
      return;
    }
    const show = this.options.show ?? "both";
    if (show !== "ghost") this.#popup.showList(this.#words);
    if (show !== "list") this.#popup.showGhost(this.#rest(unfinished));
    this.#popup.place();
    this.#expand();
    this.#popup.say(this.#words);
  }

  /** What is still to be typed of the first word, where nothing else stands behind the cursor. */
  #rest(unfinished: string): string {
    const [word] = this.#words;
    const { before, after } = this.#text;
    if (!word?.startsWith(unfinished) || !/^[^\S\n]*(\n|$)/.test(after)) return "";
    return (unfinished || !wantsSpace(before) ? "" : " ") + word.slice(unfinished.length);
  }

  /** Say whether the list is open, to screen readers. */
  #expand(): void {
    if (this.#attributes.has("aria-expanded")) this.#set("aria-expanded", String(this.#popup.isListOpen));
  }

  #mark(at: number): void {
    this.#marked = at;
    if (this.#attributes.has("aria-controls")) this.#set("aria-activedescendant", this.#popup.mark(at));
  }

  /** Offer nothing until the text is edited again. */
  #dismiss(): void {
    this.#isDismissed = true;
    this.#asked++;
    this.#answered = this.#asked;
    this.#wanted = undefined;
    this.#clear();
  }

  #clear(): void {
    this.#words = [];
    this.#mark(-1);
    this.#popup.hide();
    this.#expand();
  }

  /** Put the word at `at` in the place of the unfinished one, and a space after it. */
  #take(at: number): void {
    const word = this.#words[at];
    if (word === undefined || this.#isClosed) return;
    this.field.focus();
    this.#taking.take(word);
    this.#changed();
  }

  /** A word is pressed; what is still to be replaced is not meant. */
  #press(at: number): void {
    if (this.#answered === this.#asked) this.#take(at);
  }

  /** Tab takes the first word, Alt and a digit any, Enter what the arrows have reached; Escape closes. */
  #key(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229 || this.#isClosed) return;
    const isPending = this.#answered !== this.#asked && this.#words.length > 0; // the next words are on their way
    if (!isPending && !this.#popup.isOpen) return;
    const { key, code, altKey } = event;
    if (event.shiftKey || event.ctrlKey || event.metaKey) return;
    const digit = altKey ? Number(/^Digit([1-9])$/.exec(code)?.[1]) : Number.NaN;
    const reached = this.#marked;
    if (key === "Tab" && !altKey && this.options.tab !== false) this.#choose(Math.max(reached, 0));
    else if (digit <= this.#words.length) this.#choose(digit - 1);
    else if (key === "Enter" && !altKey && reached >= 0) this.#choose(reached);
    else if (key === "Escape") this.#dismiss();
    else if (!this.#step(key, altKey)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Take a word, once there is one of what stands before the cursor now. */
  #choose(at: number): void {
    if (this.#answered === this.#asked) this.#take(at);
    else this.#wanted = at;
  }

  /** Move in the list. In the midst of a text the arrows move the cursor, and Alt with them gets into the list. */
  #step(key: string, altKey: boolean): boolean {
    const by = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    const isInList = this.#marked >= 0;
    if (!by || !this.#popup.isListOpen || (!isInList && by < 0)) return false;
    const isLine = this.field instanceof HTMLInputElement;
    if (!isInList && !altKey && !isLine && this.#text.after.trim()) return false;
    const places = this.#words.length + 1; // none is one of them
    this.#mark(((this.#marked + 1 + by + places) % places) - 1);
    return true;
  }

  #beforeInput(event: InputEvent): void {
    if (this.#taking.isTyping || this.#isClosed) return;
    this.#look();
    if (!this.#taking.tighten(event)) return;
    event.stopImmediatePropagation();
    this.#changed();
  }

  /** Where the cursor has been moved, what was offered is of another place. */
  #moved(): void {
    if (this.#isDismissed || this.#taking.isTyping) return;
    if (this.#isClosed || this.#text.isSelecting || this.#text.before !== this.#at) this.#dismiss();
  }

  /** See whether the page has emptied the field by itself: then its text was sent. */
  #look(): void {
    if (this.#isClosed) return;
    const { text } = this.#text;
    if (text === this.#seen) return;
    const sent = text ? "" : this.#seen;
    this.#seen = text;
    if (!text) void this.#learn(sent).then(() => this.#begin());
  }

  /** The form of the field is sent. */
  #submitted(form: EventTarget | null): void {
    if (this.field.closest("form") === form && !this.#isClosed) void this.#learn(this.#text.text);
  }

  /** The field is left: its last word counts only if that is finished. */
  #left(): void {
    this.#dismiss();
    if (!this.#isClosed) void this.#learn(splitLast(this.#text.text)[0]);
    this.#hasFailed = false; // it may be there when the field is entered again
  }

  /** Learn a text that was written here. */
  async #learn(text: string): Promise<void> {
    if (!this.#session?.commit || this.options.learn === false || !text || text === this.#learnt) return;
    this.#learnt = text;
    try {
      this.#session.set(text);
      await this.#session.commit();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** The next text begins. */
  #begin(): void {
    this.#learnt = "";
    this.#session?.reset?.();
  }

  /** Say what is wrong, and offer nothing more until the field is entered again. */
  #fail(error: Error): void {
    if (!this.#end.signal.aborted && !this.#hasFailed) (this.options.onError ?? console.error)(error);
    this.#hasFailed = true;
    this.#dismiss();
  }
}
