import type { Browser, Page } from "playwright-core";
import { CHROMIUM_MISSING, startChromium } from "../../chromium.ts";
import { serveMachine } from "../../../relay/machine_page/mod.ts";

/** One browser and one page for all tests of a file. */
let browser: Browser | null = null;
let page: Page | null = null;

/** Where the machine of the test is, and what it complains of. */
let url = "";
let complaints: string[] = [];
let allowed: RegExp | undefined;

/** Ends the browser: for the end of the file. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
}

/** A window of the browser. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  /** What the browser's console will say; anything else fails the test. */
  readonly console?: RegExp;
}

async function openPage(): Promise<Page> {
  browser ??= await startChromium();
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => {
    if (!allowed?.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const asked = request.url();
    if (!asked.startsWith(url) && !asked.startsWith("data:")) complaints.push(`asks ${asked}`);
  });
  return page;
}

/**
 * Opens the page of a new machine in Chromium. What its console or an error says, and a request that leaves
 * this server, is thrown when `use` is done.
 */
async function withPage(look: Look, use: (page: Page) => Promise<void>): Promise<void> {
  const server = await serveMachine(0);
  page ??= await openPage();
  [url, complaints, allowed] = [server.url, [], look.console];
  const { width = 1400, height = 950 } = look;
  try {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.goto(url);
    await page.waitForSelector(".cpu");
    await use(page);
  } finally {
    await page.unrouteAll();
    // Nothing of this test asks a server that is gone.
    await page.goto("about:blank");
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

/** Waits until what was asked of the server has come and is drawn. */
export async function settled(page: Page, act: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await act();
  await answered;
  await page.waitForSelector('main[aria-busy="false"]');
}
