/** The page in headless Chromium: by clicks and by keys. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { closeBrowser, pageTest, sentence, settled, textOf } from "./browser.ts";

const { scenarios } = new MachineModel();
Deno.test.afterAll(closeBrowser);

const END = "That was all of this scenario.";

const focused = (page: Page): Promise<string> => page.evaluate("document.activeElement.id");

/** What has to be seen when a scenario is through. */
const seenAtEnd: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "failed-open": async (page) => {
    assertEquals(await page.locator("[data-buffer]").count(), 3);
    assertEquals(await page.locator(".frame.data:not(.legend *)").count(), 12);
  },
  "vetoed-hotplug": async (page) => {
    assertMatch(await textOf(page, '[data-cpu="3"]'), /online/);
    assertMatch(await textOf(page, "#log"), /cpu 3 buffer creation failed/);
  },
  "after-close": async (page) => {
    assertEquals(await page.locator("[data-channel]").count(), 0);
    assertEquals(await page.locator(".frame.data:not(.legend *)").count(), 0);
  },
  "random-access": async (page) => {
    assertEquals((await textOf(page, "#log")).match(/random access detected/g)?.length, 3);
    assertMatch(await textOf(page, ".page:has-text('page 4')"), /“four”\s*w\s*h1$/);
  },
  "reader-exchange": async (page) => {
    assertMatch(await textOf(page, ".reader"), /sub-buffer 2/);
    assertMatch(await textOf(page, ".place:has-text('place 1')"), /“f1”/);
    assertMatch(await textOf(page, ".ring .counters"), /missed\s*1/);
  },
};

pageTest(
  "the page leads through all scenarios by keys, from each to the next",
  {},
  async (page) => {
    // To the first scenario's button by Tab: behind the link to the guide and the glossary.
    for (let tabs = 0; tabs < 3; tabs++) await page.keyboard.press("Tab");
    assertMatch(await page.evaluate("document.activeElement.textContent"), /1 A failed open/);
    await settled(page, () => page.keyboard.press("Enter"));
    for (const [i, { id, title, stages }] of scenarios.entries()) {
      assertEquals(await focused(page), "step");
      assertMatch(await textOf(page, "#lesson h2"), new RegExp(title));
      const begin = stages[0].prepares ? 1 : 0;
      for (let part = begin; part < stages.length; part++) {
        await settled(page, () => page.keyboard.press("Space"));
        if (part === begin) {
          const first = await sentence(page);
          await page.keyboard.press("Space");
          assert(await sentence(page) !== first, first);
        }
        await page.keyboard.press("End");
        assertMatch(await textOf(page, "#after"), /^Look/);
      }
      assertMatch(await textOf(page, "#after"), new RegExp(END));
      await seenAtEnd[id](page);
      const next = scenarios[i + 1];
      assertMatch(await textOf(page, "#step"), next ? /^Next scenario/ : /^Done/);
      if (next) await settled(page, () => page.keyboard.press("Space"));
    }
  },
);

pageTest("the page begins with the first scenario by Space", {}, async (page) => {
  assertMatch(await textOf(page, "#step"), /^First scenario/);
  await settled(page, () => page.keyboard.press("Space"));
  assertMatch(await textOf(page, "#lesson h2"), new RegExp(scenarios[0].title));
});

pageTest("the page says what hinders beside the guide's buttons, not on them", {}, async (page) => {
  for (const width of [1400, 400]) {
    await page.setViewportSize({ width, height: 800 });
    await settled(page, () => page.click('button[aria-label="Take down CPU 2"]'));
    await page.click('button[aria-label="Fill node 0"]', { force: true });
    await page.waitForSelector("#trouble");
    await page.click("#end");
    await settled(page, () => page.click("#scenarios button:has-text('Try things')"));
  }
});

pageTest("the page leads through a scenario by clicks, part by part", {}, async (page) => {
  const { title, stages, id } = scenarios[0];
  await settled(page, () => page.click(`#scenarios button:has-text("${title}")`));
  assertMatch(await textOf(page, "#lesson"), new RegExp(title));
  for (const stage of stages) {
    assertMatch(await textOf(page, ".next"), new RegExp(stage.title));
    await settled(page, () => page.click("#step"));
    await page.click("#end");
    assertEquals(await textOf(page, ".look p"), stage.look);
  }
  assertMatch(await textOf(page, "#after"), new RegExp(END));
  await seenAtEnd[id](page);
  await page.click('#after a:has-text("To all scenarios")');
  assertEquals(await focused(page), "scenarios");
});

pageTest("the page steps by Space after a click on a button that is off then", {}, async (page) => {
  await settled(page, () => page.click('button[aria-label="Take down CPU 1"]'));
  const first = await sentence(page);
  await page.keyboard.press("Space");
  const second = await sentence(page);
  assert(second !== first, second);
  await page.keyboard.press("Space");
  assert(await sentence(page) !== second);
});

