/** The worker that a page's predictor runs in. */
import { Predictor, type Session } from "./inline.js";
import type { Answer, Message, Request } from "./protocol.js";

let loaded: Predictor | undefined;
const sessions = new Map<number, Session>();

async function answer(request: Request): Promise<Answer> {
  if (request.ask === "load") {
    loaded = await Predictor.load(request.source, request.options);
    return loaded.config;
  }
  if (!loaded) throw new Error("the page asked before it loaded a bundle");
  switch (request.ask) {
    case "suggest":
      return loaded.suggest(request.context, request.options);
    case "complete":
      return loaded.complete(request.text, request.options);
    case "phrases":
      return loaded.phrases(request.context, request.options);
    case "score":
      return loaded.score(request.text);
    case "session":
      return field(loaded, request).suggest(request.options);
    case "save":
      return field(loaded, request).save();
    case "restore":
      return keep(request.session, await loaded.restore(request.data)).text;
    case "copy":
      keep(request.session, sessions.get(request.of)?.copy() ?? loaded.session());
      return undefined;
    case "forget":
      sessions.delete(request.session);
      return undefined;
  }
}

/** The session that is asked, with the text that it has on the page. */
function field(predictor: Predictor, { session, text }: { session: number; text: string }): Session {
  const found = sessions.get(session) ?? keep(session, predictor.session());
  found.set(text);
  return found;
}

function keep(number: number, session: Session): Session {
  sessions.set(number, session);
  return session;
}

self.addEventListener("message", async ({ data }: MessageEvent<{ id: number; request: Request }>) => {
  const { id, request } = data;
  const message: Message = await answer(request).then(
    (answer) => ({ id, answer }),
    (error: Error) => ({ id, error: { name: error.name, message: error.message } }),
  );
  self.postMessage(message);
});
