/** What a step talks about is in sight, and nothing moves without need: all steps, in headless Chromium. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { closeBrowser, pageTest, settled } from "./browser.ts";
import { walk } from "./walk.js";

const { scenarios } = new MachineModel();
Deno.test.afterAll(closeBrowser);

const load = (page: Page, title: string): Promise<void> =>
  settled(page, () => page.click(`#scenarios button:has-text("${title}")`));

for (const [width, height] of [[400, 800], [1400, 900]] as const) {
  for (const { id, title } of scenarios) {
    pageTest(`the page shows all that a step of "${id}" has changed, at ${width} × ${height}`, {
      width,
      height,
    }, async (page) => {
      await load(page, title);
      const looks = await page.evaluate(walk);
      assert(looks.length > 30, `${looks.length} steps`);
      for (const { sentence, place } of looks) {
        assert(sentence !== "", "every step says something");
        assertMatch(place, /\w\(\)/, sentence);
      }
      const hidden = looks.filter(({ hidden }) => hidden.length > 0);
      assertEquals(hidden.map(({ sentence, hidden }) => [sentence, hidden]), []);
      const needless = looks.filter(({ isNeedless }) => isNeedless);
      assertEquals(needless.map(({ sentence }) => sentence), [], "scrolled without need");
      if (width < 1000) return;
      const cut = looks.filter(({ isRead }) => !isRead);
      assertEquals(cut.map(({ sentence }) => sentence), [], "the guide is to be scrolled");
      const [first] = looks;
      const moved = looks.filter(({ fixed }) => fixed !== first.fixed);
      assertEquals(moved.map(({ sentence, fixed }) => [sentence, fixed]), [], first.fixed);
    });
  }
}
