/** The panel with the words that this browser's user wrote or added, and the switch for learning. */
import {
  type MixedPredictor,
  type MixedSession,
  type Predictor,
  type Session,
  splitLast,
  WordgruError,
} from "../src/index.js";
import { element, make } from "./dom.js";
import { recall, remember } from "./remember.js";

/** The database of what was learned. */
export const STORE = "wordgru";

const [LEARNING, ADDED] = ["wordgru.learning", "wordgru.added"]; // what the page itself remembers
const SHOWN = 60; // words in the list

const STAYS = "It stays in this browser: nothing leaves this page.";

export class OwnWords {
  readonly #panel = element<HTMLDetailsElement>("own");
  readonly #learning = element<HTMLInputElement>("learning");
  readonly #field = element<HTMLInputElement>("added");
  readonly #file = element<HTMLInputElement>("words-file");
  #predictor: Predictor | MixedPredictor | undefined;
  #session: Session | MixedSession | undefined; // of the text as it is learned
  #isKept = true;

  /**
   * @param area the text field.
   * @param changed is called when other words may be offered.
   */
  constructor(
    private readonly area: HTMLTextAreaElement,
    private readonly changed: () => void,
  ) {
    this.#learning.checked = recall(LEARNING) === "on";
    this.#learning.addEventListener("change", () => {
      remember(LEARNING, this.#learning.checked ? "on" : "off");
      this.#say();
    });
    area.addEventListener("blur", () => this.#said(() => this.#learn()));
    area.addEventListener("input", () => {
      if (!area.value) this.#session?.reset(); // the next text begins
    });
    document.addEventListener("visibilitychange", () => {
      void this.#said(() => (document.hidden ? this.#learn() : this.#list())); // another page may have learned
    });
    this.#panel.addEventListener("toggle", () => this.#try(() => this.#list()));
    element("adding").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#try(() => this.#add());
    });
    element("finish").addEventListener("click", () => this.#try(() => this.#finish()));
    element("save").addEventListener("click", () => this.#try(() => this.#save()));
    element("forget-all").addEventListener("click", () => this.#try(() => this.#forgetAll()));
    this.#file.addEventListener("change", () => this.#try(() => this.#import()));
    this.#say();
  }

  /** Learn into a predictor, which was loaded with personal words; `isKept`: they outlast the page. */
  async use(predictor: Predictor | MixedPredictor, isKept: boolean): Promise<void> {
    this.#predictor = predictor;
    this.#session = predictor.session();
    this.#isKept = isKept;
    this.#say();
    await this.#try(async () => {
      await predictor.words.read(recall(ADDED));
      await this.#list();
    });
  }

  /** Say what the switch does. */
  #say(): void {
    const { checked } = this.#learning;
    element("finish").hidden = !checked;
    const how = checked ? "What you write is learned when you leave the text field." : "Nothing is learned.";
    const where = this.#isKept ? STAYS : "It is forgotten when the page is closed: nothing leaves this page.";
    element("learning-says").textContent = `${how} ${checked ? where : "Nothing leaves this page."}`;
  }

  /** Learn the text, if that is wanted and it is another than before; its last word only if that is finished. */
  async #learn({ isFinished } = { isFinished: false }): Promise<void> {
    const { value } = this.area;
    if (!this.#learning.checked || !this.#session || !value) return;
    this.#session.set(isFinished ? value : splitLast(value)[0]);
    if (!(await this.#session.commit())) return;
    await this.#list();
    this.changed();
  }

  async #finish(): Promise<void> {
    await this.#learn({ isFinished: true });
    this.area.focus();
    this.area.select();
    document.execCommand("delete"); // so that it can be undone
  }

  async #add(): Promise<void> {
    await this.#predictor?.words.add(this.#field.value);
    this.#field.value = "";
    await this.#changedList("Added.");
  }

  async #forget(word: string): Promise<void> {
    await this.#predictor?.personal?.forget(word);
    await this.#predictor?.words.add(word, 0);
    await this.#changedList(`Forgot ${word}.`);
    element("own-words").focus(); // the button that had the focus is gone
  }

  async #forgetAll(): Promise<void> {
    if (!confirm("Forget every word that was learned or added? This cannot be undone.")) return;
    await this.#predictor?.personal?.forget();
    for (const word of (await this.#predictor?.words.weights)?.keys() ?? []) await this.#predictor?.words.add(word, 0);
    await this.#changedList("Forgot all words.");
  }

  /** Give what was learned to the user as a file. */
  async #save(): Promise<void> {
    const lines = (await this.#predictor?.personal?.export()) ?? "";
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([lines], { type: "application/jsonl" }));
    link.download = "words.jsonl";
    link.click();
    URL.revokeObjectURL(link.href);
    element("own-said").textContent = "Saved as words.jsonl.";
  }

  /** Add the counts of a file that was saved here, or by `wordgru words export`. */
  async #import(): Promise<void> {
    const [file] = this.#file.files ?? [];
    if (!file) return;
    try {
      const count = (await this.#predictor?.personal?.import(await file.text())) ?? 0;
      await this.#changedList(`Added ${count.toLocaleString("en")} counts of ${file.name}.`);
    } finally {
      this.#file.value = ""; // so that the same file can be chosen again
    }
  }

  async #changedList(said: string): Promise<void> {
    const weights = (await this.#predictor?.words.weights) ?? new Map();
    remember(ADDED, Array.from(weights, ([word, weight]) => `${word}\t${weight}\n`).join(""));
    await this.#list();
    element("own-said").textContent = said;
    this.changed();
  }

  /** Show the words that were added, and the most frequent of those learned. */
  async #list(): Promise<void> {
    if (!this.#panel.open) return;
    const added = [...((await this.#predictor?.words.weights)?.keys() ?? [])];
    const learned = ((await this.#predictor?.personal?.grams()) ?? []).filter(({ history }) => !history);
    const rows = [
      ...added.map((word) => [word, "added"] as const),
      ...learned.map(({ word, count }) => [word, times(count)] as const),
    ];
    const items = rows.slice(0, SHOWN).map(([word, how]) => this.#item(word, how));
    if (rows.length > SHOWN) items.push(make("li", `and ${rows.length - SHOWN} more`));
    element("own-words").replaceChildren(...items);
    element("own-none").hidden = rows.length > 0;
    element<HTMLButtonElement>("save").disabled = !learned.length;
    element<HTMLButtonElement>("forget-all").disabled = !rows.length;
  }

  #item(word: string, how: string): HTMLElement {
    const item = make("li");
    const button = make("button", "Forget");
    button.type = "button";
    button.className = "quiet";
    button.ariaLabel = `Forget ${word}`;
    button.addEventListener("click", () => this.#try(() => this.#forget(word)));
    const name = make("span", word);
    name.append(" ", make("small", how));
    item.append(name, button);
    return item;
  }

  /** Do `work`, in the place of what was done before; what is wrong with it is said. */
  async #try(work: () => Promise<void>): Promise<void> {
    element("own-error").textContent = "";
    element("own-said").textContent = "";
    await this.#said(work);
  }

  /** Do `work`; what is wrong with it is said. Nothing moves that may be under a finger already. */
  async #said(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof WordgruError)) throw error;
      element("own-error").textContent = error.message;
    }
  }
}

function times(count: number): string {
  const whole = Math.max(Math.round(count), 1);
  return whole === 1 ? "learned once" : `learned ${whole} times`;
}
