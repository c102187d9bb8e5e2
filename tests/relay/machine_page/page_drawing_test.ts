/** What the page draws, in headless Chromium. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { closeBrowser, pageTest, sentence, settled, textOf } from "./browser.ts";

const { scenarios } = new MachineModel();
Deno.test.afterAll(closeBrowser);

const marked = (page: Page): Promise<number> => page.locator("#machine .changed").count();

pageTest(
  "the page shows how full a place is, and which frames the reader has",
  {},
  async (page) => {
    await page.uncheck("#stepwise");
    await page.selectOption("[name=mode]", "overwrite");
    await settled(page, () => page.click('button:has-text("Open a channel")'));
    const buffer = page.locator('[data-buffer="alpha0"]');
    await buffer.locator("summary").click();
    const record = async (size: number): Promise<void> => {
      await buffer.locator("[data-form=record] [name=size]").fill(String(size));
      await settled(page, () => buffer.locator("[data-form=record] button").click());
    };
    const level = () =>
      buffer.locator("progress").evaluate((bar) => (bar as unknown as { value: number }).value);
    await record(1024);
    assertEquals(await level(), 25);
    await record(2048);
    assertEquals(await level(), 75);
    await settled(page, () => buffer.locator('button:has-text("Reserve only")').click());
    assertMatch(await textOf(page, ".is-writing .place-state"), /a slot is open/);
    const readers = () => page.locator(".frame.spare:not(.legend *)").first().getAttribute("title");
    assertMatch((await readers())!, /^Frame 36: taken as the spare page/);
    await settled(page, () => buffer.locator('button:has-text("Attach a reader")').click());
    await settled(page, () => buffer.locator('button:has-text("Get the next")').click());
    assertMatch((await readers())!, /^Frame 32: page 0 of alpha's buffer/);
    assertMatch(
      await buffer.locator(".reader").innerText(),
      /sub-buffer 0\s*frame 32\s.*\snumber 0, being read/,
    );
    assertMatch(await buffer.locator(".place:has-text('next read')").innerText(), /place 1/);
  },
);

pageTest("the page calls off a failure, and says what the patch does instead", {}, async (page) => {
  await page.uncheck("#stepwise");
  const form = page.locator('[data-what="page"]');
  await settled(page, () => form.locator("[type=submit]").click());
  assertMatch(await textOf(page, ".status"), /page: the 3rd from now on/);
  await settled(page, () => form.locator('button:has-text("Call off")').click());
  assertMatch(await textOf(page, ".status"), /page: none/);
  assertEquals(
    await form.locator('button:has-text("Call off")').getAttribute("aria-disabled"),
    "true",
  );
  await settled(page, () => form.locator("[type=submit]").click());
  await settled(page, () => page.click('button:has-text("Open a channel")'));
  assertMatch(await textOf(page, ".differs"), /answers NULL.*table in relay\/mod\.ts/);
});

pageTest("the page shows each notifier that is called, and its answer", {}, async (page) => {
  await page.uncheck("#stepwise");
  await settled(page, () => page.click('button:has-text("the next CPU to go down")'));
  await settled(page, () => page.click('button[aria-label="Take down CPU 1, frozen"]'));
  const rows = (await page.locator(".chain tbody tr").allInnerTexts()).map((row) =>
    row.split(/\s+/)
  );
  assertEquals(rows, [
    ["10", "migration_call", "OK", "OK"],
    ["5", "relay_hotcpu_callback", "OK", "OK"],
    ["0", "workqueue_cpu_callback", "BAD:", "a", "veto", ""],
  ]);
  assertMatch(await sentence(page), /^The answer: -EINVAL/);
});

pageTest("axe finds nothing that hinders anybody in the page, light and dark", {}, async (page) => {
  const { default: axe } = await import("axe-core");
  await page.evaluate(axe.source);
  const assertAccessible = async (where: string): Promise<void> => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      // Only colours differ in the dark. What is in order is not written down.
      const rules = colorScheme === "light" ? "" : ', runOnly: ["color-contrast"]';
      const { violations } = await page.evaluate(
        `axe.run({ resultTypes: ["violations"]${rules} })`,
      ) as AxeResults;
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
      assertEquals(found, [], `${where}, ${colorScheme}`);
    }
  };
  await assertAccessible("at the start");
  const { id, title } = scenarios[4];
  await settled(page, () => page.click(`#scenarios button:has-text("${title}")`));
  await page.reload();
  await page.waitForSelector("#resumed button");
  await page.evaluate(axe.source);
  await assertAccessible("with a machine that was used before");
  for (let part = 0; part < 3; part++) {
    await settled(page, () => page.click("#step"));
    await page.click("#end");
  }
  for (const summary of await page.locator("summary").all()) await summary.click();
  await page.click('button:has-text("Words explained")');
  await assertAccessible(`at the end of a part of "${id}", with everything open`);
});

pageTest("the page fits 320, 400, 700 and 1400 pixels", {}, async (page) => {
  await page.uncheck("#stepwise");
  for (const { title, stages } of scenarios) {
    await settled(page, () => page.click(`#scenarios button:has-text("${title}")`));
    for (let i = 0; i < Math.min(3, stages.length); i++) {
      await settled(page, () => page.click("#step"));
    }
    for (const width of [320, 400, 700, 1400]) {
      await page.setViewportSize({ width, height: 950 });
      // Neither the page nor what scrolls in it by itself; a table of many columns may.
      const wide = await page.evaluate(`["html", "#page", "main", "#guide", "#now", "#record"]
        .map((name) => [name, document.querySelector(name)])
        .filter(([, { scrollWidth, clientWidth }]) => scrollWidth > clientWidth)
        .map(([name]) => name)`);
      assertEquals(wide, [], `"${title}" at ${width} pixels`);
    }
  }
});

pageTest(
  "the page marks what a step has changed, and nothing before the first",
  {},
  async (page) => {
    assertEquals(await marked(page), 0);
    await settled(page, () => page.click('button[aria-label="Fill node 0"]'));
    await page.keyboard.press("ArrowRight");
    assertEquals(await page.locator("#machine .frame.fill.changed").count(), 32);
  },
);

/** Sentences of all scenarios, and of what happens in none of them. */
function allSaid(): string[] {
  const said: string[] = [];
  const model = new MachineModel();
  const keep = () =>
    said.push(
      ...model.story.steps.map(({ text, place, differs }) => `${text} ${differs} ${place}`),
    );
  for (const { id, stages } of model.scenarios) {
    model.load(id);
    for (const _ of stages) model.next();
    keep();
  }
  model.load(null);
  model.do({ do: "cpu", cpu: 2, up: false, frozen: true });
  keep();
  return said;
}