pageTest("the page goes back and forth in the steps, and the drawing with it", {}, async (page) => {
  await settled(page, () => page.click('button:has-text("Open a channel")'));
  assertMatch(await sentence(page), /^You open alpha/);
  assertEquals(await page.locator("[data-buffer]").count(), 0);
  const steps = page.locator("#steps");
  await steps.focus();
  await page.keyboard.press("ArrowDown");
  assertMatch(await sentence(page), /^The channel alpha has its first reference/);
  await page.keyboard.press("ArrowDown");
  assertMatch(await sentence(page), /^Frame 32 of node 0 becomes page 0/);
  assertEquals(await page.locator(".frame.data.changed").count(), 1);
  await page.keyboard.press("End");
  assertMatch(await sentence(page), /^alpha is open/);
  assertEquals(await page.locator("[data-buffer]").count(), 3);
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowUp");
  assertEquals(await page.locator("[data-buffer]").count(), 2);
  const active = await steps.getAttribute("aria-activedescendant");
  assertEquals(await page.locator("[role=option][aria-selected=true]").getAttribute("id"), active);
  await page.keyboard.press("Home");
  assertEquals(await sentence(page), "");
  await page.locator("[role=option]").first().click();
  assertMatch(await sentence(page), /^You open alpha/);
});

pageTest("the page lets the machine be used only where its steps end", {}, async (page) => {
  await settled(page, () => page.click('button[aria-label="Take down CPU 1"]'));
  const button = page.locator('button[aria-label="Fill node 0"]');
  assertEquals(await button.getAttribute("aria-disabled"), "true");
  await button.click({ force: true });
  assertMatch(await sentence(page), /^You take CPU 1 down/);
  assertMatch(await textOf(page, "#trouble-text"), /^Go to the end of the steps first/);
  await page.click("#end");
  assertEquals(await page.locator("#trouble").isVisible(), false);
  assertEquals(await button.getAttribute("aria-disabled"), null);
  await settled(page, () => button.click());
  assertMatch(await sentence(page), /^You take every free frame of node 0/);
});

pageTest("the page writes and reads a record, orders a failure, fills a node", {}, async (page) => {
  await page.uncheck("#stepwise");
  await settled(page, () => page.click('button:has-text("Open a channel")'));
  const buffer = page.locator('[data-buffer="alpha1"]');
  await buffer.locator("summary").click();
  await buffer.locator('[data-form=write] [name="text"]').fill("good morning");
  await buffer.locator('[data-form=write] [name="offset"]').fill("4096");
  await settled(page, () => page.keyboard.press("Enter"));
  assertMatch(await sentence(page), /^12 bytes lie in page 1; w is on page 1/);
  assertMatch(await buffer.innerText(), /“good morning”/);
  await buffer.locator('[data-form=read] [name="offset"]').fill("4101");
  await settled(page, () => buffer.locator("[data-form=read] button").click());
  assertMatch(await sentence(page), /^Page 1 says "morning"/);
  await settled(page, () => page.click('[data-what="slab"] [type=submit]'));
  assertMatch(await textOf(page, ".status"), /small: the 3rd from now on/);
  await settled(page, () => page.click('button[aria-label="Fill node 1"]'));
  assertMatch(await textOf(page, '[data-node="1"]'), /0 of 48 frames free/);
  await settled(page, () => page.click('button[aria-label="Give back what fills node 1"]'));
  assertMatch(await textOf(page, '[data-node="1"]'), /46 of 48 frames free/);
});

pageTest("the page steps by Space after a form was sent by Enter", {}, async (page) => {
  await page.locator('[data-what="page"] [name="k"]').fill("2");
  await settled(page, () => page.keyboard.press("Enter"));
  assertMatch(await sentence(page), /^You order that the 2nd page/);
  await page.keyboard.press("Space");
  assertMatch(await sentence(page), /^It waits/);
});

pageTest("the page shows small allocations as steps when they are asked for", {}, async (page) => {
  await settled(page, () => page.click('button:has-text("Open a channel")'));
  await page.click("#end");
  const few = await page.locator("[role=option]").count();
  await page.check("#slabs");
  const many = await page.locator("[role=option]").count();
  assert(many > few + 10, `${few} and ${many} steps`);
});

pageTest(
  "the page explains a word where it stands, by keys, and lets go again",
  {},
  async (page) => {
    const word = page.locator('[data-word="zonelist"]').first();
    await word.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#word-zonelist:focus");
    await page.keyboard.press("Escape");
    assertEquals(await page.locator("#words").isVisible(), false);
  },
);

