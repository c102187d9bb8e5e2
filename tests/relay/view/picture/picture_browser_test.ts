/*
 * The page as people use it: mouse, keys, search, wide and narrow, light and dark. The directory that the
 * variable LTT_RELAY_SCREENSHOTS names is given a picture of each.
 */
/// <reference lib="dom" />
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { EXPRESSION_HELP } from "../../../../relay/view/expression_help.ts";
import { CHROMIUM_MISSING, startChromium } from "../../../chromium.ts";
import { openPicture } from "./browser.ts";
import { HOSTILE, serverData } from "./sample.ts";

const WIDE = { viewport: { width: 1600, height: 1000 } };
const SMALL = { viewport: { width: 1280, height: 800 } };
const NARROW = { viewport: { width: 380, height: 800 } };
const REQUESTS = 2000;
const SECONDS = 10;

type Look = (page: Page) => Promise<void>;

async function shoot(page: Page, name: string): Promise<void> {
  const directory = Deno.env.get("LTT_RELAY_SCREENSHOTS");
  if (directory !== undefined) {
    await page.screenshot({ path: `${directory}/${name}.png`, fullPage: true });
  }
}

async function shownRange(page: Page): Promise<[from: number, to: number]> {
  const text = await page.innerText("#range");
  const [, from, to] = /^([\d.]+) s – ([\d.]+) s/.exec(text)!;
  return [Number(from), Number(to)];
}

/** Pixels by which the page is wider than the window. */
async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Clicks into the timeline: pixels from its left and from its top. */
async function clickTimeline(page: Page, x: number, y: number): Promise<void> {
  const box = (await page.locator("#canvas").boundingBox())!;
  await page.mouse.click(box.x + x, box.y + y);
}

