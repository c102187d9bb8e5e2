import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../relay/cli/job_error.ts";
import { parseMachineArguments } from "../../../relay/cli/machine_arguments.ts";

const right: [string[], number][] = [[[], 8420], [["--port", "0"], 0], [["--port=65535"], 65535]];
for (const [args, port] of right) {
  Deno.test(`parseMachineArguments() of the machine takes "${args.join(" ")}"`, () => {
    assertEquals(parseMachineArguments(args), { port });
  });
}

Deno.test("parseMachineArguments() of the machine answers null when help is asked for", () => {
  assertEquals(parseMachineArguments(["-h"]), null);
});

const wrong: [string[], string][] = [
  [["--port", "65536"], "Cannot use --port 65536: not a number from 0 to 65535"],
  [["--port", "x"], "Cannot use --port x: not a number from 0 to 65535"],
  [["file"], 'Cannot serve "file": the machine takes no files'],
];
for (const [args, message] of wrong) {
  Deno.test(`parseMachineArguments() of the machine refuses "${args.join(" ")}"`, () => {
    assertEquals(assertThrows(() => parseMachineArguments(args), JobError).message, message);
  });
}

Deno.test("parseMachineArguments() of the machine refuses an unknown option", () => {
  assertThrows(
    () => parseMachineArguments(["--host", "x"]),
    JobError,
    "Cannot understand the arguments",
  );
});
