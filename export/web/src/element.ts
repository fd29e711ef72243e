/** `<wordgru-field>`: offers in the text fields inside of it. Importing this module defines the element. */
import { type Attached, type AttachOptions, attach, WordgruError, type WordSource } from "./index.js";

// where there is no page, as when one is rendered ahead, there is nothing to extend
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * Words are offered in the text fields inside.
 *
 * Attributes: `model` is the address of a bundle, or of several with spaces between them; `show`, `k` and `personal` are the options of `attach`; `tab="off"`
 * leaves the Tab key alone. What is wrong is told by an `error` event.
 *
 * @example
 * <wordgru-field model="model/"><textarea></textarea></wordgru-field>
 */
export class WordgruField extends Base {
  static readonly observedAttributes = ["model", "show", "k", "personal", "tab"];
  #source: WordSource | undefined;
  #attached: Attached | undefined;

  /** Where the words come from, in the place of `model`: a predictor that several elements share, say. */
  get source(): WordSource | undefined {
    const addresses = this.getAttribute("model")?.trim().split(/\s+/) ?? [];
    return this.#source ?? (addresses.length > 1 ? addresses : addresses[0]);
  }

  set source(source: WordSource | undefined) {
    this.#source = source;
    this.#attach();
  }

  connectedCallback(): void {
    this.#attach();
  }

  disconnectedCallback(): void {
    this.#detach();
  }

  attributeChangedCallback(): void {
    this.#attach();
  }

  #attach(): void {
    this.#detach();
    const { source } = this;
    if (!this.isConnected || source === undefined) return;
    const personal = this.getAttribute("personal");
    const options: AttachOptions = {
      show: (this.getAttribute("show") ?? undefined) as AttachOptions["show"],
      k: this.hasAttribute("k") ? Number(this.getAttribute("k")) : undefined,
      personal: personal === "" ? true : (personal ?? undefined),
      tab: this.getAttribute("tab") !== "off",
      onError: (error) => this.#tell(error),
    };
    try {
      this.#attached = attach(this, source, options);
    } catch (error) {
      if (!(error instanceof WordgruError)) throw error;
      this.#tell(error);
    }
  }

  #detach(): void {
    this.#attached?.detach();
    this.#attached = undefined;
  }

  #tell(error: Error): void {
    const event = new ErrorEvent("error", { error, message: error.message, cancelable: true });
    if (this.dispatchEvent(event)) console.error(error.message);
  }
}

globalThis.customElements?.define("wordgru-field", WordgruField);
