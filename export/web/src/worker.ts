/** The worker that a page's predictor runs in. */
import { PersonalModel, Predictor, type Session } from "./inline.js";
import type { Answer, Call, Field, Message, Request } from "./protocol.js";

let loaded: Predictor | undefined;
const sessions = new Map<number, Session>();

async function answer(request: Request): Promise<Answer> {
  if (request.ask === "load") {
    const { personal, ...options } = request.options;
    const words = personal === true ? new PersonalModel() : personal;
    loaded = await Predictor.load(request.source, { ...options, personal: words });
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
    case "open":
      keep(request.session, loaded.session("", request.options));
      return undefined;
    case "corrections":
      return field(loaded, request).corrections(request.options);
    case "correction":
      return field(loaded, request).correction(request.threshold);
    case "characters":
      return field(loaded, request).characters(request.options);
    case "natsAfter":
      return field(loaded, request).natsAfter(request.choices, request.following);
    case "session":
      return field(loaded, request).suggest(request.options);
    case "commit":
      return field(loaded, request).commit();
    case "reset":
      sessions.get(request.session)?.reset();
      return undefined;
    case "save":
      return field(loaded, request).save();
    case "restore":
      return keep(request.session, await loaded.restore(request.data, request.options)).text;
    case "copy":
      keep(request.session, sessions.get(request.of)?.copy() ?? loaded.session());
      return undefined;
    case "forget":
      sessions.delete(request.session);
      return undefined;
    case "call":
      return call(loaded, request);
  }
}

/** What a method of the word list or the personal words returns, or a value of theirs. */
function call(predictor: Predictor, { of, name, given }: Call): unknown {
  const owner = predictor[of] as unknown as Record<string, unknown>;
  const value = owner[name];
  return typeof value === "function" ? value.apply(owner, given) : value;
}

/** The session that is asked, with the text that it has on the page. */
function field(predictor: Predictor, { session, text, touched }: Field): Session {
  const found = sessions.get(session) ?? keep(session, predictor.session());
  found.set(text);
  found.touched = touched;
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
