// Opens a.md of a folder in the VS Code of an address, as its reader would: takes the first word offered after "the ca";
// waits until a slip is marked, takes the first quick fix; takes the first word offered in an address, as the settings
// say; takes what is shown at the cursor. Prints each list, and what was shown.
import { chromium } from "../../export/node_modules/playwright-core/index.mjs";

const [address, folder, executablePath] = process.argv.slice(2);
const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath, args: flags });
const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
page.setDefaultTimeout(60_000);
const rows = page.locator(".suggest-widget.visible .monaco-list-row");
const { keyboard } = page;

/** Type a text, and take the first word offered, once the list changes no more; a new server may miss letters. */
async function take(text) {
  await keyboard.type(text, { delay: 50 });
  let [list, before] = ["", "[]"];
  for (let tries = 1; list === "[]" || list !== before; tries++) {
    if (tries > 80) throw new Error(`no word is offered after ${text}`);
    if (list === "[]" && tries % 5 === 0) await keyboard.press("Control+Space");
    await page.waitForTimeout(700);
    before = list;
    list = JSON.stringify(await rows.evaluateAll((found) => found.map((row) => row.getAttribute("aria-label"))));
  }
  console.log(list);
  await keyboard.press("Tab");
}

try {
  const file = `vscode-remote://${new URL(address).host}${folder}/a.md`;
  const payload = encodeURIComponent(JSON.stringify([["openFile", file]]));
  await page.goto(`${address}/?folder=${folder}&payload=${payload}`);
  await page.locator(".monaco-editor .view-line").first().click();
  await take("the ca");

  await keyboard.type("\nI hvae an idea.", { delay: 50 });
  await keyboard.press("Escape");
  await page.locator(".squiggly-info").first().waitFor({ state: "attached" });
  await keyboard.press("Home");
  for (const _ of "I hv") await keyboard.press("ArrowRight");
  await keyboard.press("Control+.");
  await page.locator(".action-widget").getByText("Replace “hvae” with “have”").waitFor();
  await keyboard.press("Enter");
  await page.locator(".view-line").getByText("have").waitFor();

  await keyboard.press("Control+End");
  await take("\nto anna@exam");

  await keyboard.type("\nThank you for y", { delay: 50 });
  await rows.first().waitFor();
  await page.waitForTimeout(1000);
  await keyboard.press("Escape");
  const ghost = page.locator(".ghost-text, .ghost-text-decoration").first();
  await ghost.waitFor();
  console.log((await ghost.innerText()).replaceAll("\u00a0", " "));
  await keyboard.press("Tab");
  await keyboard.press("Control+s");
  await page.locator(".tab.active:not(.dirty)").waitFor();
} finally {
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/vscode.png` });
  await browser.close();
}
