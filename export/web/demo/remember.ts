/** What the page remembers in this browser, by name. */

/** Nothing where the browser lets it remember nothing. */
export function recall(what: string): string {
  try {
    return localStorage.getItem(what) ?? "";
  } catch {
    return "";
  }
}

/** Where the browser does not let it, it lasts as long as the page. */
export function remember(what: string, value: string): void {
  try {
    localStorage.setItem(what, value);
  } catch {}
}
