/** A session as a few kilobytes, and back. `wordgru/saved.py` in TypeScript. */
import { WordgruError } from "./errors.js";
import type { Mark, Read } from "./reading.js";

const NEW_LINE = 10; // the byte between what is said in JSON and the state

/** What the person's words have learnt of a field, and their clock before. */
export interface Committed {
  readonly text: string;
  readonly since: number;
}

interface Head {
  readonly model: string;
  readonly text: string;
  readonly before?: string;
  readonly tokens: readonly number[];
  readonly mark: Mark;
  readonly committed: Committed;
}

/** What is kept of a session. */
export class Saved {
  /**
   * @param text of the field.
   * @param before what is read before it.
   * @param committed what the person's words have learnt of it.
   * @param read what the model read.
   */
  constructor(
    readonly text: string,
    readonly before: string,
    readonly committed: Committed,
    readonly read: Read,
  ) {}

  /** All of it, with the `model` that it is of. */
  toBytes(model: string): Uint8Array {
    const { text, before, committed } = this;
    const { tokens, mark, state } = this.read;
    const head: Head = { model, text, before, tokens, mark, committed };
    const values = new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
    return Uint8Array.from([...new TextEncoder().encode(JSON.stringify(head)), NEW_LINE, ...values]);
  }

  /**
   * What `toBytes` made into `data`, of a `model` whose state has `size` bytes.
   *
   * @throws WordgruError if it is broken, or of another model.
   */
  static fromBytes(data: Uint8Array, model: string, size: number): Saved {
    const end = data.indexOf(NEW_LINE);
    let head: Head;
    try {
      head = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data.subarray(0, end)));
      const isWhole = typeof head.text === "string" && Array.isArray(head.tokens) && isMark(head.mark);
      if (!["string", "undefined"].includes(typeof head.before)) throw new Error("what stood before is no text");
      if (!isWhole || !isCommitted(head.committed)) throw new Error("a part is missing");
    } catch (error) {
      throw new WordgruError(`the saved session cannot be read (${(error as Error).message}); start a new one.`);
    }
    if (head.model !== model) {
      throw new WordgruError("the saved session is of another model; load that model, or start a new session.");
    }
    if (data.length - end - 1 !== size) {
      throw new WordgruError("the saved session cannot be read (it was cut short); start a new one.");
    }
    const { text, before = "", tokens, mark, committed } = head;
    return new Saved(text, before, committed, { tokens, mark, state: new Float32Array(data.slice(end + 1).buffer) });
  }
}

function isCommitted(committed: Committed | undefined): boolean {
  return typeof committed?.text === "string" && Number.isFinite(committed.since);
}

function isMark(mark: Mark | undefined): boolean {
  return Number.isInteger(mark?.offset) && Number.isInteger(mark?.count);
}
