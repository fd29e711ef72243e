/** The languages that the page was served with, and the choice among them. */
import type { Suggestion } from "../src/index.js";
import { element, make } from "./dom.js";
import { recall, remember } from "./remember.js";

const SERVED = "models.json"; // addresses of bundles
const CHOSEN = "wordgru.languages"; // what the page itself remembers

const TAG = /^[a-z]{2,3}(?:-[A-Za-z0-9]+)*$/;
const LANGUAGES = new Intl.DisplayNames("en", { type: "language" });

type Load = (sources: readonly string[], name: string) => Promise<string | undefined>;

/** Loads the bundles that were chosen among those that the page was served with; none is asked for where there is one. */
export class Languages {
  readonly #group = element<HTMLFieldSetElement>("languages");
  readonly #said = element("languages-said");
  #boxes: HTMLInputElement[] = [];
  #wanted = 0; // the newest choice
  #loading: Promise<string | undefined> | undefined;

  /** @param load loads bundles by their addresses, and says in a line why it could not. */
  constructor(private readonly load: Load) {}

  /** Load what is chosen. */
  async start(): Promise<string | undefined> {
    const served = await servedModels();
    if (served.length === 1) return this.load(served, "");
    if (!this.#boxes.length) this.#offer(served);
    return this.#load();
  }

  #offer(addresses: readonly string[]): void {
    const chosen = recall(CHOSEN).split(" ");
    const some = addresses.filter((address) => chosen.includes(nameOf(address)));
    this.#boxes = addresses.map((address) => {
      const box = make("input");
      box.type = "checkbox";
      box.value = address;
      box.checked = !some.length || some.includes(address);
      box.addEventListener("change", () => this.#changed(box));
      const label = make("label");
      label.append(box, languageName(nameOf(address)));
      this.#said.before(label);
      return box;
    });
    this.#group.hidden = false;
  }

  async #changed(box: HTMLInputElement): Promise<void> {
    if (!this.#chosen.length) {
      box.checked = true;
      this.#said.textContent = "One language at least is needed.";
      return;
    }
    remember(CHOSEN, this.#chosen.map(nameOf).join(" "));
    const fault = await this.#load();
    if (fault) this.#said.textContent = fault;
  }

  get #chosen(): string[] {
    return this.#boxes.filter(({ checked }) => checked).map(({ value }) => value);
  }

  /** Load the newest choice; one that comes while another is loaded waits for it. */
  async #load(): Promise<string | undefined> {
    const mine = ++this.#wanted;
    this.#said.textContent = "Loading…";
    await this.#loading;
    if (mine !== this.#wanted) return undefined;
    const chosen = this.#chosen;
    const names = chosen.map((address) => languageName(nameOf(address)));
    this.#loading = this.load(chosen, new Intl.ListFormat("en").format(names));
    const fault = await this.#loading;
    if (mine === this.#wanted) this.#said.textContent = "";
    return fault;
  }
}

/** Where the bundles of the page are. */
async function servedModels(): Promise<[string, ...string[]]> {
  const answer = await fetch(SERVED).catch(() => undefined);
  const found: unknown = answer?.ok ? await answer.json().catch(() => undefined) : undefined;
  const isList = Array.isArray(found) && found.length && found.every((address) => typeof address === "string");
  return isList ? (found as [string, ...string[]]) : ["model/"];
}

/** The last folder of an address. */
export function nameOf(address: string): string {
  return address.replace(/\/+$/, "").split("/").at(-1) ?? address;
}

/** What a language is called: "German" for de; a name that is no language is its own. */
export function languageName(name: string): string {
  return TAG.test(name) ? (LANGUAGES.of(name) ?? name) : name;
}

/** The language of a word, as HTML has it; empty where it is of several, or nobody knows. */
export function tagOf(item: Suggestion | undefined): string {
  const tags = item?.sources.filter((source) => TAG.test(source)) ?? [];
  return tags.length === 1 ? (tags[0] as string) : "";
}
