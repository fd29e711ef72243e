/**
 * Bytes as strings: one character, U+0000 to U+00FF, for each byte.
 *
 * Such strings compare in the order of their bytes, can be keys of a Map, and have `slice` and `startsWith`.
 */
export type Bytes = string;

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ASCII = /^[\x00-\x7f]*$/;

/** The UTF-8 bytes of `text`. */
export function toBytes(text: string): Bytes {
  return ASCII.test(text) ? text : String.fromCharCode(...encoder.encode(text));
}

/** The text that `bytes` spell; undefined where they are no UTF-8. */
export function toText(bytes: Bytes): string | undefined {
  if (ASCII.test(bytes)) return bytes;
  try {
    return strict.decode(toArray(bytes));
  } catch {
    return undefined;
  }
}

/** The text that `bytes` spell, with U+FFFD for what is no UTF-8. */
export function toShown(bytes: Bytes): string {
  return toText(bytes) ?? new TextDecoder("utf-8", { ignoreBOM: true }).decode(toArray(bytes));
}

function toArray(bytes: Bytes): Uint8Array {
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
