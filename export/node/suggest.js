#!/usr/bin/env node
// The words that come next: node suggest.js BUNDLE "the cat" [-k 5] [--complete]
import { parseArgs } from "node:util";
import { Predictor, WordgruError } from "./dist/index.js";

const USAGE = 'usage: node suggest.js BUNDLE "the cat" [-k 5] [--complete]';

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { k: { type: "string", short: "k", default: "5" }, complete: { type: "boolean", default: false } },
  });
  const [folder, text] = positionals;
  if (folder === undefined || text === undefined) throw new WordgruError(USAGE);
  const predictor = await Predictor.load(folder);
  const options = { k: Number(values.k) };
  const { items, exact } = await (values.complete
    ? predictor.complete(text, options)
    : predictor.suggest(text, options));
  for (const { word, probability } of items) console.log(`${word}\t${(100 * probability).toFixed(1)}%`);
  if (!exact) console.error("not proved to be the most probable words: the budget was spent");
}

main().catch((error) => {
  console.error(
    error instanceof WordgruError || error.code?.startsWith("ERR_PARSE_ARGS") ? `error: ${error.message}` : error,
  );
  process.exitCode = 1;
});
