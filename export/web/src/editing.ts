/** The text of a field of a page, where its cursor is, and how something is typed into it. */

/** A text field, whichever element it is. */
export interface Editing {
  /** All of its text. */
  readonly text: string;
  /** The text before the cursor, or before what is selected. */
  readonly before: string;
  /** The text after the cursor, or after what is selected. */
  readonly after: string;
  /** Whether something is selected. */
  readonly isSelecting: boolean;
  /** The element whose style the text at the cursor has. */
  readonly styled: HTMLElement;
  /** Where the cursor is, in pixels of the viewport; it has no width. */
  caret(): DOMRect;
  /** Type `text` over what is selected and the `count` UTF-16 units before it, so that it can be undone. */
  type(text: string, count: number): void;
}

/** The text field that holds `node`: an input, a textarea, or the outermost element whose content is edited. */
export function fieldOf(node: unknown): HTMLElement | undefined {
  if (isPlain(node)) return node;
  let host = node instanceof HTMLElement && node.isContentEditable ? node : undefined;
  while (host?.parentElement?.isContentEditable) host = host.parentElement;
  return host;
}

/** How the text of `field`, which `fieldOf` found, is read and edited. */
export function editing(field: HTMLElement): Editing {
  return isPlain(field) ? new PlainText(field) : new RichText(field);
}

/** Where what belongs to `field` is put: a dialog or a landmark around it, for what lies elsewhere may be inert. */
export function homeOf(field: HTMLElement): ParentNode & Node {
  const root = field.getRootNode();
  return field.closest(HOMES) ?? (root instanceof ShadowRoot ? root : document.body);
}

const HOMES = `dialog, [popover], form, main, nav, aside, search, [role=dialog], [role=main], [role=form]`;

function isPlain(node: unknown): node is HTMLInputElement | HTMLTextAreaElement {
  return node instanceof HTMLTextAreaElement || node instanceof HTMLInputElement;
}

/** What decides where the letters of a text stand. */
const LETTERS = [
  ...["font-family", "font-size", "font-style", "font-weight", "font-stretch", "font-variant", "font-feature-settings"],
  ...["font-kerning", "letter-spacing", "word-spacing", "line-height", "text-transform", "direction", "text-rendering"],
];
const LINES = ["overflow-wrap", "word-break", "line-break", "tab-size", "text-align", "text-indent", "unicode-bidi"];
const PADDING = ["padding-top", "padding-right", "padding-bottom", "padding-left"];

/** Give `made` the letters that `styled` has. */
export function copyStyle(styled: HTMLElement, made: HTMLElement, names: readonly string[] = LETTERS): void {
  const style = getComputedStyle(styled);
  for (const name of names) made.style.setProperty(name, style.getPropertyValue(name));
}

/** An input or a textarea. */
class PlainText implements Editing {
  constructor(readonly styled: HTMLInputElement | HTMLTextAreaElement) {}

  get text(): string {
    return this.styled.value;
  }

  get before(): string {
    return this.styled.value.slice(0, this.styled.selectionStart ?? 0);
  }

  get after(): string {
    return this.styled.value.slice(this.styled.selectionEnd ?? 0);
  }

  get isSelecting(): boolean {
    return this.styled.selectionStart !== this.styled.selectionEnd;
  }

  /** Measured in an invisible copy of the field, for browsers do not tell. */
  caret(): DOMRect {
    const { styled } = this;
    const copy = document.createElement("wordgru-copy");
    copy.style.cssText = "all: initial"; // else what a page's styles say of every element holds
    copyStyle(styled, copy, [...LETTERS, ...LINES, ...PADDING]);
    const { left, top } = styled.getBoundingClientRect();
    const [above, right, below, before] = PADDING.map((side) => Number.parseFloat(copy.style.getPropertyValue(side)));
    const height = styled.clientHeight - Number(above) - Number(below);
    const isLine = styled instanceof HTMLInputElement;
    Object.assign(copy.style, {
      position: "fixed",
      visibility: "hidden",
      left: `${left + styled.clientLeft - styled.scrollLeft}px`,
      top: `${top + styled.clientTop - styled.scrollTop}px`,
      width: `${styled.clientWidth - Number(before) - Number(right)}px`,
      height: `${height}px`,
      whiteSpace: isLine ? "pre" : "pre-wrap",
    });
    if (isLine) copy.style.lineHeight = `${height}px`; // its line stands in the middle
    const mark = document.createElement("span");
    mark.style.cssText = "all: unset";
    copy.append(this.before, mark, this.after);
    homeOf(styled).append(copy);
    const rect = mark.getBoundingClientRect();
    copy.remove();
    return rect;
  }

