/** What a step talks about is in sight, and nothing moves without need: all steps, in headless Chromium. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { closeBrowser, pageTest, settled } from "./browser.ts";
import { walk } from "./walk.js";

const { scenarios } = new MachineModel();
Deno.test.afterAll(closeBrowser);

for (const { id, title, stages } of scenarios) {
  pageTest(
    `the page shows all that each step of "${id}" has changed, and says where`,
    {},
    async (page) => {
      for (const [width, height] of [[400, 800], [1400, 900]]) {
        await page.setViewportSize({ width, height });
        await settled(page, () => page.click(`#scenarios button:has-text("${title}")`));
        const looks = await page.evaluate(walk);
        assert(looks.length > 30, `${looks.length} steps`);
        for (const { sentence, place } of looks) {
          assert(sentence !== "", "every step says something");
          assertMatch(place, /\w\(\)/, sentence);
        }
        const spokenOf = stages.flatMap(({ shows = [] }) => shows).length;
        assertEquals(looks.reduce((sum, { subjects }) => sum + subjects, 0), spokenOf);
        const hidden = looks.filter(({ hidden }) => hidden.length > 0);
        assertEquals(hidden.map(({ sentence, hidden }) => [sentence, hidden]), [], `at ${width}`);
        const needless = looks.filter(({ isNeedless }) => isNeedless);
        assertEquals(
          needless.map(({ sentence }) => sentence),
          [],
          `scrolled without need at ${width}`,
        );
        if (width === 400) continue;
        assertEquals(looks.flatMap(({ tooLarge }) => tooLarge), []);
        const cut = looks.filter(({ isRead }) => !isRead);
        assertEquals(cut.map(({ sentence }) => sentence), [], "the guide is to be scrolled");
        const [first] = looks;
        const moved = looks.filter(({ fixed }) => fixed !== first.fixed);
        assertEquals(moved.map(({ sentence, fixed }) => [sentence, fixed]), [], first.fixed);
      }
    },
  );
}

/** Names what the words at the end of a part speak of, and whether all of it is seen. */
const SPOKEN_OF = `(() => {
  const machine = document.getElementById("machine").getBoundingClientRect();
  const status = document.querySelector(".status").getBoundingClientRect();
  return [...document.querySelectorAll("#machine .subject")].map((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return [element.dataset.buffer, top >= status.bottom && bottom <= machine.bottom];
  });
})()`;

pageTest("the page shows what it tells to look at when the end of the part was gone to", {
  height: 900,
}, async (page) => {
  for (const { title, stages } of scenarios) {
    await settled(page, () => page.click(`#scenarios button:has-text("${title}")`));
    for (const { title, shows = [], prepares } of stages) {
      if (!prepares) await settled(page, () => page.click("#step"));
      await page.keyboard.press("End");
      const spokenOf = await page.evaluate(SPOKEN_OF) as [string, boolean][];
      assertEquals(spokenOf.length, shows.length, title);
      assertEquals(spokenOf.filter(([, isSeen]) => !isSeen), [], title);
      if (title === "Memory again, but another veto") assertEquals(spokenOf, [["alpha3", true]]);
    }
  }
});

/** Takes steps faster than the page scrolls, waits until it rests, and names what of the last is not seen. */
const HURRY = `(async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const scroller = document.getElementById("page");
  for (let i = 0; i < 6; i++) {
    document.getElementById("step").click();
    await frame();
    await frame();
  }
  for (let at = -1, rest = 0; rest < 10; rest++) {
    await frame();
    if (scroller.scrollTop !== at) rest = 0;
    at = scroller.scrollTop;
  }
  return [...document.querySelectorAll("#machine .changed:not(.status *)")].filter((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return !element.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
  }).map(({ textContent }) => textContent);
})()`;

pageTest("the page shows what a step has changed to those who hurry, too", {
  width: 400,
  height: 800,
}, async (page) => {
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await settled(page, () => page.click('#scenarios button:has-text("A buffer living on")'));
  await page.press("#steps", "Home");
  await page.click("#step");
  for (let i = 0; i < 3; i++) assertEquals(await page.evaluate(HURRY), []);
});
