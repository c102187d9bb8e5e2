/// <reference lib="dom" />
/**
 * How fast a picture of a trace opens and moves: `deno run -A tests/bench/picture.ts [--events N] [--runs N]`.
 * The page of a server's trace with 10^6 events is opened in headless Chromium, each time in a new page,
 * until it can be used; then it is panned, a step a frame, with a half, a tenth and a thousandth of the
 * trace in view. Prints JSON: bytes of the page, milliseconds until it is open, and until an empty page is,
 * frames a second (medians), and the longest frame in milliseconds.
 */
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { picturePage } from "../../relay/view/picture/picture_page.ts";
import { startChromium } from "../chromium.ts";
import { serverData } from "../relay/view/picture/sample.ts";
import { numberOption } from "./arguments.ts";

const events = numberOption("events", 1_000_000);
const runs = numberOption("runs", 5);
const FRAMES = 90;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of each frame while the page goes on by the key, forth and back. */
async function pan(page: Page): Promise<number[]> {
  return await page.evaluate(async (frames) => {
    const nextFrame = (): Promise<number> => new Promise(requestAnimationFrame);
    const times = [];
    let last = await nextFrame();
    for (let i = 0; i < frames; i++) {
      const key = i % 8 < 4 ? "ArrowRight" : "ArrowLeft";
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      const now = await nextFrame();
      times.push(now - last);
      last = now;
    }
    return times;
  }, FRAMES);
}

/** Milliseconds until a page can be used and has been painted. */
async function timeToOpen(page: Page, url: string): Promise<number> {
  const before = performance.now();
  await page.goto(url);
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  return performance.now() - before;
}

const path = await Deno.makeTempFile({ suffix: ".html" });
const browser = await startChromium();
try {
  const pieces = await picturePage("bench", serverData(events / 5, 60));
  await Deno.writeTextFile(path, pieces.join(""));
  const opened: number[] = [];
  const empty: number[] = [];
  const frames: Record<string, number[]> = { half: [], tenth: [], thousandth: [] };
  for (let run = 0; run < runs; run++) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    empty.push(await timeToOpen(page, "data:text/html,<html data-ready>"));
    opened.push(await timeToOpen(page, pathToFileURL(path).href));
    for (const [part, presses] of [["half", 1], ["tenth", 2], ["thousandth", 7]] as const) {
      for (let i = 0; i < presses; i++) await page.keyboard.press("+");
      frames[part].push(...await pan(page));
    }
    await page.close();
  }
  const rates = Object.entries(frames).map(([part, times]) => [
    part,
    { frames_per_s: Math.round(1000 / median(times)), longest_ms: Math.round(Math.max(...times)) },
  ]);
  console.log(JSON.stringify({
    events,
    bytes: (await Deno.stat(path)).size,
    open_ms: Math.round(median(opened)),
    empty_page_ms: Math.round(median(empty)),
    pan: Object.fromEntries(rates),
    runs,
  }));
} finally {
  await browser.close();
  await Deno.remove(path);
}
