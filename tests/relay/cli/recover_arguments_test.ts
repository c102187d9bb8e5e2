import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../relay/cli/job_error.ts";
import { parseRecoverArguments } from "../../../relay/cli/recover_arguments.ts";

Deno.test("parseRecoverArguments() of a file alone gives the defaults", () => {
  assertEquals(parseRecoverArguments(["box"]), {
    file: "box",
    out: null,
    live: false,
    attach: false,
    json: false,
    cwd: ".",
  });
});

Deno.test("parseRecoverArguments() takes options before and behind the file", () => {
  const args = ["--json", "--cwd", "/here", "box", "--live", "--out=there"];
  assertEquals(parseRecoverArguments(args), {
    file: "box",
    out: "there",
    live: true,
    attach: false,
    json: true,
    cwd: "/here",
  });
  assertEquals(parseRecoverArguments(["box", "--attach"])?.attach, true);
});

Deno.test("parseRecoverArguments() takes what follows -- for the file, whatever its name", () => {
  assertEquals(parseRecoverArguments(["--json", "--", "--live"])?.file, "--live");
});

for (const help of ["--help", "-h"]) {
  Deno.test(`parseRecoverArguments() of ${help} asks for help`, () => {
    assertEquals(parseRecoverArguments([help]), null);
    assertEquals(parseRecoverArguments(["box", help]), null);
  });
}

const wrong: [string[], string][] = [
  [[], "Cannot recover: no file is named"],
  [[""], "Cannot recover: no file is named"],
  [["--json"], "Cannot recover: no file is named"],
  [["a", "b"], "Cannot recover a and b: one at a time"],
  [["a", "--out="], "Cannot use --out without a value"],
  [["a", "--live", "--attach"], "Cannot use both --live and --attach"],
  [["a", "--out"], "Cannot understand the arguments: "],
  [["a", "--live=yes"], "Cannot understand the arguments: "],
  [["a", "--frobnicate"], "Cannot understand the arguments: Unknown option '--frobnicate'"],
];
for (const [args, message] of wrong) {
  Deno.test(`parseRecoverArguments() refuses "${args.join(" ")}"`, () => {
    const error = assertThrows(() => parseRecoverArguments(args), JobError);
    assertEquals(error.message.slice(0, message.length), message);
    assertEquals(error.message.split("\n").length, 1, "one line");
  });
}
