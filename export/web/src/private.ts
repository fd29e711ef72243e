/** Which fields of a page take words, and which are nobody's business. */

const SECRET = /^(one-time-code|(current|new)-password|cc-.*)$/;
// names that say it where `autocomplete` does not, as words: "cardNumber" and "card_number" are "card number"
const NAMED =
  /\b(pass ?(word|wd|code|phrase)|pwd|pin|t?otp|[m2]fa|cv[vcn]2?|csc|ssn|iban|(credit|debit) ?card|(card|cc) ?(number|num|no)|(security|verification|one time) ?code)\b/;

const secrets = new WeakSet<HTMLElement>(); // a password that is shown is one still

/**
 * Whether `field` is never read: a password, a one-time code, a payment card, or anything below `data-private`.
 *
 * A field that was private once stays it.
 */
export function isPrivate(field: HTMLElement): boolean {
  if (secrets.has(field)) return true;
  if (isSecret(field)) secrets.add(field);
  return secrets.has(field) || isMarked(field);
}

/** Whether words may be offered in `field`: text is typed into it, and the page offers nothing there itself. */
export function takesWords(field: HTMLElement): boolean {
  if (isPrivate(field)) return false;
  if (/^(numeric|decimal|tel|email|url)$/.test(field.inputMode)) return false;
  if (field.role === "combobox" || !/^(none)?$/.test(field.ariaAutoComplete ?? "")) return false;
  return !(field instanceof HTMLInputElement) || (isTextual(field) && !field.hasAttribute("list"));
}

/** Whether `field` can be edited now. */
export function isEditable(field: HTMLElement): boolean {
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)
    return !field.readOnly && !field.disabled;
  return field.isContentEditable;
}

/** Whether prose is typed into an input of this type. */
export function isTextual({ type }: HTMLInputElement): boolean {
  return type === "text" || type === "search";
}

function isSecret(field: HTMLElement): boolean {
  if (field instanceof HTMLInputElement && field.type === "password") return true;
  if (
    (field.getAttribute("autocomplete") ?? "")
      .toLowerCase()
      .split(/\s+/)
      .some((part) => SECRET.test(part))
  )
    return true;
  const style = getComputedStyle(field).getPropertyValue("-webkit-text-security"); // dots for letters
  if (style && style !== "none") return true;
  const names = `${field.getAttribute("name") ?? ""} ${field.id}`.replace(/(?<=[a-z0-9])(?=[A-Z])|[^a-zA-Z0-9]+/g, " ");
  return NAMED.test(names.toLowerCase());
}

/** Whether `data-private` stands on the field, or on anything around it. */
function isMarked(field: HTMLElement): boolean {
  for (let at: Element | undefined = field; at; ) {
    if (at.closest("[data-private]")) return true;
    const root: Node = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : undefined;
  }
  return false;
}
