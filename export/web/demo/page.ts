/** The demo page: what is typed goes to a session in a Worker, and its words come back onto three buttons. */
import {
  BundleError,
  type BundleSource,
  type MixedPredictor,
  type MixedSession,
  Predictor,
  type Session,
  WordgruError,
} from "../src/index.js";
import { element } from "./dom.js";
import { Figures } from "./figures.js";
import { Languages, nameOf } from "./languages.js";
import { keepForOffline } from "./offline.js";
import { OwnWords, STORE } from "./own.js";
import { Phone } from "./phone.js";
import { checkAddress, setUpPicker, showModels } from "./picker.js";
import { OFFERS, View } from "./view.js";
import { Writing } from "./writing.js";

const EXPLAINED = 8; // words in the panel

const area = element<HTMLTextAreaElement>("text");
const panel = element<HTMLDetailsElement>("how");
const figures = new Figures();
const view = new View(take);
const own = new OwnWords(area, changed);
const languages = new Languages(load);
const writing = new Writing(area, element("ghost"), changed, typed);
const phone = new Phone({
  area,
  writing,
  session: () => (session && "touch" in session ? session : undefined),
  switched,
  typed,
});

let predictor: Predictor | MixedPredictor | undefined;
let session: Session | MixedSession | undefined;
let asking: Session | MixedSession | undefined; // whose answers are being waited for
let isDismissed = false;
let asked = 0; // the newest question
let typedAt: number | undefined; // when the key was pressed that the newest question follows

/** Take a word that is offered. */
function take(word: string): void {
  figures.took(writing.take(word));
}

/** A key has typed a character. */
function typed(): void {
  typedAt ??= performance.now(); // keyboards on glass tell no key
  figures.typed();
}

/** What stands before the cursor has changed. */
function changed(): void {
  asked++;
  isDismissed = false;
  session?.set(writing.before);
  phone.follow(writing.before);
  writing.hint(undefined);
  view.isBusy = true;
  if (session && asking !== session) void ask(session);
}

/** A session for the text. */
function open(loaded: Predictor | MixedPredictor): Session | MixedSession {
  return "configs" in loaded ? loaded.session() : loaded.session("", phone.options);
}

/** Letters are typed in another way. */
function switched(): void {
  session = predictor && open(predictor);
  changed();
}

/** Ask until the newest question is answered. Those that a newer one has overtaken are left out. */
async function ask(field: Session | MixedSession): Promise<void> {
  asking = field;
  try {
    for (let answered = -1; answered !== asked && field === session; ) {
      answered = asked;
      await answer(field, () => answered === asked && field === session);
    }
  } catch (error) {
    if (field === session) report(error as Error); // else its predictor was closed for another
  } finally {
    if (asking === field) {
      asking = undefined; // else another session has been asked since, and is busy
      view.isBusy = false;
    }
  }
}

async function answer(field: Session | MixedSession, isNewest: () => boolean): Promise<void> {
  const { unfinished } = writing;
  field.set(writing.before);
  // one more, for the word that is typed already needs no button
  const { items, autocorrect } = await field.suggest({ k: OFFERS + (unfinished ? 1 : 0) });
  if (!isNewest()) return;
  const offered = items.filter(({ word }) => word !== unfinished);
  offered.sort((one, other) => Number(other.word === autocorrect) - Number(one.word === autocorrect)); // it goes first
  view.offer(offered.slice(0, OFFERS));
  writing.hint(offered[0]?.word);
  if (typedAt !== undefined) figures.answered(performance.now() - typedAt);
  typedAt = undefined;
  element("notice").hidden = true;
  if (!panel.open) return;
  const all = await field.suggest({ k: EXPLAINED });
  if (isNewest()) view.explain(all);
}

/** Load bundles in the place of those before. Returns, in a line, why it cannot. */
async function load(sources: readonly BundleSource[], name: string): Promise<string | undefined> {
  try {
    for (const source of sources) if (typeof source === "string") checkAddress(source);
    const [loaded, isKept] = await withOwnWords(sources);
    predictor?.close();
    predictor = loaded;
    phone.isPossible = !("configs" in loaded);
    session = open(loaded);
    await own.use(loaded, isKept);
    showModels("configs" in loaded ? loaded.configs : new Map([[name, loaded.config]]), name);
    changed();
    return undefined;
  } catch (error) {
    if (!predictor) element("model-name").textContent = "choose a model";
    if (!(error instanceof WordgruError)) throw error;
    return error.message;
  }
}

/** Load bundles with the words of this browser; where it keeps none, with words for as long as the page is open. */
async function withOwnWords(
  sources: readonly BundleSource[],
): Promise<[loaded: Predictor | MixedPredictor, isKept: boolean]> {
  const [source, ...others] = sources as readonly [BundleSource, ...BundleSource[]];
  const loading = (personal: string | true) =>
    others.length ? Predictor.load(sources, { personal }) : Predictor.load(source, { personal });
  try {
    return [await loading(STORE), true];
  } catch (error) {
    if (error instanceof BundleError || !(error instanceof WordgruError)) throw error;
    return [await loading(true), false];
  }
}

function report({ message }: Error): void {
  const notice = element("notice");
  notice.textContent = message;
  notice.classList.add("failed");
  notice.hidden = false;
}

/** Tab takes the first word, Alt and a digit any; after Esc, Tab moves on as everywhere. */
function key(event: KeyboardEvent): void {
  typedAt = performance.now();
  if (event.isComposing) return;
  const isAlone = !event.shiftKey && !event.ctrlKey && !event.metaKey;
  const digit = event.altKey && isAlone ? /^Digit([1-9])$/.exec(event.code)?.[1] : undefined;
  const isTab = event.key === "Tab" && isAlone && !event.altKey && !isDismissed;
  const word = view.words[isTab ? 0 : Number(digit) - 1];
  if ((isTab || digit) && word !== undefined) {
    event.preventDefault();
    take(word);
  } else if (event.key === "Escape") {
    isDismissed = true;
    writing.hint(undefined);
  }
}

async function start(): Promise<void> {
  const given = new URLSearchParams(location.search).get("model");
  const isKept = await keepForOffline();
  const fault = given ? await load([given], nameOf(given)) : await languages.start();
  if (fault) report(new Error(`${fault} Choose a model above.`));
  else if (isKept) element("offline").textContent = "It works without a network from now on.";
}

area.addEventListener("keydown", key);
panel.addEventListener("toggle", changed);
setUpPicker({ load: (source, name) => load([source], name), loadOwn: () => languages.start() });
void start();
