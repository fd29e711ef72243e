import { WordgruError } from "./errors.js";
import type { SessionOptions } from "./session.js";

const KINDS: Record<keyof SessionOptions, string> = {
  k: "number",
  prefix: "string",
  ignoreCase: "boolean",
  tolerance: "number",
  maxExpanded: "number",
  maxMilliseconds: "number",
  allowBlocked: "boolean",
};

/**
 * Check the names and the types of options, which come from JavaScript too.
 *
 * @throws WordgruError if one is unknown or has another type.
 */
export function checkOptions(options: SessionOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new WordgruError(`the options are ${String(options)}; expected an object, { k: 3 } for instance.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(KINDS, name)) {
      throw new WordgruError(`unknown option '${name}'; known are ${Object.keys(KINDS).join(", ")}.`);
    }
    const kind = KINDS[name as keyof SessionOptions];
    if (value !== undefined && typeof value !== kind) {
      throw new WordgruError(`${name} is ${shown(value)}; expected a ${kind}.`);
    }
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return `the string ${JSON.stringify(value)}`;
  return typeof value === "object" && value ? "an object" : String(value);
}
