/** A phone's keyboard that is drawn: what is touched are points, which the session reads with the text around them. */
import { Layout } from "../src/index.js";
import { make } from "./dom.js";

/** The keyboard's layout, and the typing model's. */
export const LAYOUT = "phone";

/** What keys do. */
export interface Keys {
  /** The letters were touched, in key widths from the centre of the first key. */
  touched(x: number, y: number, isUpper: boolean): void;
  /** Something is typed for certain. */
  typed(text: string): void;
  /** The key that takes back. */
  back(): void;
}

/** A key that is no letter. */
interface Other {
  readonly shown: string;
  readonly label: string;
  /** Where it begins, in key widths from the left; its row; its width. */
  readonly place: readonly [x: number, y: number, width: number];
  press(keys: Keys): void;
}

const CAPITAL_AFTER = /(^|[.!?]["'”’)]*\s+|\n)$/u;

export class Keyboard {
  readonly #letters: HTMLButtonElement[] = [];
  readonly #shift: HTMLButtonElement;
  readonly #rows: number;
  readonly #columns: number;
  #isUpper = false;

  /** Draw it into `host`. */
  constructor(
    private readonly host: HTMLElement,
    private readonly keys: Keys,
  ) {
    const { keys: centres } = Layout.load(LAYOUT);
    const places = [...centres.values()];
    this.#columns = 1 + Math.max(...places.map(([x]) => x));
    const below = 1 + Math.max(...places.map(([, y]) => y));
    this.#rows = below + 1;
    for (const [char, [x, y]] of centres) this.#letters.push(this.#draw(char, char, [x, y, 1], () => this.#type(char)));
    this.#shift = this.#add({ shown: "⇧", label: "Shift", place: [0, below - 1, 1.5], press: () => this.#turn() });
    for (const other of others(this.#columns, below)) this.#add(other);
    host.addEventListener("pointerdown", (event) => this.#press(event));
  }

  /** Small letters or capitals, by what stands before the cursor. */
  follow(before: string): void {
    this.#isUpper = !CAPITAL_AFTER.test(before);
    this.#turn();
  }

  #add({ shown, label, place, press }: Other): HTMLButtonElement {
    const button = this.#draw(shown, label, place, () => press(this.keys));
    button.classList.add("other");
    button.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the cursor stays in the text
      event.stopPropagation();
      if (event.button === 0) press(this.keys);
    });
    return button;
  }

  /** A button, which fingers touch somewhere, and what has no fingers (a screen reader, say) presses for certain. */
  #draw(shown: string, label: string, place: Other["place"], press: () => void): HTMLButtonElement {
    const [x, y, width] = place;
    const button = make("button", shown);
    button.type = "button";
    button.tabIndex = -1; // whoever tabs has a keyboard
    if (label !== shown) button.ariaLabel = label;
    const share = (size: number, whole: number) => `${(100 * size) / whole}%`;
    Object.assign(button.style, {
      left: share(x, this.#columns),
      top: share(y, this.#rows),
      width: share(width, this.#columns),
      height: share(1, this.#rows),
    });
    button.addEventListener("click", ({ detail }) => {
      if (detail === 0) press();
    });
    this.host.append(button);
    return button;
  }

  #press(event: PointerEvent): void {
    event.preventDefault();
    if (event.button !== 0) return;
    const { left, top, width, height } = this.host.getBoundingClientRect();
    const [right, down] = [(event.clientX - left) / width, (event.clientY - top) / height];
    this.#mark(right, down);
    this.keys.touched(right * this.#columns - 0.5, down * this.#rows - 0.5, this.#isUpper);
  }

  /** Show where it was touched. */
  #mark(right: number, down: number): void {
    const mark = make("span");
    mark.className = "touch";
    Object.assign(mark.style, { left: `${100 * right}%`, top: `${100 * down}%` });
    mark.addEventListener("animationend", () => mark.remove());
    this.host.append(mark);
  }

  #type(char: string): void {
    this.keys.typed(this.#isUpper ? char.toUpperCase() : char);
  }

  #turn(): void {
    this.#isUpper = !this.#isUpper;
    this.#shift.ariaPressed = String(this.#isUpper);
    for (const letter of this.#letters) {
      const char = letter.textContent;
      letter.textContent = this.#isUpper ? char.toUpperCase() : char.toLowerCase();
    }
  }
}

function others(columns: number, row: number): Other[] {
  const mark = (shown: string, label: string, x: number): Other => ({
    shown,
    label,
    place: [x, row, 1],
    press: (keys) => keys.typed(shown),
  });
  return [
    { shown: "⌫", label: "Delete", place: [columns - 1.5, row - 1, 1.5], press: (keys) => keys.back() },
    mark("'", "Apostrophe", 0),
    mark(",", "Comma", 1),
    { shown: "space", label: "Space", place: [2, row, columns - 5], press: (keys) => keys.typed(" ") },
    mark(".", "Full stop", columns - 3),
    { shown: "⏎", label: "New line", place: [columns - 2, row, 2], press: (keys) => keys.typed("\n") },
  ];
}
