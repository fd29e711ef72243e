/** The demo page in headless Chromium, as a person uses it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type * as Web from "../src/index.js";
import type { Golden } from "./golden.js";
import { begun, faults, findChromium, fits, inChromium, inEveryLook, Site } from "./site.js";

const ROOT = process.cwd().replace(/\/export.*$/, ""); // npm runs tests in the package's folder
const PAGE = join(ROOT, "export/web/dist/page");
const RUNTIME = join(ROOT, "tests/runtime");
const GOLDEN = readdirSync(join(ROOT, "export/golden"))
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(join(ROOT, "export/golden", file), "utf-8")) as Golden)
  .map((golden) => [golden.bundle.name, golden] as const);
const CHROMIUM = findChromium();
const PYTHON = [process.env.PYTHON, join(ROOT, ".venv/bin/python")].find((path) => path && existsSync(path));

if (!CHROMIUM) console.log("# NOT RUN: the page's tests need Chromium; install it, or name it in CHROMIUM");

describe("the page", { skip: !CHROMIUM }, () => {
  const site = new Site({
    "/": PAGE,
    "/model/": join(RUNTIME, "tiny"),
    "/model/en/": join(ROOT, "wordgru/models/en"),
    "/model/de/": join(ROOT, "wordgru/models/de"),
    "/int8/": join(RUNTIME, "tiny-int8"),
    "/package/": join(ROOT, "export/web/dist"),
    ...Object.fromEntries(GOLDEN.map(([name, { bundle }]) => [`/golden/${name}/`, join(ROOT, bundle.path)])),
    "/tests/": join(ROOT, "export/web/dist/tests"),
  });
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  inChromium(site, CHROMIUM, (opened) => {
    browser = opened;
  });

  before(async () => {
    context = await browser.newContext();
    page = await open(context);
  });

  async function open(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.on("console", (message) => {
      const isOurs = !message.text().includes("blocked by Playwright"); // service workers, where a test asks for that
      if (isOurs && ["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(site.address);
    await offered(page);
    return page;
  }

  /** A page beside the one under test, closed when the test is over: while it is in front, the other waits. */
  async function aside(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${site.address}tests/golden.html`);
    return page;
  }

  afterEach(() => Promise.all(context.pages().map((other) => other === page || other.close())));

  /** The words on the buttons, once there are some. */
  async function offered(page: Page): Promise<string[]> {
    await page.locator("#offers button:not([disabled])").first().waitFor();
    return page.locator("#offers button").allTextContents();
  }

  /** Wait until all that is shown is of what stands before the cursor now. */
  async function settled(page: Page): Promise<void> {
    await begun(page);
    await page.locator("#offers[aria-busy=false]").waitFor();
  }

  async function write(text: string): Promise<void> {
    await page.locator("#text").fill("");
    await page.locator("#text").pressSequentially(text);
    await settled(page);
  }

  const text = () => page.locator("#text").inputValue();

  it("answers the golden vectors in wasm", async () => {
    const other = await aside();
    for (const [name, vectors] of GOLDEN) {
      const faults = await other.evaluate(
        // @ts-expect-error the page under test defines it
        ([vectors, bundle]) => window.checkGolden(vectors, bundle),
        [vectors, `${site.address}golden/${name}/`] as const,
      );
      assert.deepEqual(faults, [], name);
    }
  });

  it("has a worker that keeps sessions apart, copies them, and passes errors on", async () => {
    const other = await aside();
    const found = await other.evaluate(async (address) => {
      const { Predictor, WordgruError, BundleError } = (await import(`${address}package/index.js`)) as typeof Web;
      const predictor = await Predictor.load("/model/");
      const words = async (asked: Promise<Web.Suggestions>) => (await asked).items.map(({ word }) => word).join(" ");
      const refused = (asked: Promise<unknown>) => asked.then(String, (error: Error) => error);
      const [one, two] = [predictor.session("the cat "), predictor.session("a do")];
      const together = await Promise.all([words(one.suggest()), words(two.suggest()), words(predictor.suggest("a"))]);
      const alone = [
        await words(predictor.complete("the cat ")),
        await words(predictor.complete("a do")),
        await words(predictor.suggest("a")),
      ];
      const copy = one.copy();
      one.append("sat on ");
      copy.append("an");
      const parted = [await words(one.suggest()), await words(copy.suggest())];
      const fresh = [await words(predictor.complete("the cat sat on ")), await words(predictor.complete("the cat an"))];
      const restored = await predictor.restore(await copy.save());
      const again = restored.text === copy.text && (await words(restored.suggest())) === parted[1];
      const [phrase] = await predictor.phrases("the cat", { k: 1, maxWords: 2, threshold: 0 });
      const scores = await predictor.score("the cat sat");
      const k = await refused(predictor.suggest("the", { k: 0 }));
      const nowhere = await refused(Predictor.load("/nowhere/"));
      const option = await refused(predictor.suggest("the", { k: () => 3 } as object));
      const noWasm = await refused(Predictor.load("/model/", { wasm: "/nowhere.wasm" }));
      predictor.close();
      const closed = await refused(predictor.suggest("the"));
      return {
        same: together.join() === alone.join() && parted.join() === fresh.join(),
        again,
        phrase: phrase?.text.split(" ").length,
        scored: scores.map(({ text }) => text).join(" "),
        option: String(option),
        noWasm: String(noWasm),
        errors: [k instanceof WordgruError, nowhere instanceof BundleError, closed instanceof WordgruError],
      };
    }, site.address);
    assert.deepEqual(found, {
      same: true,
      again: true,
      phrase: 2,
      scored: "the cat sat ",
      option: "WordgruError: k is () => 3; expected a whole number of at least 1 and at most 256.",
      noWasm:
        `WordgruError: ${site.address}nowhere.wasm: onnxruntime's wasm cannot be loaded; copy the file there, or name ` +
        "its address in `wasm`.",
      errors: [true, true, true],
    });
  });

  it("has several bundles in one worker, generates text, and refuses what several cannot answer", async () => {
    const other = await aside();
    const found = await other.evaluate(async (address) => {
      const { Predictor } = (await import(`${address}package/index.js`)) as typeof Web;
      const both = await Predictor.load(["/model/en/", "/model/de/"], { personal: true });
      const session = both.session("thanks for the invitation, ich komme gerne ");
      const { items, exact } = await session.suggest();
      const german = (await session.languages()).get("de");
      const copy = session.copy();
      copy.append("and I will ");
      const english = (await copy.languages()).get("en");
      const learnt = await both.session("Wir treffen uns bei Rumpelmeier.").commit();
      const [rumpelmeier] = (await both.complete("bei Rumpel")).items;
      await both.words.block("Rumpelmeier");
      const [phrase] = await both.phrases("thank you very");
      const twice = await Predictor.load(["/model/", "/model"]).catch(String);
      const alone = await Predictor.load("/model/");
      const drawn = (seed: number) => alone.generate("the cat ", { seed, maxWords: 4 });
      return {
        german: exact && items.slice(0, 2).every(({ sources }) => sources.includes("de")) && Number(german) > 0.9,
        english: Number(english) > 0.85,
        learnt,
        rumpelmeier: rumpelmeier?.word,
        blocked: (await both.complete("bei Rumpel")).items[0]?.word !== "Rumpelmeier",
        phrase: phrase?.text.startsWith("much"),
        configs: [...both.configs].map(([name, { precision }]) => `${name} ${precision}`),
        twice,
        drawn: await Promise.all([drawn(1), drawn(1), drawn(3)]),
        nats: (await alone.session("the cat").nats("the cat", " sat")) < 0,
      };
    }, site.address);
    const { drawn, ...others } = found;
    assert.ok(drawn[0] === drawn[1] && drawn[0] !== drawn[2], drawn.join());
    assert.deepEqual(others, {
      german: true,
      english: true,
      learnt: 5,
      rumpelmeier: "Rumpelmeier",
      blocked: true,
      phrase: true,
      configs: ["en int4", "de int8"],
      twice: "WordgruError: two models are called 'model'; expected different ones.",
      nats: true,
    });
  });

  it("leaves an empty field to its placeholder", async () => {
    await write("");
    assert.ok((await offered(page))[0]);
    assert.equal(await page.locator("#ghost span").textContent(), "");
    await write("the ");
    assert.ok(await page.locator("#ghost span").textContent());
  });

  it("offers three words, and says how they were made", async () => {
    await write("the ");
    assert.equal((await offered(page)).length, 3);
    assert.equal(await page.locator("#rows tr").count(), 8);
    assert.match((await page.locator("#rows tr").first().textContent()) ?? "", /%/);
    assert.match((await page.locator("#proof").textContent()) ?? "", /^Proved/);
    assert.match((await page.locator("#median").textContent()) ?? "", /ms$/);
  });

  it("takes a word by Tab, by Alt and a digit, and by a tap; digits type digits", async () => {
    await write("the ca");
    const [first] = await offered(page);
    await page.keyboard.press("Tab");
    await settled(page);
    assert.equal(await text(), `the ${first} `);
    const [, second] = await offered(page);
    await page.keyboard.press("Alt+2");
    await settled(page);
    assert.equal(await text(), `the ${first} ${second} `);
    const third = (await offered(page))[2];
    await page.locator("#offers button").nth(2).click();
    await settled(page);
    assert.equal(await text(), `the ${first} ${second} ${third} `);
    assert.ok(await page.locator("#text").evaluate((area) => area === document.activeElement));
    await page.keyboard.type("12");
    assert.equal(await text(), `the ${first} ${second} ${third} 12`);
    assert.match((await page.locator("#saved").textContent()) ?? "", /^[1-9]\d* of \d+ \(\d+%\)$/);
  });

  it("puts a mark in the place of the space that came with a word, and can undo", async () => {
    await write("the ");
    await page.keyboard.press("Tab");
    const taken = await text();
    await page.keyboard.type(".");
    assert.equal(await text(), `${taken.trimEnd()}.`);
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    assert.ok((await text()).length < taken.length);
  });

  it("lets the keyboard leave the field", async () => {
    await write("the ");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await text(), "the ");
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "BUTTON");
  });

  it("suggests at the cursor in the middle of a text", async () => {
    await write("the dog sat on the mat");
    await page.keyboard.press("Home");
    for (let step = 0; step < "the d".length; step++) await page.keyboard.press("ArrowRight");
    await settled(page);
    const [first] = await offered(page);
    assert.ok(first?.startsWith("d"), first);
    await page.keyboard.press("Tab");
    assert.equal(await text(), `the ${first}og sat on the mat`.replace(`${first}og`, `${first} og`));
  });

  it("reads a paste of 10,000 characters while the page stays awake", async () => {
    await write("");
    const long = "the cat sat on the mat and the dog sat at a door. ".repeat(200);
    await page.locator("#text").evaluate((area: HTMLTextAreaElement, long) => {
      area.focus();
      document.execCommand("insertText", false, long);
    }, long);
    await page.keyboard.type("th");
    await settled(page);
    assert.ok((await offered(page))[0]?.startsWith("th"));
    assert.equal((await text()).length, 10_002);
  });

  it("changes the model by address and by folder, and refuses what is none", async () => {
    await write("the ");
    await page.locator("#open-picker").click();
    await page.locator("#address").fill("tests/");
    await page.locator("#load-address").click();
    await page.locator("#picker-error", { hasText: "config.json" }).waitFor();
    await page.locator("#address").fill("http://example.org/model/");
    await page.locator("#load-address").click();
    await page.locator("#picker-error", { hasText: "https addresses only" }).waitFor();
    complaints.length = 0; // the browser's own, of a file that is not there
    await page.locator("#address").fill("int8/");
    await page.locator("#address").press("Enter");
    await page.locator("#picker").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#model-name").textContent(), "int8");
    await page.locator("#open-picker").click();
    await page.locator("#folder").setInputFiles(join(RUNTIME, "tiny"));
    await page.locator("#picker").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#model-name").textContent(), "tiny");
    assert.match((await page.locator("#facts").textContent()) ?? "", /fp32/);
    await write("the ca");
    assert.ok((await offered(page))[0]?.startsWith("ca"));
  });

  it("learns nothing until it is told to, then offers what was written, and forgets it", async () => {
    const listed = () => page.locator("#own-words li").allTextContents();
    await page.locator("#own summary").click();
    await write("see you at the Krakenhaus");
    await page.locator("#text").blur();
    assert.match(
      (await page.locator("#learning-says").textContent()) ?? "",
      /^Nothing is learned\. Nothing leaves this/,
    );
    assert.deepEqual(await listed(), []);
    await page.locator("#learning").check();
    await page.locator("#text").focus();
    await page.locator("#text").blur();
    await page.locator("#own-words li", { hasText: "the" }).waitFor();
    assert.ok(
      (await listed()).every((word) => !word.includes("Krakenhaus")),
      "it may go on",
    );
    await page.locator("#finish").click();
    await page.locator("#own-words li", { hasText: "Krakenhaus" }).waitFor();
    assert.equal(await text(), "");
    await page.reload();
    assert.ok(await page.locator("#learning").isChecked());
    await write("at the Kra");
    assert.equal((await offered(page))[0], "Krakenhaus");
    assert.match((await page.locator("#rows tr").first().textContent()) ?? "", /^Krakenhaus learned/);
    await page.locator("#own summary").click();
    const download = page.waitForEvent("download");
    await page.locator("#save").click();
    assert.match(readFileSync(await (await download).path(), "utf-8"), /^\{"history": "the", "word": "Krakenhaus", /m);
    await page.locator("#learning").uncheck();
    await page.getByRole("button", { name: "Forget Krakenhaus" }).click();
    await page.locator("#own-said", { hasText: "Forgot Krakenhaus." }).waitFor();
    assert.ok((await listed()).every((word) => !word.includes("Krakenhaus")));
    await settled(page);
    assert.notEqual((await offered(page))[0], "Krakenhaus");
  });

  it("offers words that were added, says what is no word, and forgets all", async () => {
    await page.locator("#added").fill("two words");
    await page.locator("#added").press("Enter");
    await page.locator("#own-error", { hasText: '"two words" is not one word' }).waitFor();
    await page.locator("#added").fill("Eyjafjallajökull");
    await page.locator("#added").press("Enter");
    await page.locator("#own-words li", { hasText: "Eyjafjallajökull added" }).waitFor();
    assert.equal(await page.locator("#own-error").textContent(), "");
    await page.reload();
    await write("the Ey");
    assert.equal((await offered(page))[0], "Eyjafjallajökull");
    await page.locator("#own summary").click();
    page.once("dialog", (dialog) => dialog.accept());
    await page.locator("#forget-all").click();
    await page.locator("#own-none").waitFor();
    await settled(page);
    assert.notEqual((await offered(page))[0], "Eyjafjallajökull");
    await page.locator("#own summary").click();
  });

  it("reads words from a file that it saved, or that the command line wrote, and says what is no such file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "words-"));
    const file = (name: string, text: string) => ({ name, mimeType: "", buffer: Buffer.from(text) });
    const python = (...given: string[]) =>
      execFileSync(PYTHON as string, ["-m", "wordgru", "words", ...given], { encoding: "utf-8" });
    const parsed = (lines: string) =>
      lines
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    await page.locator("#own summary").click();
    await page
      .locator("#words-file")
      .setInputFiles(
        file("words.jsonl", '{"history": "the", "word": "Krakenhaus", "count": 3.0}\n{"history": "", "wo'),
      );
    await page.locator("#own-error", { hasText: "line 2: expected" }).waitFor();
    assert.ok(await page.locator("#own-none").isVisible(), "nothing of it was added");
    const lines = ["", "the", "at the"].map(
      (history) => `{"history": "${history}", "word": "Krakenhaus", "count": 3.0}`,
    );
    await page.locator("#words-file").setInputFiles(file("words.jsonl", `${lines.join("\n")}\n`));
    await page.locator("#own-said", { hasText: "Added 3 counts of words.jsonl." }).waitFor();
    await page.locator("#own-words li", { hasText: "Krakenhaus learned 3 times" }).waitFor();
    await write("see you at the K");
    assert.equal((await offered(page))[0], "Krakenhaus");
    const download = page.waitForEvent("download");
    await page.locator("#save").click();
    const saved = await (await download).path();
    if (PYTHON) {
      const [store, back] = [join(folder, "one.words"), join(folder, "two.words")];
      python("--personal", store, "import", saved);
      assert.deepEqual(parsed(python("--personal", store, "export")), parsed(readFileSync(saved, "utf-8")));
      const text = join(folder, "sent.txt");
      writeFileSync(text, "dinner at Ruairí’s, see you at the Zoo 😀\n");
      python("--personal", back, "learn", text);
      await page.locator("#words-file").setInputFiles(file("exported.jsonl", python("--personal", back, "export")));
      await page.locator("#own-words li", { hasText: "Zoo learned once" }).waitFor();
      await write("see you at the Z");
      assert.equal((await offered(page))[0], "Zoo");
    } else console.log("# NOT RUN: words to Python and back need .venv, or a Python with wordgru named in PYTHON");
    page.once("dialog", (dialog) => dialog.accept());
    await page.locator("#forget-all").click();
    await page.locator("#own-none").waitFor();
    await page.locator("#own summary").click();
    rmSync(folder, { recursive: true });
  });

  it("asks nothing of the network once it is loaded", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await write("Nothing of this may leave. ");
    await page.keyboard.press("Tab");
    await settled(page);
    assert.deepEqual(asked, []);
  });

  it("is accessible and fits, in every look", async () => {
    const visitor = await browser.newContext({ bypassCSP: true }); // for axe
    const page = await open(visitor);
    await page.locator("#text").pressSequentially("The dog can wa");
    await settled(page);
    await inEveryLook(page, "", async (look) => {
      assert.deepEqual(await faults(page), [], look);
      assert.ok(await page.locator("html").evaluate(fits), `the page scrolls sideways, ${look}`);
    });
    await page.locator("#own summary").click();
    await page.locator("#learning").check();
    await page.locator("#text").blur();
    await page.locator("#added").fill("Eyjafjallajökull");
    await page.locator("#added").press("Enter");
    await page.locator("#own-said", { hasText: "Added." }).waitFor();
    await inEveryLook(page, "-own", async (look) => {
      assert.deepEqual(await faults(page), [], look);
      assert.ok(await page.locator("html").evaluate(fits), `the page with the panel scrolls sideways, ${look}`);
    });
    await page.locator("#open-picker").click();
    await inEveryLook(page, "-picker", async (look) => {
      assert.ok(await page.locator("#picker").evaluate(fits), `the dialog scrolls sideways, ${look}`);
    });
    assert.deepEqual(await faults(page), []); // 390 wide, as the last look is
    await visitor.close();
  });

  it("lets its user choose among the languages that are served", async () => {
    const visitor = await browser.newContext({ bypassCSP: true, serviceWorkers: "block" });
    await visitor.route("**/models.json", (route) => route.fulfill({ json: ["model/en/", "model/de/"] }));
    const page = await open(visitor);
    const box = (name: string) => page.getByRole("group", { name: "Languages" }).getByLabel(name);
    const loaded = (name: string) => page.locator("#model-name", { hasText: new RegExp(`^${name}$`) }).waitFor();
    const type = async (text: string) => {
      await page.locator("#text").fill("");
      await page.locator("#text").pressSequentially(text);
      await settled(page);
    };
    await loaded("English and German");
    await type("Thanks for the invitation, ich komme ger");
    const [first] = await offered(page);
    assert.ok(first?.startsWith("ger"), first);
    assert.equal(await page.locator("#offers button").first().getAttribute("lang"), "de");
    assert.match((await page.locator("#rows tr").first().textContent()) ?? "", /^ger\p{L}+ German/u);
    await inEveryLook(page, "-languages", async (look) => {
      assert.deepEqual(await faults(page), [], look);
      assert.ok(await page.locator("html").evaluate(fits), `the page scrolls sideways, ${look}`);
    });
    await box("English").uncheck();
    await loaded("German");
    await type("Thanks for the invitation, ich komme ");
    assert.ok((await offered(page)).length);
    assert.doesNotMatch((await page.locator("#rows").textContent()) ?? "", /English|German/);
    await box("German").click();
    await page.locator("#languages-said", { hasText: "One language at least" }).waitFor();
    assert.ok(await box("German").isChecked());
    await page.reload();
    await loaded("German");
    assert.deepEqual([await box("English").isChecked(), await box("German").isChecked()], [false, true]);
    await box("English").check();
    await loaded("English and German");
    await page.locator("#open-picker").click();
    assert.match((await page.locator("#facts").textContent()) ?? "", /LanguageEnglish.*LanguageGerman/);
    await visitor.close();
  });

  it("works offline after the first load", async () => {
    const visitor = await browser.newContext();
    const page = await open(visitor);
    await page.locator("#offline", { hasText: "without a network" }).waitFor();
    await site.stop();
    await page.reload();
    await page.locator("#text").pressSequentially("the ca");
    assert.ok((await offered(page)).length);
    await site.start();
    await visitor.close();
  });

  it("weighs less than 105 kB but for wasm and the model", () => {
    const files = readdirSync(PAGE).filter((name) => !name.endsWith(".wasm"));
    const weight = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(PAGE, name))).length, 0);
    assert.ok(weight < 105_000, `${weight} bytes`);
  });

  it("had no complaints on the console", () => assert.deepEqual(complaints, []));
});
