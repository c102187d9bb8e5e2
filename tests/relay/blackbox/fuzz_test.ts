import { assert } from "@std/assert";
import { fuzz, killedBoxes } from "./fuzz.ts";
import { ignore } from "./support.ts";

/** `deno task fuzz` does a million. */
const INPUTS = 10_000;

Deno.test(
  "recover() of 10,000 damaged black boxes ends in a trace, in parts, or in an error with a name",
  {
    ignore,
  },
  async () => {
    const { trace, parts, error } = fuzz(await killedBoxes(), INPUTS, 1);
    assert(
      Math.min(trace, parts, error) > INPUTS / 20,
      `${trace} ${parts} ${error}: all ways are gone`,
    );
  },
);
