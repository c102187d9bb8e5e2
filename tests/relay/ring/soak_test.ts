import { assert, assertEquals } from "@std/assert";
import { soak } from "./soak.ts";
import { ignore } from "./workers.ts";

const TRIES = 5_000_000;

Deno.test(
  "two CPUs write at full speed, the oldest is kept: all is read or counted",
  { ignore },
  async () => {
    for (const result of await soak("discard", TRIES)) {
      const { tried, read, refused, lost, overwritten, missed } = result;
      assertEquals({ tried, sum: read + refused }, { tried: TRIES, sum: TRIES });
      assertEquals({ refused, overwritten, missed }, { refused: lost, overwritten: 0, missed: 0 });
      assert(read > 0);
    }
  },
);

Deno.test(
  "two CPUs write at full speed, the newest is kept: all is read or passed by",
  { ignore },
  async () => {
    for (const result of await soak("overwrite", TRIES)) {
      const { tried, read, refused, lost, overwritten, missed } = result;
      assertEquals({ tried, sum: read + overwritten }, { tried: TRIES, sum: TRIES });
      assertEquals({ refused, lost, passed: overwritten > 0 }, {
        refused: 0,
        lost: 0,
        passed: missed > 0,
      });
      assert(read > 0);
    }
  },
);
