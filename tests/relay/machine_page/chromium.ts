import type { Browser, Page } from "playwright-core";
import { serveMachine } from "../../../relay/machine_page/mod.ts";

/** Where Debian and others put it. */
const PATHS: readonly string[] = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** No graphics, no connections of the browser's own. */
const ARGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath: string | null = findChromium();

/** Whether there is no Chromium, or it may not be run: for `{ ignore }`. */
export const CHROMIUM_MISSING: boolean = executablePath === null;

function findChromium(): string | null {
  const needed = ["run", "read", "write", "env", "sys", "net"] as const;
  if (needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted")) return null;
  return PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

/** One browser for all tests of a file. */
let browser: Browser | null = null;

async function launch(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath: executablePath!, args: [...ARGS] });
}

/** Ends the browser: for the end of the file. */
export async function closeChromium(): Promise<void> {
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
  browser ??= await launch();
  const server = serveMachine(0);
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