const LOOKS: readonly (readonly [name: string, options: BrowserContextOptions, look: Look])[] = [
  ["shows facts, durations and kinds", WIDE, async (page) => {
    const facts = await page.innerText("#facts");
    for (const text of ["workshop", "10,000", "12,345", "10.00 s"]) {
      assertStringIncludes(facts, text);
    }
    assertEquals(await page.innerText("h1"), "orders & <friends>");
    assertMatch(await page.innerText("#duration-rows tr"), /http:server\s+2,000/);
    assertEquals(await page.locator("#kinds .chip").count(), 6);
    assertEquals(await page.locator("canvas").count(), 3);
    await shoot(page, "wide_light");
  }],
  ["leads from the list of the slowest to the request", WIDE, async (page) => {
    const first = page.locator("#slowest button").first();
    assertStringIncludes(await first.innerText(), "GET /slow");
    await first.click();
    const details = await page.innerText("#details");
    for (
      const text of ["http:server", "400.00 ms", "GET /slow", "http:server_request", "request"]
    ) {
      assertStringIncludes(details, text);
    }
    const [from, to] = await shownRange(page);
    assert(from > 4.7 && from < 5 && to > 5.39 && to < 5.7, `${from} to ${to}`);
    await shoot(page, "slow_request");
  }],
  [
    "shows the slowest at once on a small screen, until something is selected",
    SMALL,
    async (page) => {
      const list = page.locator("#details .slowest button");
      const { y, height } = (await list.first().boundingBox())!;
      assert(y + height < SMALL.viewport.height, `${y + height}`);
      assertStringIncludes(await page.innerText("#details h2"), "Slowest of http:server");
      assertStringIncludes(await list.first().innerText(), "GET /slow");
      await shoot(page, "small_light");
      await list.first().click();
      assertStringIncludes(await page.innerText("#details"), "400.00 ms");
      assertEquals(await list.count(), 0);
      await page.keyboard.press("Escape");
      await page.click("#duration-rows button:has-text('file:read_text_file')");
      assertStringIncludes(await page.innerText("#details h2"), "Slowest of file:read_text_file");
      assertStringIncludes(await list.first().innerText(), ".json");
    },
  ],
  ["shows what is under the pointer, and pins what is clicked", WIDE, async (page) => {
    await page.click("#slowest button");
    const box = (await page.locator("#canvas").boundingBox())!;
    await page.mouse.move(box.x + 600, box.y + 290);
    await page.mouse.move(box.x + 601, box.y + 258);
    assertStringIncludes(await page.innerText("#tooltip"), "GET /slow");
    await page.keyboard.press("Escape");
    await page.click("#details", { position: { x: 5, y: 5 } });
    await page.mouse.click(box.x + 601, box.y + 258);
    assertStringIncludes(await page.innerText("#details"), "400.00 ms");
    await page.click("#details .link");
    assertStringIncludes(await page.innerText("#details"), "1000 of 2000");
    await page.click("#details .steps button:last-of-type");
    assertStringIncludes(await page.innerText("#details"), "1001 of 2000");
  }],
  ["goes through events of a kind by brackets, and closes by Escape", WIDE, async (page) => {
    await page.fill("#search", 'url == "/slow"');
    await page.press("#search", "Enter");
    await page.locator("#canvas").focus();
    await page.keyboard.press("]");
    assertStringIncludes(await page.innerText("#details"), "1001 of 2000");
    await page.keyboard.press("[");
    await page.keyboard.press("[");
    assertStringIncludes(await page.innerText("#details"), "999 of 2000");
    await page.keyboard.press("Escape");
    assertStringIncludes(await page.innerText("#details"), "Click an event");
  }],
  ["zooms and pans by keys", WIDE, async (page) => {
    assertEquals(await shownRange(page), [0, SECONDS]);
    await page.keyboard.press("+");
    assertEquals(await shownRange(page), [2.5, 7.5]);
    await page.keyboard.press("ArrowRight");
    assertEquals(await shownRange(page), [3.5, 8.5]);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    assertEquals(await shownRange(page), [1.5, 6.5]);
    await page.keyboard.press("-");
    assertEquals(await shownRange(page), [0, SECONDS]);
    for (let i = 0; i < 80; i++) await page.keyboard.press("+");
    const [from, to] = await shownRange(page);
    assert(to - from >= 9e-9 && to - from < 20e-9, `${from} to ${to}`);
    await page.keyboard.press("0");
    assertEquals(await shownRange(page), [0, SECONDS]);
  }],
  ["zooms and pans by mouse, wheel and buttons", WIDE, async (page) => {
    const box = (await page.locator("#canvas").boundingBox())!;
    await page.mouse.dblclick(box.x + 700, box.y + 100);
    const [from, to] = await shownRange(page);
    assert(Math.abs(to - from - 2.5) < 0.01, `${from} to ${to}`);
    await page.mouse.move(box.x + 700, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 100, { steps: 4 });
    await page.mouse.up();
    const [dragged] = await shownRange(page);
    assert(dragged > from + 0.2, `${dragged} after ${from}`);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -200);
    await page.keyboard.up("Control");
    const [left, right] = await shownRange(page);
    assert(right - left < 2, `${left} to ${right}`);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, 100);
    await page.keyboard.up("Shift");
    await page.waitForFunction(
      (before) => Number.parseFloat(document.getElementById("range")!.textContent!) > before,
      left,
    );
    await page.click("#fit");
    assertEquals(await shownRange(page), [0, SECONDS]);
    await page.click("#zoom-in");
    await page.click("#pan-left");
    assertEquals(await shownRange(page), [1.5, 6.5]);
  }],
  ["shows what is dragged over the strip", WIDE, async (page) => {
    const box = (await page.locator("#overview .u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.2, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 20, { steps: 5 });
    await page.mouse.up();
    const [from, to] = await shownRange(page);
    assert(Math.abs(from - 2) < 0.05 && Math.abs(to - 4) < 0.05, `${from} to ${to}`);
  }],
  ["finds text and numbers, and goes to what was found", WIDE, async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("status>=500");
    await page.keyboard.press("Enter");
    assertEquals(await page.innerText("#hits"), "1 of 40 found");
    assertStringIncludes(await page.innerText("#details"), "500");
    await page.keyboard.press("Enter");
    assertEquals(await page.innerText("#hits"), "2 of 40 found");
    await page.keyboard.press("Shift+Enter");
    assertEquals(await page.innerText("#hits"), "1 of 40 found");
    await shoot(page, "search");
    await page.fill("#search", "no such text");
    await page.waitForFunction(() =>
      document.getElementById("hits")!.textContent === "nothing found"
    );
    await page.press("#search", "Escape");
    assertEquals(await page.innerText("#hits"), "");
  }],
  ["says why nothing is found", WIDE, async (page) => {
    await page.fill("#search", "statsu>=500");
    await page.press("#search", "Enter");
    assertEquals(await page.innerText("#hits"), "nothing found");
    const note = page.locator("#search-note");
    assertEquals(await note.innerText(), 'no event has a field "statsu"; there is status');
    await page.fill("#search", "status>=");
    await page.press("#search", "Enter");
    assertStringIncludes(await note.innerText(), "it ends where a field, a number or a text is");
    await shoot(page, "search_note");
    await page.fill("#search", `${"long".repeat(100)} == 1`);
    await page.press("#search", "Enter");
    assertStringIncludes(await note.innerText(), "longlong");
    assertEquals(await overflow(page), 0);
    await page.fill("#search", 'status >= 500 && duration < 1s && name =~ "http:*"');
    await page.press("#search", "Enter");
    assertEquals(await page.innerText("#hits"), "1 of 40 found");
    assert(!await note.isVisible());
  }],
  ["shows text of fields as text, whatever it holds", WIDE, async (page) => {
    await page.fill("#search", "</script>");
    await page.press("#search", "Enter");
    assertEquals(await page.innerText("#hits"), "1 of 199 found");
    assertStringIncludes(await page.innerText("#details"), HOSTILE);
    assertEquals(await page.locator("img").count(), 0);
    assertMatch(await page.title(), /orders & <friends>/);
  }],
  ["hides kinds of events, and shows them alone", WIDE, async (page) => {
    const chip = page.locator("#kinds .chip", { hasText: "timer:set" });
    await chip.click();
    assertEquals(await chip.getAttribute("aria-pressed"), "false");
    const pressed = page.locator('#kinds .chip[aria-pressed="true"]');
    assertEquals(await pressed.count(), 5);
    await chip.click({ modifiers: ["Shift"] });
    assertEquals(await pressed.allInnerTexts(), [await chip.innerText()]);
    await shoot(page, "one_kind");
    await page.click("#kinds button:has-text('None')");
    assertEquals(await pressed.count(), 0);
    await page.click("#kinds button:has-text('All')");
    assertEquals(await pressed.count(), 6);
  }],
  ["tells what was lost on a lane, and what was recorded there", WIDE, async (page) => {
    const box = (await page.locator("#canvas").boundingBox())!;
    const at = 148 + (box.width - 160) * 0.585;
    await page.mouse.move(box.x + at, box.y + 90);
    await page.mouse.move(box.x + at + 1, box.y + 90);
    const tooltip = await page.innerText("#tooltip");
    assertStringIncludes(tooltip, "12,345 events lost");
    assertMatch(tooltip, /events here; the nearest:\s+\w+:\w+/);
    await shoot(page, "lost");
  }],
  ["is dark where the system is, and light by the button", {
    ...WIDE,
    colorScheme: "dark",
  }, async (page) => {
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assertEquals(await ground(), "rgb(20, 23, 27)");
    await page.click("#slowest button");
    await shoot(page, "wide_dark");
    await page.click("#theme");
    assertEquals(await ground(), "rgb(244, 245, 247)");
    await page.click("#theme");
    assertEquals(await ground(), "rgb(20, 23, 27)");
  }],
  ["explains its keys", WIDE, async (page) => {
    await page.keyboard.press("?");
    assert(await page.isVisible("#help"));
    const help = (await page.innerText("#help")).replace(/\s+/g, " ");
    for (const text of EXPRESSION_HELP) {
      assertStringIncludes(help, text.replaceAll("`", "").replace(/\s+/g, " "));
    }
    await shoot(page, "help");
    await page.keyboard.press("Escape");
    assert(!await page.isVisible("#help"));
  }],
  ["fits a narrow screen", NARROW, async (page) => {
    assertEquals(await overflow(page), 0);
    await shoot(page, "narrow_light");
    await page.click("#slowest button");
    assertStringIncludes(await page.innerText("#details"), "400.00 ms");
    assertEquals(await overflow(page), 0);
    await clickTimeline(page, 40, 60);
    assert(!await page.isVisible("#details"));
  }],
  ["fits a narrow screen in the dark", { ...NARROW, colorScheme: "dark" }, async (page) => {
    await page.click("#slowest button");
    await shoot(page, "narrow_dark");
    assert(await page.isVisible("#details"));
  }],
  ["has a name for all that can be pressed", WIDE, async (page) => {
    const nameless = await page.$$eval(
      "button, input, canvas[tabindex]",
      (elements) => elements.filter((one) => !one.ariaLabel && !one.textContent).length,
    );
    assertEquals(nameless, 0);
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() =>
      getComputedStyle(document.activeElement!).outlineStyle
    );
    assertEquals(outline, "solid");
  }],
];

Deno.test({
  name: "a picture in Chromium",
  ignore: CHROMIUM_MISSING,
  // Chromium is a process of playwright's, which lives as long as all steps.
  sanitizeResources: false,
  sanitizeOps: false,
  async fn(t) {
    const data = serverData(REQUESTS, SECONDS);
    const browser: Browser = await startChromium();
    try {
      for (const [name, options, look] of LOOKS) {
        await t.step(`a picture ${name}`, async () => {
          await using picture = await openPicture(browser, data, options);
          await look(picture.page);
          assertEquals(picture.faults, []);
          assertEquals(picture.requests, []);
        });
      }
    } finally {
      await browser.close();
    }
  },
});
