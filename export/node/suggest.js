#!/usr/bin/env node
// The words that come next: node suggest.js BUNDLE "the cat" [-k 3] [--complete] [--glossary FILE]
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const USAGE = 'usage: node suggest.js BUNDLE "the cat" [-k 3] [--complete] [--glossary FILE]';
const HELP = `${USAGE}

Prints the most probable next words and their probabilities. BUNDLE is the folder of a bundle.

  -k N         how many words, 1 to 256 (3)
  --complete   the last word of the text is unfinished: complete it
  --glossary FILE
               words to offer too, one a line, if you wish with a tab and a weight
  -h, --help   print this`;
const OPTIONS = {
  k: { type: "string", short: "k", default: "3" },
  complete: { type: "boolean", default: false },
  glossary: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
};

/** What the person who called can mend, in one line. */
class Fault extends Error {}

async function main() {
  const { positionals, values } = parsed();
  if (values.help) return console.log(HELP);
  const [folder, text, ...more] = positionals;
  if (folder === undefined || text === undefined) throw new Fault(USAGE);
  if (more.length) throw new Fault(`unexpected '${more.join(" ")}'; put the text in quotes. ${USAGE}`);
  if (!/^\d+$/.test(values.k)) throw new Fault(`-k is '${values.k}'; expected a whole number.`);
  const options = { k: Number(values.k) };
  const glossary = values.glossary === undefined ? undefined : contentOf(values.glossary);
  const { Predictor, WordgruError } = await library();
  try {
    const predictor = await Predictor.load(folder);
    if (glossary !== undefined) predictor.words.read(glossary);
    const { items, exact } = await (values.complete
      ? predictor.complete(text, options)
      : predictor.suggest(text, options));
    for (const { word, probability } of items) console.log(`${word}\t${(100 * probability).toFixed(1)}%`);
    if (!exact) console.error("not proved to be the most probable words: the budget was spent");
  } catch (error) {
    throw error instanceof WordgruError ? new Fault(error.message) : error;
  }
}

function contentOf(file) {
  try {
    return readFileSync(file, "utf-8");
  } catch (error) {
    throw new Fault(`${file}: cannot be read (${error.code}); expected words in UTF-8, one a line.`);
  }
}

function parsed() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new Fault(error.message.split("\n")[0]);
  }
}

function library() {
  const built = new URL("dist/index.js", import.meta.url);
  if (existsSync(built)) return import(built.href);
  throw new Fault("node/dist is not built; run `npm ci && npm run build` in export/.");
}

main().catch((error) => {
  console.error(error instanceof Fault ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
