/** How probable what follows a word is, for each word that may stand there. Of `wordgru/reading.py`, in TypeScript. */
import { toBytes } from "../bytes.js";
import type { LanguageModel } from "../model.js";
import type { Tokenizer } from "../tokenizer.js";
import { checkUnicode } from "../words.js";
import type { WordStart } from "./meaning.js";

const TINY = 1e-30; // in place of a probability of 0

/** Log P(following | what stands before the word, and each of some words), natural. */
export async function natsAfter(
  model: Pick<LanguageModel, "step">,
  tokenizer: Tokenizer,
  { state, last, gap }: WordStart,
  choices: readonly string[],
  following: string,
): Promise<number[]> {
  checkUnicode(choices.join(""));
  const tail = afterWord(tokenizer, following);
  const read = choices.map((word) => {
    const begun = [last, ...tokenizer.spell(gap + toBytes(word))];
    return { begun: begun.length, tokens: [...begun, ...tail], state, nats: 0 };
  });
  for (let at = 0; ; at++) {
    const going = read.filter(({ tokens }) => at < tokens.length - 1); // those with shorter words wait at the end
    if (!going.length) return read.map(({ nats }) => nats);
    const answers = await model.step(
      going.map(({ tokens }) => tokens[at] as number),
      going.map(({ state }) => state),
    );
    for (const [place, { row, state }] of answers.entries()) {
      const choice = going[place] as (typeof going)[number];
      choice.state = state;
      const next = choice.tokens[at + 1] as number;
      if (at + 1 >= choice.begun) choice.nats += Math.log(Math.max(row[next] as number, TINY));
    }
  }
}

/** The tokens of what stands right after a word: of itself, a text would begin with a space more. */
function afterWord(tokenizer: Tokenizer, following: string): number[] {
  const word = tokenizer.encode("x");
  const tokens = tokenizer.encode(`x${following}`);
  const isCut = word.every((token, at) => tokens[at] === token); // else it is no text after a word, but the rest of one
  return isCut ? tokens.slice(word.length) : tokenizer.encode(following);
}