pageTest(
  "the page says what the server refuses, and shows what another page has done",
  {
    console: /409 \(Conflict\)/,
  },
  async (page) => {
    const other = await page.context().newPage();
    await other.goto(page.url());
    await settled(other, () => other.click('button[aria-label="Take down CPU 2"]'));
    await other.close();
    await settled(page, () => page.click('button[aria-label="Fill node 0"]'));
    await page.waitForSelector('[data-cpu="2"].is-offline');
    assertMatch(await textOf(page, "#trouble-text"), /used from another page meanwhile$/);
    await page.click("#trouble-close");
    assertEquals(await page.locator("#trouble").isVisible(), false);
  },
);

pageTest("the page says when there is no machine behind it any more", {
  console: /ERR_FAILED/,
}, async (page) => {
  await page.route("**/do", (route) => route.abort());
  await page.click('button[aria-label="Fill node 0"]');
  await page.waitForSelector("#trouble");
  assertMatch(
    await textOf(page, "#trouble-text"),
    /^Cannot reach the machine: .*deno task machine/,
  );
  await page.unroute("**/do");
  await settled(page, () => page.click('button[aria-label="Fill node 0"]'));
  assertMatch(await sentence(page), /^You take every free frame of node 0/);
  assertEquals(await page.locator("#trouble").isVisible(), false);
});

for (const [width, scroller] of [[1400, "#machine"], [400, "#page"]] as const) {
  pageTest(
    `the page shows a new machine from its beginning, at ${width}`,
    { width },
    async (page) => {
      await page.locator(".orders").scrollIntoViewIfNeeded();
      const scrolled = () => page.locator(scroller).evaluate(({ scrollTop }) => scrollTop);
      assert(await scrolled() > 0);
      await settled(page, () => page.locator("#scenarios button").first().click());
      assertEquals(await scrolled(), 0);
      assertEquals(await sentence(page), "");
    },
  );
}

pageTest(
  "the page begins a scenario where what prepares it is done, and goes back into it",
  {},
  async (page) => {
    const { title, intro, stages } = scenarios[2];
    await settled(page, () => page.click(`#scenarios button:has-text("${title}")`));
    assertMatch(await sentence(page), /^Part 1 is done already/);
    assertEquals(await textOf(page, "#lesson p"), intro);
    assertEquals(await textOf(page, ".look p"), stages[0].look);
    assertMatch(await textOf(page, ".next"), new RegExp(stages[1].title));
    assertEquals(await page.locator("[data-buffer]").count(), 3);
    await page.keyboard.press("ArrowLeft");
    assertMatch(await sentence(page), /^You write|bytes|w is on/);
    await page.press("#steps", "Home");
    assertEquals(await page.locator("[data-buffer]").count(), 0);
    await page.keyboard.press("Space");
    assertMatch(await sentence(page), /^You open alpha/);
  },
);

pageTest("the page says that its machine was used before, and begins anew", {}, async (page) => {
  assertEquals(await page.locator("#resumed").isVisible(), false);
  await settled(page, () => page.click("#scenarios button >> nth=1"));
  assertEquals(await page.locator("#resumed").isVisible(), false);
  await page.reload();
  await page.waitForSelector("#resumed button");
  assertMatch(await textOf(page, "#resumed"), /in the middle of “A vetoed hotplug”/);
  await page.click("#go-on");
  assertEquals(await page.locator("#resumed").isVisible(), false);
  assertEquals(await focused(page), "step");
  await page.reload();
  await settled(page, () => page.click("#resumed button:has-text('Begin anew')"));
  assertEquals(await page.locator("#resumed").isVisible(), false);
  assertMatch(await textOf(page, "#step"), /^First scenario/);
  await page.reload();
  await page.waitForSelector(".cpu");
  assertEquals(await page.locator("#resumed").isVisible(), false);
});

pageTest("the page tells every key that goes through the steps", {}, async (page) => {
  const told = await page.locator("header kbd").allInnerTexts();
  assertEquals(told, ["Space", "→", "←", "End"]);
});

pageTest("the page comes back where it was when it is loaded again", {}, async (page) => {
  await settled(page, () => page.click('button[aria-label="Take down CPU 2"]'));
  await page.reload();
  await page.waitForSelector('[data-cpu="2"].is-offline');
  assertMatch(await sentence(page), /^CPU 2 is down/);
});

// Last of all: from here on time stands.
pageTest("the page plays a part by itself, and stops at its end", {}, async (page) => {
  await settled(page, () => page.click("#scenarios button >> nth=0"));
  await page.clock.install();
  await settled(page, () => page.click("#play"));
  assertMatch(await textOf(page, "#play"), /Pause/);
  await page.clock.runFor(5000);
  assertMatch(await textOf(page, "#play"), /Play/);
  assertMatch(await textOf(page, ".look"), /^Look/);
});
