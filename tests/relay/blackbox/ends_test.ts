import { assertEquals, assertStringIncludes } from "@std/assert";
import { BoxFile } from "../../../relay/blackbox/mod.ts";
import { numbersIn, recoverTo } from "./boxes.ts";
import { BoxDirectory, ignore, ignoreReading, run } from "./support.ts";

/** How a program ends, whether all it has recorded is elsewhere then, and how many events the box has. */
const ENDS: readonly (readonly [how: string, isElsewhere: boolean, events: number])[] = [
  ["closes", true, 10],
  ["just ends", true, 10],
  ["throws", true, 10],
  ["with a flight recorder just ends", true, 10],
  ["removes its directory", false, 10],
  ["with a flight recorder removes its directory", false, 10],
  ["goes on after an error, and is killed", false, 20],
  ["listens to SIGTERM, and is killed", false, 20],
];

for (const [how, isElsewhere, events] of ENDS) {
  Deno.test(`a black box is ${isElsewhere ? "" : "not "}empty when its program ${how}`, {
    ignore: ignoreReading,
  }, async () => {
    using directory = new BoxDirectory();
    const { stderr } = await run("ends_program.ts", [how, directory.box, directory.trace]);
    {
      using file = new BoxFile(directory.box, false);
      assertEquals(file.state, isElsewhere ? "empty" : "holds a trace", stderr);
    }
    recoverTo(directory.box, `${directory.path}/recovered`);
    assertEquals((await numbersIn(`${directory.path}/recovered`)).length, events, "in the box");
  });
}

Deno.test("a session whose directory is removed says so at its end", { ignore }, async () => {
  using directory = new BoxDirectory();
  const args = ["removes its directory", directory.box, directory.trace];
  const { stderr } = await run("ends_program.ts", args);
  const why = `NotFound: Cannot write to ${directory.trace}: it was removed`;
  assertStringIncludes(stderr, `ltt-relay: Cannot write trace ${directory.trace}: ${why}\n`);
});
