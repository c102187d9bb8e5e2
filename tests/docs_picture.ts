/**
 * Makes `docs/picture.png`, the README's picture: `deno run -A tests/docs_picture.ts`. It records the example
 * program, has `view --html` make its page, and looks at the slowest request there.
 */
import { pathToFileURL } from "node:url";
import { startChromium } from "./chromium.ts";

const CLI = new URL("../relay/cli/mod.ts", import.meta.url).pathname;
const OUT = new URL("../docs/picture.png", import.meta.url).pathname;

const directory = await Deno.makeTempDir();
async function run(...args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", CLI, ...args],
    cwd: directory,
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

try {
  await run("record", "--out", "server");
  // Without what names a path of this machine.
  await run(
    "view",
    "--event",
    "http:*,shop:*,loop:*,worker:begin",
    "--html",
    "server.html",
    "server",
  );
  const browser = await startChromium();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(pathToFileURL(`${directory}/server.html`).href);
  await page.waitForSelector("html[data-ready]");
  await page.click("#duration-rows button:text-is('http:server')");
  await page.click("#slowest button");
  await page.waitForTimeout(500);
  await page.screenshot({ path: OUT });
  await browser.close();
} finally {
  await Deno.remove(directory, { recursive: true });
}
