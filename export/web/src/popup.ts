/** What is shown at the cursor of a field: a list of words, the rest of the first one, a line for screen readers. */
import { copyStyle, type Editing, homeOf } from "./editing.js";

/** What screen readers are told. */
export interface Labels {
  /** The name of the list. */
  readonly list: string;
  /** What is said of the words when typing pauses. */
  readonly offered: (words: readonly string[]) => string;
  /** How Tab is used; said with the first words of a field. */
  readonly tab: string;
}

export const ENGLISH: Labels = {
  list: "Suggestions",
  offered: (words) => `Suggestions: ${words.join(", ")}.`,
  tab: "Tab takes the first. After Escape, Tab moves on.",
};

const SPEAK_AFTER = 900; // milliseconds without a change, or a screen reader would never stop talking
const GAP = 4; // pixels between the line and the list
const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

// `all: initial` undoes what a page's styles say of every element. The colours may be set anywhere above.
const STYLE = `
wordgru-offers, wordgru-offer, wordgru-key, wordgru-ghost, wordgru-spoken {
  all: initial; color-scheme: inherit; direction: inherit; box-sizing: border-box; user-select: none;
}
wordgru-offers, wordgru-ghost { display: none; position: fixed; z-index: 2147483647; inset: auto; }
wordgru-offers:popover-open, wordgru-ghost:popover-open { display: block; }
wordgru-offers {
  min-width: 8em; max-width: min(24em, 100vw - 16px); padding: 4px; overflow: hidden; border-radius: 8px;
  border: 1px solid var(--wordgru-line, light-dark(#dcdad3, #3d434a));
  background: var(--wordgru-paper, light-dark(#ffffff, #1d2024));
  box-shadow: 0 4px 16px rgb(0 0 0 / 0.16);
}
wordgru-offer {
  display: flex; align-items: center; gap: 1.5em; padding: 5px 10px; border-radius: 5px; cursor: pointer;
  font: inherit; line-height: 1.4; color: var(--wordgru-ink, light-dark(#1d2126, #e8e6e1));
}
wordgru-offer > span { all: unset; flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
wordgru-offer:hover, wordgru-offer[aria-selected="true"] {
  background: var(--wordgru-tint, light-dark(#e3efec, #20332f));
}
wordgru-offer[aria-selected="true"] { outline: 2px solid var(--wordgru-accent, light-dark(#14655a, #7fd1c2)); }
wordgru-key { font: inherit; font-size: 0.8em; color: var(--wordgru-soft, light-dark(#5a626c, #a4abb3)); }
wordgru-ghost { pointer-events: none; white-space: pre; opacity: 0.62; }
wordgru-spoken {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
@media (pointer: coarse) {
  wordgru-offer { min-height: 44px; }
  wordgru-key { display: none; }
}`;

let sheet: CSSStyleSheet | undefined;
let made = 0; // popups of this page

