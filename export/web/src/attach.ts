/** Offers in the text fields of a page: `attach` finds the fields, shares the predictor, and takes all back. */
import type { AttachOptions, FieldSession, SessionSource, WordSource } from "./attach_options.js";
import { WordgruError } from "./core/errors.js";
import { withDefaults } from "./core/suggestions.js";
import { fieldOf } from "./editing.js";
import { Offers } from "./offers.js";
import { type MixedPredictor, Predictor } from "./predictor.js";
import { isTextual, takesWords } from "./private.js";
import type { BundleSource } from "./source.js";

/** What `attach` returns. */
export interface Attached {
  /** Remove every listener, attribute and element; a predictor that was loaded here alone is closed. */
  detach(): void;
}

const SHOWN = ["list", "ghost", "both"];

const attached = new WeakSet<EventTarget>();

/**
 * Offer words in a text field, or in every text field below an element, a document or a shadow root.
 *
 * Fields of passwords, one-time codes and payment cards are left alone, so is all below `data-private`, and so are
 * fields that have suggestions of their own. Nothing is loaded before something is typed.
 *
 * @example
 * const offers = attach(document.querySelector("textarea"), "model/");
 * offers.detach();
 * @throws WordgruError if there is no such element, or it can hold no text; for an option that is wrong.
 */
export function attach(
  target: Element | Document | ShadowRoot | null,
  source: WordSource,
  options: AttachOptions = {},
): Attached {
  const { show = "both", tab, personal, learn, labels, onError, ...search } = options;
  const { k } = withDefaults(search);
  if (!SHOWN.includes(show)) throw new WordgruError(`show is ${show}; expected ${SHOWN.join(", ")}.`);
  if (!(target instanceof Node)) {
    throw new WordgruError("there is no element to attach to; call attach when the page has it.");
  }
  if (target instanceof HTMLInputElement && !isTextual(target) && target.type !== "password") {
    throw new WordgruError(`words are not typed into an input of type ${target.type}; expected text or search.`);
  }
  if (attached.has(target)) throw new WordgruError("this element has offers already; call their detach() before.");
  const shared = share(source, personal);
  attached.add(target);
  const sessions = new WeakMap<HTMLElement, Promise<FieldSession>>(); // a field entered again goes on
  async function sessionOf(field: HTMLElement): Promise<FieldSession> {
    const found = sessions.get(field) ?? shared.load().then((predictor) => predictor.session());
    sessions.set(field, found);
    found.catch(() => sessions.delete(field)); // so that it is tried again
    return found;
  }
  const watch = new Watch(target, (field) => new Offers(field, sessionOf, { ...search, k }, options));
  return {
    detach(): void {
      if (!attached.delete(target)) return;
      watch.end();
      shared.release();
    },
  };
}

/** Has offers in the field that is being typed into, if it lies in `target`; where that is a field itself, always. */
class Watch {
  readonly #end = new AbortController();
  #field: HTMLElement | undefined;
  #offers: Offers | undefined;

  constructor(
    private readonly target: Node,
    private readonly make: (field: HTMLElement) => Offers,
  ) {
    const { signal } = this.#end;
    if (fieldOf(target) === target) this.#enter(target);
    const entered = (event: Event) => this.#enter(event.composedPath()[0]);
    target.addEventListener("focusin", entered, { signal });
    target.addEventListener("focusout", () => this.#leave(), { signal });
    const focused = (target.getRootNode() as Document | ShadowRoot).activeElement;
    if (focused && target.contains(focused)) this.#enter(focused);
  }

  end(): void {
    this.#end.abort();
    this.#offers?.dispose();
  }

  #enter(node: unknown): void {
    const field = fieldOf(node);
    if (!field || this.#field === field) return;
    this.#leave();
    if (!takesWords(field)) return;
    this.#field = field;
    this.#offers = this.make(field);
  }

  #leave(): void {
    if (this.#field === this.target) return;
    this.#offers?.dispose();
    this.#offers = undefined;
    this.#field = undefined;
  }
}

/** A predictor that several fields may use. */
interface Shared {
  load(): Promise<SessionSource>;
  /** Called once by each that used it. */
  release(): void;
}

const loaded = new Map<unknown, { users: number; predictor: Promise<Predictor | MixedPredictor> | undefined }>();

type Bundles = BundleSource | readonly BundleSource[];

function isBundle(source: unknown): boolean {
  return typeof source === "string" || source instanceof URL || source instanceof Map;
}

/** A bundle is loaded once for all who name it, and for as long as there are any; what was made elsewhere is not closed. */
function share(source: WordSource, personal: string | true | undefined): Shared {
  const bundles = (Array.isArray(source) ? source : [source]) as readonly BundleSource[];
  if (!bundles.every(isBundle)) return given(source as Exclude<WordSource, Bundles>, personal);
  const hasFiles = bundles.some((each) => each instanceof Map);
  const key = hasFiles
    ? source
    : JSON.stringify([bundles.map((each) => new URL(String(each), document.baseURI)), personal]);
  const shared = loaded.get(key) ?? { users: 0, predictor: undefined };
  shared.users++;
  loaded.set(key, shared);
  return {
    async load() {
      shared.predictor ??= Array.isArray(source)
        ? Predictor.load(bundles, { personal })
        : Predictor.load(source as BundleSource, { personal });
      return shared.predictor.catch((error) => {
        shared.predictor = undefined; // so that it is tried again
        throw error;
      });
    },
    release() {
      if (--shared.users) return;
      loaded.delete(key);
      shared.predictor?.then((predictor) => predictor.close()).catch(() => {}); // who asked was told
    },
  };
}

function given(source: Exclude<WordSource, Bundles>, personal: string | true | undefined): Shared {
  if (personal !== undefined) {
    throw new WordgruError("personal needs the address of a bundle here; else give it to Predictor.load.");
  }
  const isSource = typeof source === "function" || typeof (source as SessionSource | null)?.session === "function";
  if (!isSource) {
    throw new WordgruError(
      `the source is ${source}; expected the address of a bundle, a predictor, or a function that returns one.`,
    );
  }
  let made: Promise<SessionSource> | undefined;
  async function load(): Promise<SessionSource> {
    made ??= (async () => (typeof source === "function" ? source() : source))();
    return made.catch((error) => {
      made = undefined; // so that it is tried again
      throw error;
    });
  }
  return { load, release() {} };
}
