import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import type { BundleConfig } from "./bundle.js";
import { BundleError, WordgruError } from "./errors.js";

/** What is needed of onnxruntime-web or onnxruntime-node. */
export interface Runtime {
  readonly InferenceSession: {
    create(graph: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** What the word search and the sessions need of a model. A state is (layers * hidden) values. */
export interface LanguageModel {
  /** The state in which a text begins, before the end-of-text token. */
  initialState(): Float32Array;
  /** Read one token at each state: P(next token), by id, and the state after it. */
  step(tokens: readonly number[], states: readonly Float32Array[]): Promise<Answer[]>;
  /** The state after reading `tokens`. */
  advance(tokens: readonly number[], state: Float32Array): Promise<Float32Array>;
  /** Log-probability in nats of each of `targets`, after the token at the same place, and the state at the end. */
  score(
    tokens: readonly number[],
    targets: readonly number[],
    state: Float32Array,
  ): Promise<[nats: number[], state: Float32Array]>;
}

/** What a model says after a token. */
export interface Answer {
  readonly row: Float32Array;
  readonly state: Float32Array;
}

const INPUTS = ["input_ids", "state", "positions"];
const OUTPUTS = ["probabilities", "next_state"] as const;
const LAST = [-1];
const CHUNK = 512; // tokens in one call: bounds memory on a long text
const SCORED = 256; // and where there is a row for each
const TINY = 2 ** -126; // what is less probable than any float is not impossible

/** A bundle's graph in onnxruntime. */
export class OnnxLanguageModel implements LanguageModel {
  readonly #layers: number;
  readonly #hidden: number;
  readonly #vocabulary: number;

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    config: BundleConfig,
  ) {
    this.#layers = config.model.layers;
    this.#hidden = config.model.hidden_size;
    this.#vocabulary = config.model.vocab_size;
  }

  /**
   * Open the graph.
   *
   * @throws BundleError if it is no graph of wordgru, or has other sizes than `config` says.
   */
  static async open(runtime: Runtime, graph: Uint8Array, config: BundleConfig): Promise<OnnxLanguageModel> {
    let session: InferenceSession;
    try {
      session = await runtime.InferenceSession.create(graph, {
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

  async step(tokens: readonly number[], states: readonly Float32Array[]): Promise<Answer[]> {
    const batch = tokens.length;
    const [size, layers] = [this.#hidden, this.#layers];
    const together = new Float32Array(layers * batch * size); // (layers, batch, hidden)
    states.forEach((state, row) => {
      for (let layer = 0; layer < layers; layer++) {
        together.set(state.subarray(layer * size, (layer + 1) * size), (layer * batch + row) * size);
      }
    });
    const [rows, after] = await this.#run(tokens, batch, together, LAST, OUTPUTS);
    return tokens.map((_, at) => {
      const state = new Float32Array(layers * size);
      for (let layer = 0; layer < layers; layer++) {
        const start = (layer * batch + at) * size;
        state.set(after.subarray(start, start + size), layer * size);
      }
      // copies: a row must not keep the others alive
      return { row: batch === 1 ? rows : rows.slice(at * this.#vocabulary, (at + 1) * this.#vocabulary), state };
    });
  }

  async advance(tokens: readonly number[], state: Float32Array): Promise<Float32Array> {
    let now = state;
    for (let start = 0; start < tokens.length; start += CHUNK) {
      [now] = await this.#run(tokens.slice(start, start + CHUNK), 1, now, LAST, ["next_state"]);
    }
    return now;
  }

  async score(
    tokens: readonly number[],
    targets: readonly number[],
    state: Float32Array,
  ): Promise<[nats: number[], state: Float32Array]> {
    const nats: number[] = [];
    let now = state;
    for (let start = 0; start < tokens.length; start += SCORED) {
      const chunk = tokens.slice(start, start + SCORED);
      const [rows, after] = await this.#run(chunk, 1, now, [...chunk.keys()], OUTPUTS);
      for (const at of chunk.keys()) {
        const probability = rows[at * this.#vocabulary + (targets[start + at] as number)] as number;
        nats.push(Math.log(Math.max(probability, TINY)));
      }
      now = after;
    }
    return [nats, now];
  }

  /**
   * What the graph says of `batch` rows of tokens, after those at `positions`.
   *
   * There must be some, for onnxruntime's GRU ends the process on none.
   */
  async #run<Names extends readonly string[]>(
    tokens: readonly number[],
    batch: number,
    state: Float32Array,
    positions: readonly number[],
    outputs: readonly [...Names],
  ): Promise<{ [_ in keyof Names]: Float32Array }> {
    const { Tensor } = this.runtime;
    const feeds = {
      input_ids: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [batch, tokens.length / batch]),
      state: new Tensor("float32", state, [this.#layers, batch, this.#hidden]),
      positions: new Tensor("int64", BigInt64Array.from(positions, BigInt), [positions.length]),
    };
    const answer = await this.session.run(feeds, outputs);
    return outputs.map((name) => answer[name]?.data) as { [_ in keyof Names]: Float32Array };
  }
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
  const got = [size("state", 0), size("state", 2), size("probabilities", 2)].join(", ");
  const wanted = [model.layers, model.hidden_size, model.vocab_size].join(", ");
  if (got !== wanted) {
    throw new BundleError(
      `model.onnx: layers, hidden size and vocabulary are (${got}); expected (${wanted}) as config.json says. The ` +
        "files are of different models; export again with `wordgru export`.",
    );
  }
}
