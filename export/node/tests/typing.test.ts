/** What was typed: layouts, the typing model against every alignment, the searches against all words added up. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { toBytes, toText } from "../../web/src/core/bytes.js";
import { Heap } from "../../web/src/core/heap.js";
import { NamedWords } from "../../web/src/core/named.js";
import { isProse } from "../../web/src/core/prose.js";
import { WordSearch } from "../../web/src/core/search.js";
import { withDefaults } from "../../web/src/core/suggestions.js";
import { Trie } from "../../web/src/core/trie.js";
import { Typed } from "../../web/src/core/typing/channel.js";
import { erf, Typing } from "../../web/src/core/typing/model.js";
import { NamedMasses } from "../../web/src/core/typing/named.js";
import { findMeant } from "../../web/src/core/typing/search.js";
import { type TypingGolden, typingFaults } from "../../web/tests/golden_typing.js";
import { corrections, Layout, PersonalModel, Predictor, type Session, WordgruError } from "../src/index.js";
import { drawn, Toy } from "./toy.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const ENGLISH = join(ROOT, "wordgru/models/en");
const SLOPPY = {
  spread: 0.4,
  anywhere: 0.05,
  omitted: 0.05,
  mute: 0.1,
  undoubled: 0.2,
  extra: 0.05,
  doubled: 0.05,
  swapped: 0.1,
  first: 0.5,
  careless: 0.2,
};
const SPELLED = ["a", "b", "ab", "ba", "aa", "abb", " a", " b", " ab", " ", "\xc3\xa9", "\xc3", "\xa9"];

function near(one: number | undefined, other: number, most: number, what: string): void {
  assert.ok(Math.abs((one ?? Number.NaN) - other) <= most, `${what}: ${one}, expected ${other}`);
}

function letters(text: string, complete: boolean, model = new Typing(SLOPPY)): Typed {
  return new Typed(
    model,
    Array.from(text, (char) => ({ char })),
    complete,
  );
}

describe("layouts", () => {
  it("have each letter once, where it is nearest", () => {
    for (const name of Layout.names) {
      const { keys, nearest } = Object.assign(Layout.load(name), {});
      for (const letter of "abcdefghijklmnopqrstuvwxyz") assert.ok(keys.has(letter), `${name}: ${letter}`);
      for (const [char, place] of keys) assert.equal(nearest.call({ keys }, ...place), char);
    }
  });

  it("may be one's own, and what is none is said in a line", () => {
    const rows = [
      { x: 0, y: 0, keys: "Ab" },
      { x: 0.5, y: 1, keys: "e\u0301" },
    ];
    assert.deepEqual(
      [...Layout.load({ rows }).keys],
      [
        ["a", [0, 0]],
        ["b", [1, 0]],
        ["é", [0.5, 1]],
      ],
    );
    const refused: [unknown, RegExp][] = [
      [{}, /no list "rows"/],
      [{ rows: [7] }, /row 1: expected the numbers/],
      [{ rows: [null] }, /row 1: expected the numbers/],
      [{ rows: [{ x: Number.NaN, y: 0, keys: "a" }] }, /row 1/],
      [{ rows: [{ x: 0, y: 0, keys: "aA" }] }, /the key "a" is there twice/],
      [{ rows: [{ x: 0, y: 0, keys: "12" }] }, /no key with a letter/],
      [{ rows: [{ x: 0, y: 0, keys: "a\ud800" }] }, /U\+D800, half a character/],
      ["constructor", /there is no layout "constructor"/],
    ];
    for (const [layout, why] of refused) {
      assert.throws(
        () => Layout.load(layout as string),
        (error: Error) => {
          return error instanceof WordgruError && why.test(error.message) && !error.message.includes("\n");
        },
      );
    }
  });
});

describe("P(typed | word)", () => {
  it("has the error function to fifteen digits", () => {
    const known = [
      [0, 0],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2.5, 0.999593047982555],
      [-1, -0.8427007929497149],
      [30, 1],
    ] as const;
    for (const [x, value] of known) near(erf(x), value, 2e-15, `erf(${x})`);
  });

  it("adds up every alignment", () => {
    const random = drawn(1);
    const text = (chars: string) => {
      const size = 1 + Math.floor(random() * 5);
      return Array.from({ length: size }, () => [...chars][Math.floor(random() * chars.length)]).join("");
    };
    for (let round = 0; round < 300; round++) {
      const [typed, word, complete] = [text("abé'"), text("abBé'"), random() < 0.5];
      const expected = everyAlignment(new Typing(SLOPPY), typed, word, complete);
      near(letters(typed, complete).of(word), expected, 1e-9 * expected + 1e-15, `${typed} | ${word}, ${complete}`);
    }
  });

  it("is the same of words looked at together", () => {
    const words = ["ab", "abb", "", "é", "ab", "a'b", "bab"];
    for (const complete of [true, false]) {
      const typed = letters("abb", complete);
      for (const [at, share] of typed.each(words).entries()) {
        const alone = typed.of(words[at] as string);
        near(share, alone, 1e-12 * alone, `${words[at]}, ${complete}`);
      }
    }
    assert.equal(letters("abb", true).each([]).length, 0);
  });

  it("sums to one over the letters of a key, and is both between two keys", () => {
    const alphabet = Int32Array.from("abcdefghijklmnopqrstuvwxyz", (char) => char.codePointAt(0) as number);
    const model = new Typing({ spread: 0.5, anywhere: 0, vowel: 0, swapped: 0, extra: 0 });
    const tables = Array.from("abcdefghijklmnopqrstuvwxyz", (char) => model.likelihoods(alphabet, { char }));
    for (const code of alphabet.keys()) {
      const total = tables.reduce((sum, table) => sum + (table[code] as number), 0);
      near(total / (1 - model.shares.upper), 1, 0.02, `letter ${code}`); // rows that are moved share their edges
    }
    const { keys } = model.layout;
    const [[ex, y], [rx]] = [keys.get("e"), keys.get("r")] as [[number, number], [number, number]];
    const two = Int32Array.from("er", (char) => char.charCodeAt(0));
    const between = model.likelihoods(two, { char: "e", point: [(ex + rx) / 2, y] });
    near(between[0], between[1] as number, 1e-12, "between e and r");
    const on = model.likelihoods(two, { char: "e", point: [ex, y] });
    assert.ok((on[0] as number) > 4 * (on[1] as number));
  });

  it("refuses what is no typing model", () => {
    for (const [model, why] of [
      [{ spread: -1 }, /spread is -1; expected a number of at least 0 and at most 5/],
      [{ omitted: 1 }, /omitted is 1; expected a number of at least 0 and below 1/],
      [{ omitted: "0" }, /omitted is "0"/],
      [{ slips: 0 }, /slips is no field/],
      [null, /the typing model is null/],
    ] as const) {
      assert.throws(() => new Typing(model as object), why);
    }
  });
});

describe("the search over what was typed", () => {
  it("finds the words of all words weighed", async () => {
    const random = drawn(3);
    let proved = 0;
    for (let round = 0; round < 120; round++) {
      const [toy, gap] = [Toy.of(SPELLED, random), random() < 0.5 ? "" : " "];
      const typed = ["a", "ab", "ba", "aab", "é", "abé"][Math.floor(random() * 6)] as string;
      const complete = random() < 0.5;
      const channel = letters(typed, complete);
      const weighed = new Map<string, number>();
      for (const [word, mass] of toy.words(gap)) {
        const text = word.startsWith(gap) ? toText(word.slice(gap.length)) : undefined;
        if (text) weighed.set(word, mass * channel.of(text));
      }
      const whole = [...weighed.values()].reduce((total, mass) => total + mass, 0);
      const search = new WordSearch(toy, toy.tokenBytes, toy.finals, (word) => toy.spell(word));
      const place = { state: Float32Array.of(0), last: 0, gap, typed: channel };
      const options = withDefaults({ tolerance: 0.01, maxRows: 3000 });
      const factor = (word: string) => Number(weighed.has(word));
      const { words, exact } = await findMeant(search, place, 3, options, { factor, prior: 0, named: [] });
      if (whole < 1e-4 || !exact) continue;
      proved++;
      const slack = 0.02 + 2e-4 / whole;
      const among = words.reduce((total, { spelled }) => total + (weighed.get(spelled) as number), 0);
      const found = words.reduce((total, { probability }) => total + probability, 0);
      for (const { spelled, probability } of words) {
        const truth = (weighed.get(spelled) as number) / among;
        near(probability / found, truth, slack + 0.02, `${round}: ${JSON.stringify(spelled)} for ${typed}`);
      }
      const best = Math.max(...words.map(({ spelled }) => weighed.get(spelled) as number));
      assert.ok(Math.max(...weighed.values()) / whole - slack <= best / whole, `round ${round}`);
    }
    assert.ok(proved >= 20, `only ${proved} were proved`);
  });

  it("denies no word more than the floors, however narrow the finger", () => {
    const random = drawn(11);
    const few = "a ad add as dad dads saw sad was wad ssd a's sddd wwas é ass".split(" ");
    const words = new NamedWords(new Map(few.map((word) => [toBytes(word), random() ** 4] as const)));
    for (let round = 0; round < 300; round++) {
      const spread = [0.12, 0.18, 0.34][round % 3] as number;
      const model = new Typing({
        spread,
        ...(random() < 0.5 ? { swapped: 0.3, extra: 0.3, undoubled: 0.5 } : {}),
        careless: random() < 0.5 ? 0.3 : 0,
      });
      const touches = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
        const key = "asddw"[Math.floor(random() * 5)] as string;
        const [x, y] = (model.layout.keys.get(key) as [number, number]).map((at) => at + 1.2 * random() - 0.6);
        const point = [x as number, y as number] as const;
        return random() < 0.2 ? { char: key } : { char: model.layout.nearest(...point), point };
      });
      const typed = new Typed(model, touches, random() < 0.5);
      const masses = few.map((word) => (words.shares.get(toBytes(word)) as number) * typed.of(word));
      const floor = Math.max(...masses) * 10 ** (-9 * random());
      const found = new NamedMasses("glossary", typed, words, 1, floor);
      assert.ok(found.lost <= 2 * floor * (1 + 1e-9));
      for (const [at, word] of few.entries()) {
        const [mass, got] = [masses[at] as number, found.mass(toBytes(word))];
        assert.ok(
          got <= mass * (1 + 1e-9) && got >= mass - found.lost * (1 + 1e-9),
          `${round}, ${word}: ${got}, ${mass}`,
        );
      }
    }
  });

  it("answers with the next characters that were read when the time is over", async () => {
    const search = () => new WordSearch(toy, toy.tokenBytes, toy.finals, (word) => toy.spell(word));
    const toy = new Toy(SPELLED, SPELLED, 1);
    const ask = (maxSeconds?: number) => {
      const options = withDefaults({ tolerance: 1e-6, maxRows: 3000, maxSeconds });
      return search().characters({ state: Float32Array.of(0), last: 0, typed: "ab" }, options, []);
    };
    const [short, long] = [await ask(1e-9), await ask()];
    assert.ok(short.unexplored > long.unexplored && !short.exact);
  });

  it("adds up the words that go on with each character", async () => {
    const random = drawn(5);
    let proved = 0;
    for (let round = 0; round < 80; round++) {
      const toy = Toy.of(SPELLED, random);
      const typed = ["", " ", "a", " a", "ab", " ab"][Math.floor(random() * 6)] as string;
      const search = new WordSearch(toy, toy.tokenBytes, toy.finals, (word) => toy.spell(word));
      const options = withDefaults({ tolerance: 1e-4, maxRows: 3000 });
      const found = await search.characters({ state: Float32Array.of(0), last: 0, typed }, options, []);
      const masses = Array.from("ab é", (char) => [char, toy.agreeing(typed + toBytes(char))] as const);
      const ends = typed ? (toy.words(typed).get(typed) ?? 0) : 0;
      const whole = masses.reduce((total, [, mass]) => total + mass, ends);
      if (!found.exact || whole < 1e-3) continue;
      proved++;
      const shares = [...found.probabilities.values()].reduce((total, share) => total + share, found.end);
      near(shares, 1, 1e-9, "the sum");
      const among = masses.reduce((total, [char]) => total + (found.probabilities.get(char) ?? 0), found.end);
      for (const [char, mass] of masses) {
        const share = (found.probabilities.get(char) ?? 0) / among;
        near(share, mass / whole, 1e-3 + 1e-4 / whole, `${round}: ${typed} + ${char}`);
      }
      near(found.end / among, ends / whole, 1e-3 + 1e-4 / whole, `${round}: the end of ${typed}`);
    }
    assert.ok(proved >= 20, `only ${proved} were proved`);
  });
});

describe("a session with a typing model", async () => {
  const predictor = await Predictor.load(ENGLISH);
  const field = (text: string) => predictor.session(text, { typing: {} });
  const first = async (session: Session) => (await session.suggest({ k: 1 })).items[0]?.word;

  for (const [text, word] of [
    ["I will see you tomorow", "tomorrow"],
    ["I hvae", "have"],
    ["this is teh", "the"],
    ["I dont", "don't"],
    ["we went to the beahc", "beach"],
  ] as const) {
    it(`corrects ${text}`, async () => assert.equal((await field(text).suggest()).autocorrect, word));
  }

  it("leaves alone what is right, unknown or no prose", async () => {
    for (const text of ["I have", "see you at Krakenhaus", "run foo_baz", "at www.exmaple", "room 12", "the NTAO"]) {
      assert.equal(await field(text).autocorrect(), undefined, text);
    }
  });

  it("puts letters back where they were touched", async () => {
    const session = field("see ");
    for (const [x, y] of [
      [4.1, 0.1],
      [2.2, 0.1],
      [5.4, 1.2],
    ] as const)
      session.touch(x, y);
    const likeliest = async () => (await session.corrections({ k: 1 })).items[0]?.probability ?? 0;
    const before = await likeliest();
    assert.equal(await session.autocorrect(), "the");
    session.append(" x");
    session.undo();
    session.delete(2);
    assert.ok(Math.abs((await likeliest()) - before) < 1e-6);
    session.set("see ");
    session.append("teh");
    assert.ok(Math.abs((await likeliest()) - before) > 1e-4);
  });

  it("corrects text that normalising changes where it stands, and undoes it", async () => {
    const session = field("caf\u00ade\u0301 tomo\u00adrow\u2019");
    session.set("caf\u00ade\u0301 and tomo\u00adrow");
    assert.equal(await session.autocorrect(), "tomorrow");
    assert.equal(session.text, "caf\u00ade\u0301 and tomorrow");
    session.append(", then");
    session.undo();
    assert.equal(session.text, "caf\u00ade\u0301 and tomo\u00adrow, then");
    session.set("caf\u00ade\u0301 and tomo\u00adrow");
    assert.equal(await session.autocorrect(), undefined);
    session.reset();
    session.set("and tomorow");
    assert.equal(await session.autocorrect(), "tomorrow");
  });

  it("keeps what was typed while it looked, unless the word goes on", async () => {
    const [one, other] = [field("and tomorow"), field("and tomorow")];
    const asked = [one.autocorrect(), other.autocorrect()];
    one.append(" at");
    other.append("s");
    assert.deepEqual(await Promise.all(asked), ["tomorrow", undefined]);
    assert.deepEqual([one.text, other.text], ["and tomorrow at", "and tomorows"]);
  });

  it("reads points and letters that are certain together, wherever the text is edited before or after", async () => {
    const session = predictor.session("see you ", { typing: { layout: "phone", spread: 0.34 } });
    for (const [x, y] of [
      [4.4, 0.2],
      [7.6, 0.1],
      [6.9, 2.3],
      [8.3, 0.2],
    ] as const)
      session.touch(x, y);
    assert.equal(session.text, "see you tono");
    assert.equal(await first(session), "tomorrow");
    const likeliest = async () => (await session.suggest({ k: 1 })).items[0]?.probability ?? 0;
    const before = await likeliest();
    session.append("x");
    session.delete();
    assert.ok(Math.abs((await likeliest()) - before) < 1e-6); // the second search begins with what the first one read
    session.delete(4);
    session.append("tono");
    assert.ok(Math.abs((await likeliest()) - before) > 1e-4, "points outlived their letters");
  });

  it("answers points far from every key and 200 letters without a space", async () => {
    const session = predictor.session("see ", { typing: { layout: "phone" } });
    for (let at = 0; at < 5; at++) session.touch(at % 2 ? 100 : -100, 90);
    assert.ok((await session.suggest()).items.length);
    assert.equal(session.touch(0, 0, true), "Q");
    session.set("x".repeat(200));
    assert.equal((await session.suggest()).autocorrect, undefined);
    for (const point of [
      [Number.NaN, 0],
      [0, Number.POSITIVE_INFINITY],
      [1e9, 0],
      ["1", 0],
      [true, 0],
    ]) {
      assert.throws(() => session.touch(...(point as [number, number])), /expected key widths/);
    }
  });

  it("takes half a syllable for what it can become", async () => {
    const tiny = await Predictor.load(join(ROOT, "tests", "runtime", "tiny"));
    tiny.words.add("안녕하세요", 1000);
    for (const text of ["안녕하ㅅ", "안녕하세ㅇ", "안ㄴ", "ㅇ"]) {
      const { items } = await tiny.session(text, { typing: {} }).suggest();
      assert.ok(
        items.some(({ word }) => word === "안녕하세요"),
        text,
      );
    }
  });

  it("has characters that sum to one and go on with the word", async () => {
    for (const text of ["the ca", "the cat", "I lov", "", "the ", "שלו", "see you tomorro", "caf", "x".repeat(60)]) {
      const { probabilities, end } = await predictor.session(text).characters();
      near(
        [...probabilities.values()].reduce((total, share) => total + share, end),
        1,
        1e-9,
        text,
      );
      assert.ok(!probabilities.has(" "), text);
    }
    const cat = await predictor.session("the cat").characters();
    assert.ok(cat.exact && cat.end > 0.5);
  });
});

describe("corrections of a text", async () => {
  const predictor = await Predictor.load(ENGLISH);
  const found = async (text: string) => {
    const all: string[] = [];
    for await (const { start, end, typed, word } of corrections(text, predictor.session("", { typing: {} }))) {
      assert.equal(text.slice(start, end), typed);
      all.push(`${typed} ${word}`);
    }
    return all;
  };

  it("corrects a text word by word, by what follows too, and leaves the rest", async () => {
    assert.deepEqual(await found("I hvae a beatiful idea."), ["hvae have", "beatiful beautiful"]);
    const mail = "😀 Wrote on 3/4 to bob@exmaple.com.\nSee you tomorow at Krakenhaus, NTAO!";
    assert.deepEqual(await found(mail), ["tomorow tomorrow"]);
    const code = "I hvae `git comit` in teh ` box.\n```\necho teh end\n``` I hvae it. ```\npritn teh";
    assert.deepEqual(await found(code), ["hvae have", "teh the", "hvae have"]);
  });

  it("joins one word that was typed as two, and leaves two that are right", async () => {
    assert.deepEqual(await found("Do you k now him, be cause I hvae to."), [
      "k now know",
      "be cause because",
      "hvae have",
    ]);
    assert.deepEqual(await found("We went in to a lot of houses, like a roller coaster, and no one was there."), []);
    const session = predictor.session("we went in to", { typing: {} });
    const { items } = await session.corrections({ k: 8 }, 2);
    const share = (wanted: string) => items.find(({ word }) => word === wanted)?.probability as number;
    assert.ok(share("in to") > share("into") && share("into") > 0);
    await assert.rejects(session.corrections({}, 3), /count is 3; expected/);
  });

  it("says how probable what follows is after each word", async () => {
    const session = predictor.session("She went ");
    const [to, too] = await session.natsAfter(["to", "too"], " the store");
    assert.ok((to as number) > (too as number) + 1);
    const whole = await session.nats("She went to", " the store");
    near(to, whole, 0.01, "as nats of the text");
  });

  it("refuses a session without a typing model", async () => {
    await assert.rejects(corrections("teh", predictor.session()).next(), /no typing model; make it with/);
    const session = predictor.session("", { typing: {} });
    await assert.rejects(corrections("teh", session, { threshold: 2 }).next(), /the threshold is 2; expected/);
  });
});

it("answers the golden vectors of what was typed", async () => {
  const golden = JSON.parse(readFileSync(join(ROOT, "export/golden/typing/tiny.json"), "utf-8")) as TypingGolden;
  assert.deepEqual(await typingFaults(golden, await Predictor.load(join(ROOT, golden.bundle))), []);
});

it("answers the golden vectors of the next character", async () => {
  const { characters } = JSON.parse(readFileSync(join(ROOT, "export/golden/sources/tiny.json"), "utf-8"));
  for (const { bundle, text, tolerance, words = {}, learn, max_rows = 3000, exact, end, probabilities } of characters) {
    const personal = new PersonalModel();
    const predictor = await Predictor.load(join(ROOT, bundle), { personal });
    if (learn) await personal.learn(learn);
    for (const [word, weight] of Object.entries(words)) predictor.words.add(word, weight as number);
    const found = await predictor.session(text).characters({ tolerance, maxRows: max_rows });
    assert.equal(found.exact, exact, text);
    near(
      [...found.probabilities.values()].reduce((total, share) => total + share, found.end),
      1,
      1e-9,
      text,
    );
    if (!exact) continue;
    near(found.end, end, tolerance + 1e-4, `the end of ${text}`);
    for (const [char, share] of Object.entries(probabilities)) {
      near(found.probabilities.get(char), share as number, tolerance + 1e-4, `${text} + ${char}`);
    }
  }
});

describe("parts of it", () => {
  it("cuts bytes into characters as Python does", () => {
    const { alphabet } = new Trie(["\xe0\x80", "\xed\xa0\x80", "\xc3\xa9", "\xf4\x90", "\xf0\x9f\x98\x80"]);
    const bytes = [0x80, 0x90, 0xa0, 0xe0, 0xed, 0xf4].map((byte) => 0xdc00 + byte);
    assert.deepEqual([...alphabet], [0xe9, ...bytes, 0x1f600]);
  });

  it("takes the smallest out first, of equals the first", () => {
    const random = drawn(9);
    const heap = new Heap<number>();
    const given = Array.from({ length: 500 }, (_, at) => [Math.floor(random() * 40), at] as const);
    for (const [key, at] of given) heap.push(key, at);
    assert.equal(
      heap.take((item) => item === 7),
      7,
    );
    const others = given.filter(([, at]) => at !== 7).sort(([one, at], [other, place]) => one - other || at - place);
    assert.deepEqual(
      Array.from(others, () => heap.pop()),
      others.map(([, at]) => at),
    );
    assert.equal(heap.pop(), undefined);
  });

  it("calls prose what may be corrected", () => {
    const [yes, no] = [
      ["naïve", "don’t", "I", "Über", "(word)"],
      ["NATO", "iPhone", "a1", "x@home", "foo_bar", "'", "a.b"],
    ];
    for (const text of yes) assert.ok(isProse(text, text.search(/[^(]/), text.replace(/\)$/, "").length), text);
    for (const text of no) assert.ok(!isProse(text, 0, text.search(/[@_.]|$/)), text);
    assert.ok(
      !isProse("a .teh", 3, 6) && !isProse(".teh", 1, 4) && isProse("a ...teh", 5, 8) && isProse("..teh", 2, 5),
    );
  });
});

/** P(letters | word) as `wordgru/typing/channel.py` describes it, one happening after the other, by each habit. */
function everyAlignment(model: Typing, typed: string, word: string, complete: boolean): number {
  const habits = model.habits(complete);
  return habits.reduce((sum, { share, model }) => sum + share * alignments(model, typed, word, complete), 0);
}

