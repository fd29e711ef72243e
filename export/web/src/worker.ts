/** The worker that a page's predictor runs in. */
import {
  type BundleConfig,
  MixedPredictor,
  type MixedSession,
  PersonalModel,
  Predictor,
  Session,
  WordgruError,
} from "./inline.js";
import type { Answer, Call, Field, Message, Request, Sources, WorkerOptions } from "./protocol.js";
import type { BundleSource } from "./source.js";

let loaded: Predictor | MixedPredictor | undefined;
const sessions = new Map<number, Session | MixedSession>();

async function answer(request: Request): Promise<Answer> {
  if (request.ask === "load") return load(request.source, request.options);
  if (!loaded) throw new Error("the page asked before it loaded a bundle");
  switch (request.ask) {
    case "suggest":
      return loaded.suggest(request.context, request.options);
    case "complete":
      return loaded.complete(request.text, request.options);
    case "phrases":
      return loaded.phrases(request.context, request.options);
    case "score":
      return one(loaded).score(request.text);
    case "generate":
      return one(loaded).generate(request.context, request.options);
    case "open":
      keep(request.session, one(loaded).session("", request.options));
      return undefined;
    case "corrections":
      return (field(loaded, request) as Session).corrections(request.options, request.count);
    case "mayBeOne":
      return (field(loaded, request) as Session).mayBeOne(request.before, request.first, request.second);
    case "correction":
      return (field(loaded, request) as Session).correction(request.threshold);
    case "characters":
      return (field(loaded, request) as Session).characters(request.options);
    case "natsAfter":
      return (field(loaded, request) as Session).natsAfter(request.choices, request.following, request.count);
    case "session":
      return field(loaded, request).suggest(request.options);
    case "languages":
      return (field(loaded, request) as MixedSession).languages();
    case "nats":
      return (field(loaded, request) as Session).nats(request.before, request.following);
    case "commit":
      return field(loaded, request).commit();
    case "reset":
      sessions.get(request.session)?.reset(request.options);
      return undefined;
    case "save":
      return (field(loaded, request) as Session).save();
    case "restore":
      return keep(request.session, await one(loaded).restore(request.data, request.options)).text;
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

async function load(source: Sources, { personal, ...others }: WorkerOptions): Promise<Map<string, BundleConfig>> {
  const options = { ...others, personal: personal === true ? new PersonalModel() : personal };
  if (Array.isArray(source)) {
    const mixed = await Predictor.load(source as readonly BundleSource[], options);
    loaded = mixed;
    return new Map(mixed.configs);
  }
  const alone = await Predictor.load(source as BundleSource, options);
  loaded = alone;
  return new Map([["", alone.config]]);
}

/** The predictor of one bundle: a page asks no other one for what several cannot answer. */
function one(predictor: Predictor | MixedPredictor): Predictor {
  if (predictor instanceof MixedPredictor) throw new WordgruError("this needs one model; several were loaded.");
  return predictor as Predictor;
}

/** What a method of the word list or the personal words returns, or a value of theirs. */
function call(predictor: Predictor | MixedPredictor, { of, name, given }: Call): unknown {
  const owner = predictor[of] as unknown as Record<string, unknown>;
  const value = owner[name];
  return typeof value === "function" ? value.apply(owner, given) : value;
}

/** The session that is asked, with the text that it has on the page. */
function field(predictor: Predictor | MixedPredictor, { session, text, touched }: Field): Session | MixedSession {
  const found = sessions.get(session) ?? keep(session, predictor.session());
  found.set(text);
  if (touched && found instanceof Session) found.touched = touched;
  return found;
}

function keep<Kept extends Session | MixedSession>(number: number, session: Kept): Kept {
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
