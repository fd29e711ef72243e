/** Counts and times what a predictor asks of its model, from outside: for the bench. */
import type { Runtime } from "../src/core/index.js";

/** One call of the model. */
export interface Call {
  /** When it began, in milliseconds since 1970: clocks of a page and its Worker are compared. */
  readonly at: number;
  readonly milliseconds: number;
  /** Tokens read, in all rows together. */
  readonly tokens: number;
}

/** The calls of every model that `runtime` opens from now on. */
export function metered(runtime: Runtime): Call[] {
  const calls: Call[] = [];
  const { InferenceSession } = runtime;
  const create = InferenceSession.create.bind(InferenceSession);
  InferenceSession.create = async (...given) => {
    const session = await create(...given);
    const run = session.run.bind(session) as (...given: unknown[]) => ReturnType<typeof session.run>;
    session.run = async (feeds: Parameters<typeof session.run>[0], ...others: unknown[]) => {
      const started = performance.now();
      const answer = await run(feeds, ...others);
      const milliseconds = performance.now() - started;
      calls.push({ at: performance.timeOrigin + started, milliseconds, tokens: feeds.input_ids?.size ?? 0 });
      return answer;
    };
    return session;
  };
  return calls;
}
