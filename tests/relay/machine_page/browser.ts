import type { Browser, Page } from "playwright-core";
import { CHROMIUM_MISSING, startChromium } from "../../chromium.ts";
import { serveMachine } from "../../../relay/machine_page/mod.ts";

/** One browser for all tests of a file. */
let browser: Browser | null = null;

/** Ends the browser: for the end of the file. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
}

/** A window of the browser. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  /** What the browser's console will say; anything else fails the test. */
  readonly console?: RegExp;
}

/**
 * Opens the page of a new machine in Chromium. What its console or an error says, and a request that leaves
 * this server, is thrown when `use` is done.
 */
export async function withPage(look: Look, use: (page: Page) => Promise<void>): Promise<void> {
  browser ??= await startChromium();
  const server = await serveMachine(0);
  const { width = 1400, height = 950, colorScheme = "light" } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: "reduce",
  });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("console", (message) => {
      if (!look.console?.test(message.text())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !url.startsWith("data:")) complaints.push(`asks ${url}`);
    });
    await page.goto(server.url);
    await page.waitForSelector(".cpu");
    await use(page);
  } finally {
    await context.close();
    await server.close();
  }
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
}

/** A test in Chromium. What the browser's driver leaves behind is not the page's. */
export function pageTest(name: string, look: Look, use: (page: Page) => Promise<void>): void {
  Deno.test({
    name,
    ignore: CHROMIUM_MISSING,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => withPage(look, use),
  });
}

/** The text of an element. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).innerText();
/** The sentence of the step shown. */
export const sentence = (page: Page): Promise<string> => textOf(page, "#sentence");

/** Waits until what was asked of the server has come. */
export async function settled(page: Page, act: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await act();
  await (await answered).finished();
  await page.waitForFunction(() => true);
}
