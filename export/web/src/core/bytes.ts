/**
 * Bytes as strings: one character, U+0000 to U+00FF, for each byte.
 *
 * Such strings compare in the order of their bytes, can be keys of a Map, and have `slice` and `startsWith`.
 */
export type Bytes = string;

const encoder = new TextEncoder();
const ASCII = /^[\x00-\x7f]*$/;

/** The UTF-8 bytes of `text`. */
export function toBytes(text: string): Bytes {
  return ASCII.test(text) ? text : String.fromCharCode(...encoder.encode(text));
}

/** The text that `bytes` spell, with U+FFFD for what is no UTF-8. */
export function toText(bytes: Bytes): string {
  return ASCII.test(bytes) ? bytes : new TextDecoder("utf-8", { ignoreBOM: true }).decode(toArray(bytes));
}

/** The characters of `bytes`, with U+FFFD for what is no UTF-8, and the bytes of a last one that is not yet whole. */
export function toWholeText(bytes: Bytes): [text: string, rest: Bytes] {
  if (ASCII.test(bytes)) return [bytes, ""];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const text = decoder.decode(toArray(bytes), { stream: true });
  if (!decoder.decode()) return [text, ""];
  let start = bytes.length - 1;
  while (bytes.charCodeAt(start) < 0xc0) start--;
  return [text, bytes.slice(start)];
}

/** Where `bytes` would stand in `sorted`: the number of entries that are less. */
export function lowerBound(sorted: readonly Bytes[], bytes: Bytes): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Bytes) < bytes) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The range of `sorted` whose entries begin with `start`. */
export function rangeOf(sorted: readonly Bytes[], start: Bytes): [low: number, high: number] {
  let end = start.length;
  while (end && start.charCodeAt(end - 1) === 0xff) end--;
  if (!end) return [lowerBound(sorted, start), sorted.length];
  const next = start.slice(0, end - 1) + String.fromCharCode(start.charCodeAt(end - 1) + 1);
  return [lowerBound(sorted, start), lowerBound(sorted, next)];
}

function toArray(bytes: Bytes): Uint8Array {
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