export class Popup {
  readonly list = document.createElement("wordgru-offers");
  readonly #ghost = document.createElement("wordgru-ghost");
  readonly #spoken = document.createElement("wordgru-spoken");
  readonly #root: Document | ShadowRoot;
  #advice: string;
  #speaking: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param keys what takes each word, as it is shown beside it.
   * @param take is called with the place of the word that was pressed.
   * @param signal ends what this listens to.
   */
  constructor(
    private readonly field: HTMLElement,
    private readonly text: Editing,
    private readonly labels: Labels,
    private readonly keys: readonly string[],
    take: (at: number) => void,
    signal: AbortSignal,
  ) {
    const { list } = this;
    this.#advice = keys[0] === "Tab" ? labels.tab : ""; // or who hears the page would not find out of the field
    list.id = `wordgru-offers-${++made}`;
    list.role = "listbox";
    list.ariaLabel = labels.list;
    this.#ghost.ariaHidden = "true";
    this.#spoken.role = "status";
    for (const box of [list, this.#ghost]) box.popover = "manual"; // above all else, and clipped by nothing
    sheet ??= new CSSStyleSheet();
    if (!sheet.cssRules.length) sheet.replaceSync(STYLE);
    const root = field.getRootNode();
    this.#root = root instanceof ShadowRoot ? root : document;
    this.#root.adoptedStyleSheets = [...this.#root.adoptedStyleSheets, sheet];
    this.#connect();
    list.addEventListener("mousedown", (event) => event.preventDefault(), { signal }); // the cursor stays in the field
    const pressed = ({ target }: Event) =>
      [...list.children].findIndex((option) => target instanceof Node && option.contains(target));
    list.addEventListener("click", (event) => take(pressed(event)), { signal });
  }

  get isListOpen(): boolean {
    return this.list.matches(":popover-open");
  }

  /** Whether anything is offered to the eye. */
  get isOpen(): boolean {
    return this.isListOpen || this.#ghost.matches(":popover-open");
  }

  /** The option at `at` of the list is the one meant, or none. Returns its id. */
  mark(at: number): string | undefined {
    for (const [index, option] of [...this.list.children].entries()) option.ariaSelected = String(index === at);
    return this.list.children[at]?.id;
  }

  /** Show words in the list; without any, close it. */
  showList(words: readonly string[]): void {
    if (!words.length) {
      this.list.hidePopover();
      return;
    }
    this.#connect();
    this.list.replaceChildren(...words.map((word, at) => this.#option(word, at)));
    this.list.lang = this.field.closest<HTMLElement>("[lang]")?.lang ?? "";
    this.list.showPopover();
  }

  /** Show `rest` behind the cursor; without any, nothing. */
  showGhost(rest: string): void {
    this.#ghost.textContent = rest;
    if (!rest) {
      this.#ghost.hidePopover();
      return;
    }
    this.#connect();
    this.#ghost.showPopover();
  }

  /** Put what is shown where the cursor is now; hide it where that is out of sight. */
  place(): void {
    if (!this.isOpen) return;
    const caret = this.text.caret();
    const box = this.field.getBoundingClientRect();
    const middle = caret.top + caret.height / 2;
    const isSeen =
      middle >= box.top && middle <= box.bottom && caret.left >= box.left - 1 && caret.left <= box.right + 1;
    if (!isSeen) {
      this.hide();
      return;
    }
    const isRightToLeft = getComputedStyle(this.text.styled).direction === "rtl";
    this.#placeGhost(caret, box, isRightToLeft);
    this.#placeList(caret, isRightToLeft);
  }

  /** Show nothing, and say nothing. */
  hide(): void {
    clearTimeout(this.#speaking);
    this.#spoken.textContent = "";
    this.list.hidePopover();
    this.showGhost("");
  }

  /** Say the words once typing pauses. */
  say(words: readonly string[]): void {
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => {
      this.#spoken.textContent = "";
      if (!words.length) return;
      this.#spoken.textContent = [this.labels.offered(words), this.#advice].join(" ").trim();
      this.#advice = "";
    }, SPEAK_AFTER);
  }

  /** Leave the page as it was. */
  remove(): void {
    clearTimeout(this.#speaking);
    for (const box of [this.list, this.#ghost, this.#spoken]) box.remove();
    const sheets = [...this.#root.adoptedStyleSheets];
    const at = sheets.indexOf(sheet as CSSStyleSheet);
    if (at >= 0) sheets.splice(at, 1);
    this.#root.adoptedStyleSheets = sheets;
  }

  /** A page may have thrown out what it does not know. */
  #connect(): void {
    if (!this.list.isConnected) homeOf(this.field).append(this.list, this.#ghost, this.#spoken);
  }

  #option(word: string, at: number): HTMLElement {
    const option = document.createElement("wordgru-offer");
    option.role = "option";
    option.id = `${this.list.id}-${at}`;
    option.ariaSelected = "false";
    option.setAttribute("aria-keyshortcuts", `Alt+${at + 1}`);
    const shown = document.createElement("span");
    shown.textContent = word;
    const key = document.createElement("wordgru-key");
    key.ariaHidden = "true";
    key.textContent = this.keys[at] ?? "";
    option.append(shown, key);
    return option;
  }

  /** On the cursor's line, if it fits there, and reads in the direction of the text. */
  #placeGhost(caret: DOMRect, box: DOMRect, isRightToLeft: boolean): void {
    const ghost = this.#ghost;
    const rest = ghost.textContent ?? "";
    if (!rest) return;
    copyStyle(this.text.styled, ghost);
    ghost.style.color = getComputedStyle(this.text.styled).color;
    ghost.style.lineHeight = `${caret.height}px`;
    const { width } = ghost.getBoundingClientRect();
    const left = isRightToLeft ? caret.left - width : caret.left;
    if (left < box.left || left + width > box.right || RIGHT_TO_LEFT.test(rest) !== isRightToLeft) {
      this.showGhost("");
      return;
    }
    ghost.style.left = `${left}px`;
    ghost.style.top = `${caret.top}px`;
  }

  /** Below the cursor's line, or above it where there is no room below. */
  #placeList(caret: DOMRect, isRightToLeft: boolean): void {
    const { list } = this;
    if (!this.isListOpen) return;
    const style = getComputedStyle(this.text.styled);
    const size = Math.min(Math.max(Number.parseFloat(style.fontSize), 14), 20); // pixels
    Object.assign(list.style, { direction: style.direction, fontFamily: style.fontFamily, fontSize: `${size}px` });
    const { width, height } = list.getBoundingClientRect();
    const { offsetLeft, offsetTop, width: across, height: down } = visualViewport as VisualViewport;
    const start = isRightToLeft ? caret.left - width : caret.left;
    const left = Math.max(Math.min(start, offsetLeft + across - width - GAP), offsetLeft + GAP);
    const below = caret.bottom + GAP;
    const hasRoom = below + height <= offsetTop + down || caret.top - GAP - height < offsetTop;
    list.style.left = `${left}px`;
    list.style.top = `${hasRoom ? below : caret.top - GAP - height}px`;
  }
}