function alignments(model: Typing, typed: string, word: string, complete: boolean): number {
  const [had, meant] = [[...typed], [...word]];
  const alphabet = Int32Array.from(new Set(meant), (char) => char.codePointAt(0) as number);
  const { apostrophe, omitted, mute, undoubled, swapped, extra, doubled, first } = model.shares;
  const leaves = (char: string) => ("'’-".includes(char) ? apostrophe : "aeiouyhw".includes(char) ? mute : omitted);
  const isKey = (char: string) => model.layout.keys.has(char.toLowerCase());
  const rest = (i: number, j: number, isFresh: boolean): number => {
    if (!complete && i === had.length) return 1;
    const rarer = i ? 1 : first;
    const [letter, char] = [had[i], meant[j]];
    const again = i && letter === had[i - 1] ? doubled : 0;
    const more = letter !== undefined ? (isKey(letter) ? extra / model.layout.keys.size : 0) + again : 0;
    let total = isFresh && letter !== undefined ? rarer * more * rest(i + 1, j, false) : 0;
    if (char === undefined) return total + Number(complete && i === had.length);
    const leave = leaves(char.toLowerCase());
    const left = j && char === meant[j - 1] ? Math.max(leave, undoubled) : leave;
    total += rarer * left * rest(i, j + 1, true);
    if (letter === undefined) return total;
    const hit = model.likelihoods(alphabet, { char: letter }, i === 0)[
      alphabet.indexOf(char.codePointAt(0) as number)
    ] as number;
    total += (1 - left) * hit * rest(i + 1, j + 1, true);
    const isSwapped = had[i + 1] !== undefined && letter === meant[j + 1] && had[i + 1] === char;
    return isSwapped ? total + rarer * swapped * rest(i + 2, j + 2, true) : total;
  };
  return rest(0, 0, true);
}
