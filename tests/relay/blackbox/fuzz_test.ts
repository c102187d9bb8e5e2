import { assert } from "@std/assert";
import { fuzz, killedBoxes } from "./fuzz.ts";
import { ignore } from "./support.ts";

/** `deno task fuzz` does a million. */
const INPUTS = 10_000;

Deno.test(
  "recover() and drain() of 10,000 damaged black boxes end in a trace, in parts, or in a named error",
  {
    ignore,
  },
  async () => {
    const { recovered, drained } = await fuzz(await killedBoxes(), INPUTS, 1);
    // Half of what is drained is a flight recorder's, which is refused.
    for (const [{ trace, parts, error }, share] of [[recovered, 20], [drained, 50]] as const) {
      const least = (trace + parts + error) / share;
      assert(
        Math.min(trace, parts, error) > least,
        `${trace} ${parts} ${error}: all ways are gone`,
      );
    }
  },
);
