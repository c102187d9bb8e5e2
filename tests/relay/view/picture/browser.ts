/*
 * Pages in Debian's Chromium, without a window, driven by playwright-core.
 */
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { picturePage } from "../../../../relay/view/picture/picture_page.ts";

/** A picture that is open, and what went wrong in it or was asked of a network meanwhile. */
export interface OpenPicture {
  readonly page: Page;
  /** Errors and warnings, none in a page that works. */
  readonly faults: readonly string[];
  /** What was asked for but the page itself. */
  readonly requests: readonly string[];
}

/** Writes a picture to a file, opens it, and waits until it can be used. */
export async function openPicture(
  browser: Browser,
  data: Uint8Array<ArrayBuffer>,
  options: BrowserContextOptions = {},
): Promise<OpenPicture & AsyncDisposable> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  await Deno.writeTextFile(file, (await picturePage("orders & <friends>", data)).join(""));
  const url = pathToFileURL(file).href;
  const page = await browser.newPage(options);
  const faults: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("request", (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  return {
    page,
    faults,
    requests,
    async [Symbol.asyncDispose](): Promise<void> {
      await page.close();
      await Deno.remove(file);
    },
  };
}
