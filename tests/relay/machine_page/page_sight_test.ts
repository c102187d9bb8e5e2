/** What a step talks about is in sight, and nothing moves without need: all steps, in headless Chromium. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { closeBrowser, pageTest, settled } from "./browser.ts";
import { walk } from "./walk.js";

const { scenarios } = new MachineModel();
Deno.test.afterAll(closeBrowser);

for (const { id, title } of scenarios) {
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
        const hidden = looks.filter(({ hidden }) => hidden.length > 0);
        assertEquals(hidden.map(({ sentence, hidden }) => [sentence, hidden]), [], `at ${width}`);
        const needless = looks.filter(({ isNeedless }) => isNeedless);
        assertEquals(
          needless.map(({ sentence }) => sentence),
          [],
          `scrolled without need at ${width}`,
        );
        if (width === 400) continue;
        const cut = looks.filter(({ isRead }) => !isRead);
        assertEquals(cut.map(({ sentence }) => sentence), [], "the guide is to be scrolled");
        const [first] = looks;
        const moved = looks.filter(({ fixed }) => fixed !== first.fixed);
        assertEquals(moved.map(({ sentence, fixed }) => [sentence, fixed]), [], first.fixed);
      }
    },
  );
}