pageTest("the page links every word that it explains", {}, async (page) => {
  await page.uncheck("#stepwise");
  await page.selectOption("[name=mode]", "overwrite");
  await settled(page, () => page.click('button:has-text("Open a channel")'));
  const { explained, linked } = await page.evaluate(async (said) => {
    const glossary = "/glossary.js";
    const { termsIn } = await import(glossary);
    const { document } = globalThis as unknown as { document: Elements };
    const words = (elements: Iterable<Word>) => [...elements].map(({ dataset }) => dataset.word);
    return {
      explained: [...document.querySelectorAll("#words dt")].map(({ id }) => id),
      linked: [
        ...words(document.querySelectorAll("#page [data-word]")),
        ...said.flatMap((text) => words(termsIn(text))),
      ].map((word) => `word-${word}`),
    };
  }, allSaid());
  assertEquals(explained.filter((id) => !linked.includes(id)), []);
});

/** What of the page's elements is asked for. */
type Word = { readonly id: string; readonly dataset: { readonly word: string } };
type Elements = { querySelectorAll(selector: string): Iterable<Word> };

pageTest("the page explains the names that it shows", {}, async (page) => {
  await page.click('button:has-text("Words explained")');
  const words = await textOf(page, "#words");
  for (const name of ["mutex", "debugfs", "scheduler, which", "ring_cpu_callback", "WARNING: at"]) {
    assert(words.includes(name), name);
  }
});

pageTest(
  "the page says where the ring goes on beside no other place, and what is consumed",
  {},
  async (page) => {
    await page.uncheck("#stepwise");
    await page.selectOption("[name=mode]", "overwrite");
    await settled(page, () => page.click('button:has-text("Open a channel")'));
    const ring = page.locator('[data-buffer="alpha0"] .ring');
    assertMatch(await ring.innerText(), /Place 0 follows place 1\./);
    assertMatch(await ring.innerText(), /consumed or given up\s0/);
    // The reader's box says whose it is, and no place stands next to it.
    const before = ring.locator(".reader").locator("xpath=preceding-sibling::*[1]");
    assertEquals(await before.evaluate(({ className }) => className), "places");
  },
);

pageTest(
  "the page links the words of a step, as order where a block is refused",
  {},
  async (page) => {
    await page.uncheck("#stepwise");
    await settled(page, () => page.click('[data-what="page"] [type=submit]'));
    await settled(page, () => page.click('button:has-text("Open a channel")'));
    assertMatch(await sentence(page), /a block of order 0/);
    await page.click('#terms [data-word="order"]');
    await page.waitForSelector("#word-order:focus");
    assertMatch(await textOf(page, "#word-order + dd"), /2 to the power of n frames/);
  },
);
