import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import type { BundleConfig } from "./bundle.js";
import { BundleError, WordgruError } from "./errors.js";

/** What is needed of onnxruntime-web or onnxruntime-node. */
export interface Runtime {
  readonly InferenceSession: {
    create(graph: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** What the word search and the sessions need of a model. */
export interface LanguageModel {
  /** The state in which a text begins, before the piece 0.  # (layers * hidden) */
  initialState(): Float32Array;
  /** Read one piece at each state: P(next piece) (V) and the state (layers * hidden). */
  step(pieces: readonly number[], states: readonly Float32Array[]): Promise<Answer[]>;
  /** The state after reading `pieces`. */
  advance(pieces: readonly number[], state: Float32Array): Promise<Float32Array>;
}

/** What a model says after a piece. */
export interface Answer {
  readonly probabilities: Float32Array;
  readonly state: Float32Array;
}

const INPUTS = ["input_ids", "state", "positions"];
const OUTPUTS = ["logits", "next_state"];
const CHUNK = 512; // pieces in one call: bounds memory on a long text

/**
 * A serialized graph of one node: `Softmax`, from the output "logits" to the output "probabilities".
 *
 * Protocol buffers that are written one after the other are read as one message, so appended to a file it becomes part
 * of its graph. It takes a small part of the time that TypeScript takes, three passes over the vocabulary.
 */
const WITH_PROBABILITIES =
  "3a4f0a360a066c6f67697473120d70726f626162696c69746965732207536f66746d61782a140a046178697318ffffffffffffffffff01" +
  "a0010262150a0d70726f626162696c697469657312040a020801";

/** A bundle's graph in onnxruntime. */
export class OnnxLanguageModel implements LanguageModel {
  readonly #layers: number;
  readonly #hidden: number;
  readonly #vocabulary: number;
  readonly #last: Tensor;

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    config: BundleConfig,
  ) {
    this.#layers = config.model.layers;
    this.#hidden = config.model.hidden_size;
    this.#vocabulary = config.model.vocab_size;
    this.#last = new runtime.Tensor("int64", BigInt64Array.of(-1n), [1]);
  }

  /**
   * Open the graph.
   *
   * @throws BundleError if it is no graph of wordgru, or has other sizes than `config` says.
   */
  static async open(runtime: Runtime, graph: Uint8Array, config: BundleConfig): Promise<OnnxLanguageModel> {
    let session: InferenceSession;
    try {
      session = await runtime.InferenceSession.create(appended(graph, WITH_PROBABILITIES), {
        intraOpNumThreads: 1, // spinning threads burn a core at typing speed, and gain nothing
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
    } catch (error) {
      if (error instanceof WordgruError) throw error; // the runtime is missing, not the graph
      const [first] = String((error as Error).message ?? error)
        .trim()
        .split("\n");
      throw new BundleError(
        `model.onnx: onnxruntime cannot load it (${first}); export it again with \`wordgru export\`.`,
      );
    }
    check(session, config);
    return new OnnxLanguageModel(runtime, session, config);
  }

  initialState(): Float32Array {
    return new Float32Array(this.#layers * this.#hidden);
  }

  async step(pieces: readonly number[], states: readonly Float32Array[]): Promise<Answer[]> {
    const batch = pieces.length;
    const [size, layers] = [this.#hidden, this.#layers];
    const together = new Float32Array(layers * batch * size); // (layers, batch, hidden)
    states.forEach((state, row) => {
      for (let layer = 0; layer < layers; layer++) {
        together.set(state.subarray(layer * size, (layer + 1) * size), (layer * batch + row) * size);
      }
    });
    const [rows, after] = await this.#run(pieces, batch, together, ["probabilities", "next_state"]);
    return pieces.map((_, row) => {
      const state = new Float32Array(layers * size);
      for (let layer = 0; layer < layers; layer++) {
        const start = (layer * batch + row) * size;
        state.set(after.subarray(start, start + size), layer * size);
      }
      // copies: a row must not keep the others alive
      return { probabilities: rows.slice(row * this.#vocabulary, (row + 1) * this.#vocabulary), state };
    });
  }

  async advance(pieces: readonly number[], state: Float32Array): Promise<Float32Array> {
    let now = state;
    for (let start = 0; start < pieces.length; start += CHUNK) {
      [now] = await this.#run(pieces.slice(start, start + CHUNK), 1, now, ["next_state"]);
    }
    return now;
  }

  /**
   * What the graph says of `batch` rows of pieces.
   *
   * There must be some, for onnxruntime's GRU ends the process on none.
   */
  async #run<Names extends readonly string[]>(
    pieces: readonly number[],
    batch: number,
    state: Float32Array,
    outputs: readonly [...Names],
  ): Promise<{ [_ in keyof Names]: Float32Array }> {
    const { Tensor } = this.runtime;
    const feeds = {
      input_ids: new Tensor("int64", BigInt64Array.from(pieces, BigInt), [batch, pieces.length / batch]),
      state: new Tensor("float32", state, [this.#layers, batch, this.#hidden]),
      positions: this.#last,
    };
    const answer = await this.session.run(feeds, outputs);
    return outputs.map((name) => answer[name]?.data) as { [_ in keyof Names]: Float32Array };
  }
}

/** `bytes` with those behind them that `hexadecimal` spells. */
function appended(bytes: Uint8Array, hexadecimal: string): Uint8Array {
  const all = new Uint8Array(bytes.length + hexadecimal.length / 2);
  all.set(bytes);
  for (let at = bytes.length; at < all.length; at++) {
    const digit = 2 * (at - bytes.length);
    all[at] = Number.parseInt(hexadecimal.slice(digit, digit + 2), 16);
  }
  return all;
}

/** Hold the graph to the contract of a bundle. */
function check(session: InferenceSession, { model }: BundleConfig): void {
  const values = [...session.inputMetadata, ...session.outputMetadata];
  const missing = [...INPUTS, ...OUTPUTS].find((name) => !values.some((value) => value.name === name));
  if (missing) {
    throw new BundleError(
      `model.onnx: the graph has no '${missing}'; expected the inputs ${INPUTS.join(", ")} and the outputs ` +
        `${OUTPUTS.join(", ")}. Export the model again with \`wordgru export\`.`,
    );
  }
  const size = (name: string, axis: number) => {
    const value = values.find((value) => value.name === name);
    return value?.isTensor ? value.shape[axis] : undefined;
  };
  const got = [size("state", 0), size("state", 2), size("logits", 2)].join(", ");
  const wanted = [model.layers, model.hidden_size, model.vocab_size].join(", ");
  if (got !== wanted) {
    throw new BundleError(
      `model.onnx: layers, hidden size and vocabulary are (${got}); expected (${wanted}) as config.json says. The ` +
        "files are of different models; export again with `wordgru export`.",
    );
  }
}
