/** The worker that a page's predictor runs in. */
import { Predictor, type Session } from "./inline.js";
import type { Answer, Message, Request } from "./protocol.js";

let loaded: Predictor | undefined;
const sessions = new Map<number, Session>();

async function answer(request: Request): Promise<Answer> {
  if (request.ask === "load") {
    loaded = await Predictor.load(request.source, request.wasm ? { wasm: request.wasm } : {});
    return loaded.config;
  }
  if (!loaded) throw new Error("the page asked before it loaded a bundle");
  switch (request.ask) {
    case "suggest":
      return loaded.suggest(request.context, request.options);
    case "complete":
      return loaded.complete(request.text, request.options);
    case "session":
      return ask(loaded, request);
    case "copy":
      sessions.set(request.session, sessions.get(request.of)?.copy() ?? loaded.session());
      return undefined;
    case "forget":
      sessions.delete(request.session);
      return undefined;
  }
}

function ask(predictor: Predictor, { session, text, options }: Request & { ask: "session" }): Promise<Answer> {
  let field = sessions.get(session);
  if (!field) {
    field = predictor.session();
    sessions.set(session, field);
  }
  field.set(text);
  return field.suggest(options);
}

self.addEventListener("message", async ({ data }: MessageEvent<{ id: number; request: Request }>) => {
  const { id, request } = data;
  const message: Message = await answer(request).then(
    (answer) => ({ id, answer }),
    (error: Error) => ({ id, error: { name: error.name, message: error.message } }),
  );
  self.postMessage(message);
});
