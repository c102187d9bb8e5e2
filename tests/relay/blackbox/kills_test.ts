import { random32 } from "../../../hw/fault_inject.ts";
import { atOnce } from "../at_once.ts";
import { killAndRecover, randomCase } from "./kills.ts";
import { ignore } from "./support.ts";

/** `deno task kills` does a thousand. */
const KILLS = 5;

for (const threads of [1, 2, 3, 4]) {
  Deno.test(
    `recover() finds what ${threads} threads had recorded when they were killed, and no more`,
    {
      ignore,
    },
    async () => {
      const random = random32(threads);
      const cases = Array.from({ length: KILLS }, () => ({ ...randomCase(random), threads }));
      await atOnce(2, cases, killAndRecover);
    },
  );
}
