/** Offers follow who types: the cases that Python's tests/runtime/test_cases.py has. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isInAddress, isInCapitals } from "../../web/src/core/typist.js";
import { AS_READ, PersonalModel, Predictor } from "../src/index.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder

const predictor = await Predictor.load(join(ROOT, "wordgru", "models", "en"));

async function words(text: string, options = {}): Promise<string[]> {
  const { items } = await predictor.complete(text, options);
  return items.map(({ word }) => word);
}

describe("offers follow who types", () => {
  it("offers capitals to whom writes in capitals", async () => {
    for (const [text, word] of [
      ["HERE", "HERE"],
      ["THE CA", "CAR"],
      ["PLEASE CALL ME T", "TO"],
    ] as const) {
      const found = await words(text);
      assert.ok(found.includes(word), `${text}: ${found}`);
      assert.ok(found.every((each) => each === each.toUpperCase()));
    }
    for (const text of ["the US ", "OK I'll", "in Section A "]) {
      assert.ok(
        (await words(text)).some((word) => word !== word.toUpperCase()),
        text,
      );
    }
  });

  it("writes the word I as a capital, unless the text does not", async () => {
    assert.equal((await words("and i"))[0], "I");
    assert.equal((await words("and i", { ignoreCase: true }))[0], "I");
    assert.equal((await words("i said that i"))[0], "i");
    const { items } = await predictor.session("and i", { typist: { loneI: false } }).suggest();
    assert.equal(items[0]?.word, "i");
  });

  it("finds words by their capitals, and offers them in these", async () => {
    for (const [word, text, offer] of [
      ["Straße", "AN DER STRA", "STRASSE"],
      ["Straße", "AN DER STRAS", "STRASSE"],
      ["Straße", "AN DER STRASS", "STRASSE"],
      ["οδός", "Η ΝΈΑ ΟΔΌΣ", "ΟΔΌΣ"],
      ["οδόστρωμα", "Η ΝΈΑ ΟΔΌΣ", "ΟΔΌΣΤΡΩΜΑ"],
      ["sıcak", "ÇOK GÜZEL SIC", "SICAK"],
      ["iyi", "İSTANBUL ÇOK İY", "İYİ"],
      ["ısı", "İSTANBUL ÇOK IS", "ISI"],
    ] as const) {
      const tiny = await Predictor.load(join(ROOT, "tests", "runtime", "tiny"));
      tiny.words.add(word, 1e6);
      assert.equal((await tiny.complete(text)).items[0]?.word, offer, text);
    }
  });

  it("leaves the word i small where the person's own words do", async () => {
    const personal = new PersonalModel();
    const own = await Predictor.load(join(ROOT, "wordgru", "models", "en"), { personal });
    for (let times = 0; times < 3; times++) await personal.learn("and so i went and i came");
    const found = (await own.complete("and i")).items.map(({ word }) => word);
    assert.ok(found.includes("i") && !found.includes("I"), String(found));
  });

  it("is quiet in addresses, and only there", async () => {
    for (const [text, prefix] of [
      ["write to foo@", "g"],
      ["see https://www.", "exa"],
      ["/usr/", "lo"],
    ] as const) {
      assert.deepEqual((await predictor.suggest(text, { prefix })).items, [], text);
      assert.notDeepEqual((await predictor.suggest(`${text}x`, { prefix })).items, [], text);
    }
    for (const text of [
      "foo@g",
      "write to foo@",
      "www.goo",
      "see https://exam",
      "/usr/lo",
      "~/do",
      "C:\\Us",
      "a.org/do",
    ]) {
      assert.deepEqual(await words(text), [], text);
    }
    for (const text of ["and/or", "write to foo@example.org ", "1/2 of", "well...so"]) {
      assert.notDeepEqual(await words(text), [], text);
    }
    assert.ok((await predictor.session("www.goo", { typist: AS_READ }).suggest()).items.length);
  });

  it("offers no word twice, and none below the least probability", async () => {
    for (const text of ["and ", "he and i", "SO THEN "]) {
      const found = await words(text, { k: 6 });
      assert.equal(new Set(found).size, 6, `${found}`);
    }
    const { items } = await predictor.session("how are ", { typist: { minProbability: 0.1 } }).suggest({ k: 50 });
    assert.ok(items.length && items.every(({ probability }) => probability >= 0.1));
    assert.throws(() => predictor.session("", { typist: { minProbability: 2 } }), /minProbability is 2; expected/);
  });

  it("leaves the habits as they are where marks are ranked beside words", async () => {
    const found = await words("HERE IS MY", { punctuation: true, k: 5 });
    assert.ok(found.some((word) => word !== word.toLowerCase()));
    assert.ok(found.every((word) => word === word.toUpperCase()));
    const session = predictor.session("how are", { typist: { minProbability: 0.01 } });
    const { items } = await session.suggest({ punctuation: true, k: 50 });
    assert.ok(items.length && items.every(({ probability }) => probability >= 0.01));
  });

  it("does not hold words against who was not shown them", async () => {
    const typist = { minProbability: 0.01 };
    const attention = 0.9;
    const session = predictor.session("how are ", { typist });
    const shown = (await session.suggest({ attention, k: 50 })).items.map(({ word }) => word);
    const plain = predictor.session("how are ");
    const all = (await plain.suggest({ attention, k: 50 })).items.map(({ word }) => word);
    assert.ok(shown.length < all.length);
    const letter = all.slice(shown.length).find((word) => !shown.some((other) => other[0] === word[0]))?.[0] as string;
    session.append(letter);
    const { items } = await session.suggest({ attention });
    assert.deepEqual(items, (await predictor.session(`how are ${letter}`, { typist }).suggest()).items);
  });

  it("reads habits as every language does", () => {
    // tests/runtime/test_cases.py has the same
    for (const [text, capitals, address] of [
      ["PLEASE CALL ", true, false],
      ["ПОЗВОНИ МНЕ ", true, false],
      ["ΟΔΟΣ ΝΑΤΟ ", true, false],
      ["ART Nº IS ", false, false], // º is small
      ["Ⅷ Ⅸ ", false, false],
      ["ⅧⅧ ⅨⅨ ", true, false],
      ["ǅA ǅA ", false, false], // of which one part alone is large
      ["𝐀 𝐁 ", false, false], // one character each
      ["A\x1cB C\x1cD ", false, false],
      ["see \ufeffhttps://a", false, false], // no white space
      ["mail me\x85foo@", false, true],
      ["ſee WWW.\u212aelvin", false, true],
      [`${"😀".repeat(300)} a@`, false, true],
      [`see https://example.org/${"a-".repeat(500)}b`, false, true],
    ] as const) {
      assert.equal(isInCapitals(text, ""), capitals, text);
      assert.equal(isInAddress(text), address, text);
    }
  });
});
