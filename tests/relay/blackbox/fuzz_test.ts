import { assert, assertEquals } from "@std/assert";
import { CtfError } from "../../../relay/ctf/ctf_error.ts";
import { fuzz, isNamed, killedBoxes } from "./fuzz.ts";
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

/** What a function throws. */
function thrownBy(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

Deno.test("isNamed() takes no fault of the program for an error with a name", () => {
  const nothing = undefined as unknown as Uint8Array;
  const faults = [
    thrownBy(() => nothing.length),
    thrownBy(() => Object.assign(nothing, {})),
    thrownBy(() => new Uint8Array(-1)),
    thrownBy(() => assert(false, "Cannot be: more bytes than the file has")),
  ];
  for (const fault of faults) {
    assertEquals(isNamed(fault), false, `${fault}`);
    // A consumer says so of whatever its output throws.
    assertEquals(isNamed(new Error(`Cannot write to nowhere: ${fault}`)), false, `${fault}`);
  }
  const damage = new CtfError("Cannot read an event: number 7 is unknown", "stream", 80);
  const named = [
    damage,
    new Error(`Cannot write to nowhere: ${damage}`),
    new TypeError("Cannot look at a registry at 4096: there is none of this version"),
  ];
  for (const error of named) assertEquals(isNamed(error), true, `${error}`);
});