  type(text: string, count: number): void {
    const { styled } = this;
    const [start, end] = [(styled.selectionStart ?? 0) - count, styled.selectionEnd ?? 0];
    if (count) styled.setSelectionRange(start, end);
    // execCommand alone keeps the history of edits; it is old, and where a browser has dropped it, it answers false
    if (document.execCommand("insertText", false, text)) return;
    styled.setRangeText(text, start, end, "end");
    styled.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }
}

/** An element with `contenteditable`. */
class RichText implements Editing {
  constructor(private readonly host: HTMLElement) {}

  get text(): string {
    return textOf(this.host)[0];
  }

  get before(): string {
    const [text, at] = textOf(this.host, this.#range());
    return text.slice(0, at);
  }

  get after(): string {
    const range = this.#range()?.cloneRange();
    range?.collapse();
    const [text, at] = textOf(this.host, range);
    return text.slice(at);
  }

  get isSelecting(): boolean {
    return this.#range()?.collapsed === false;
  }

  get styled(): HTMLElement {
    const at = this.#range()?.startContainer;
    return (at instanceof HTMLElement ? at : at?.parentElement) ?? this.host;
  }

  caret(): DOMRect {
    const range = this.#range();
    const [rect] = range?.getClientRects() ?? [];
    if (rect) return rect;
    const { left, right, top, height } = this.styled.getBoundingClientRect(); // an empty line
    const isRightToLeft = getComputedStyle(this.styled).direction === "rtl";
    return new DOMRect(isRightToLeft ? right : left, top, 0, height);
  }

  type(text: string, count: number): void {
    const selection = this.#selection();
    if (count && this.isSelecting) document.execCommand("delete");
    for (let left = count; left > 0; left--) selection?.modify("extend", "backward", "character");
    if (document.execCommand("insertText", false, text)) return;
    const range = this.#range();
    range?.deleteContents();
    range?.insertNode(document.createTextNode(text));
    selection?.collapseToEnd();
    this.host.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }

  #selection(): Selection | null {
    const root = this.host.getRootNode() as { getSelection?: () => Selection | null }; // of a shadow root: Chromium's
    return root.getSelection?.() ?? document.getSelection();
  }

  /** What is selected, if it lies in this field. */
  #range(): Range | undefined {
    const selection = this.#selection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : undefined;
    return range && this.host.contains(range.startContainer) ? range : undefined;
  }
}

/** The text of `host` with a line end for each `<br>` and between blocks, and where in it `range` begins. */
function textOf(host: HTMLElement, range?: Range): [text: string, at: number] {
  let text = "";
  let at = 0;
  function visit(node: Node): void {
    const isStart = node === range?.startContainer;
    if (node instanceof Text) {
      if (isStart) at = text.length + range.startOffset;
      text += node.data;
      return;
    }
    if (!(node instanceof HTMLElement)) return;
    if (node.tagName === "BR") text += "\n";
    const { display } = getComputedStyle(node);
    if (display === "none") return;
    const isBlock = node !== host && !/^(inline|contents)/.test(display);
    const breakLine = () => {
      if (isBlock && text && !text.endsWith("\n")) text += "\n";
    };
    breakLine();
    for (const [index, child] of node.childNodes.entries()) {
      if (isStart && index === range.startOffset) at = text.length;
      visit(child);
    }
    if (isStart && range.startOffset === node.childNodes.length) at = text.length;
    breakLine();
  }
  visit(host);
  return [text.replaceAll("\u00a0", " "), at]; // browsers type such spaces where others would not show
}
