/** What is shown of an answer: three buttons, the panel behind them, and a line for screen readers. */
import type { Suggestion, Suggestions } from "../src/index.js";
import { element, make } from "./dom.js";
import { languageName, tagOf } from "./languages.js";

/** How many words are offered. */
export const OFFERS = 3;

const SPEAK_AFTER = 900; // milliseconds without a change, or a screen reader would never stop talking

export class View {
  #words: string[] = [];
  #speaking: ReturnType<typeof setTimeout> | undefined;
  readonly #buttons: HTMLButtonElement[];

  /** @param take is called with the word of the button pressed. */
  constructor(take: (word: string) => void) {
    this.#buttons = Array.from({ length: OFFERS }, (_, at) => {
      const button = make("button", "");
      button.type = "button";
      button.disabled = true;
      button.setAttribute("aria-keyshortcuts", `Alt+${at + 1}`);
      button.addEventListener("mousedown", (event) => event.preventDefault()); // the cursor stays in the text
      button.addEventListener("click", () => {
        const word = this.#words[at];
        if (word !== undefined) take(word);
      });
      return button;
    });
    element("offers").replaceChildren(...this.#buttons);
  }

  /** The words on the buttons. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** Whether what is shown is not yet of what stands before the cursor. */
  set isBusy(isBusy: boolean) {
    element("offers").ariaBusy = String(isBusy);
  }

  /** Put words on the buttons. */
  offer(items: readonly Suggestion[]): void {
    const words = items.map(({ word }) => word);
    this.#words = words;
    for (const [at, button] of this.#buttons.entries()) {
      button.textContent = words[at] ?? "";
      button.lang = tagOf(items[at]);
      button.disabled = words[at] === undefined;
    }
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => {
      element("spoken").textContent = words.length ? `Suggestions: ${words.join(", ")}` : "No suggestions";
    }, SPEAK_AFTER);
  }

  /** Fill the panel. */
  explain({ items, exact, rows, unexplored }: Suggestions): void {
    element("rows").replaceChildren(...items.map(row));
    element("proof").textContent = exact
      ? `Proved: no other word is more probable. ${rows} rows of the model were asked for; ` +
        `${percent(unexplored)} of the probability lies in spellings not looked into.`
      : `Not proved: the search had spent its budget of ${rows} rows.`;
  }
}

/** What the panel calls the sources; a model that is alone, it does not name. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["model", ""],
  ["personal", "learned"],
  ["glossary", "added"],
]);

function row(item: Suggestion): HTMLElement {
  const { word, probability, tokens, sources } = item;
  const line = make("tr");
  const said = make("span", word);
  said.lang = tagOf(item);
  const head = make("th");
  head.scope = "row";
  head.append(said);
  for (const name of sources.map((source) => NAMES.get(source) ?? languageName(source))) {
    if (name) head.append(" ", make("small", name));
  }
  const share = make("td");
  const bar = make("span");
  bar.className = "bar";
  bar.style.width = `${Math.max(100 * probability, 1)}%`;
  const together = make("span", percent(probability));
  together.className = "probability";
  together.append(bar);
  share.append(together);
  const spelled = make("td");
  spelled.append(...tokens.flatMap(chip));
  line.append(head, share, spelled);
  return line;
}

function chip(token: string): HTMLElement {
  const shown = make("span", token.trimStart());
  shown.className = "token";
  if (token.startsWith(" ")) {
    const space = make("span", "␣");
    space.ariaHidden = "true";
    shown.prepend(space);
  }
  return shown;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
