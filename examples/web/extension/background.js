// One predictor for all pages, off their threads. Chrome ends it after 30 idle seconds; the next word loads it again.
import { Predictor } from "./wordgru/inline.js";

let session;

async function answer({ text, options }) {
  session ??= Predictor.load("model/").then((predictor) => predictor.session());
  const field = await session;
  field.set(text);
  return field.suggest(options);
}

chrome.runtime.onMessage.addListener((asked, _sender, done) => {
  answer(asked).then(done, (error) => done({ error: error.message }));
  return true; // the answer comes later
});
