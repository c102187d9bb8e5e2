import { assertEquals, assertThrows } from "@std/assert";
import { parseRelayArguments } from "../../../relay/cli/relay_arguments.ts";
import { JobError } from "../../../relay/cli/job_error.ts";

Deno.test("parseRelayArguments() of nothing gives the defaults", () => {
  assertEquals(parseRelayArguments([]), {
    cpus: 4,
    nodes: 2,
    out: "relay-out",
    cwd: ".",
    failPage: 0,
    failSlab: 0,
    files: [],
  });
});

Deno.test("parseRelayArguments() takes options before, between and after the files", () => {
  const args = [
    "--cpus",
    "64",
    "a",
    "--nodes=1",
    "--fail-page",
    "7",
    "b",
    "--out",
    "x",
    "--",
    "--c",
  ];
  const parsed = parseRelayArguments([...args]);
  assertEquals(parsed?.files, ["a", "b", "--c"]);
  assertEquals([parsed?.cpus, parsed?.nodes, parsed?.failPage, parsed?.out], [64, 1, 7, "x"]);
});

for (const help of ["--help", "-h"]) {
  Deno.test(`parseRelayArguments() of ${help} asks for help`, () => {
    assertEquals(parseRelayArguments(["file", help]), null);
  });
}

const wrong: [string[], string][] = [
  [["--cpus", "0"], "Cannot use --cpus 0: not a number from 1 to 64"],
  [["--cpus", "65"], "Cannot use --cpus 65: not a number from 1 to 64"],
  [["--cpus", "2.5"], "Cannot use --cpus 2.5"],
  [["--cpus", ""], "Cannot use --cpus : not a number"],
  [["--nodes", "-1"], "--nodes"],
  [["--nodes", "many"], "Cannot use --nodes many"],
  [["--fail-page", "0"], "Cannot use --fail-page 0: not a number from 1 on"],
  [["--fail-slab", "1e3"], "Cannot use --fail-slab 1e3"],
  [["--fail-slab"], "Cannot understand the arguments"],
  [["--frobnicate"], "Unknown option '--frobnicate'"],
];
for (const [args, message] of wrong) {
  Deno.test(`parseRelayArguments() refuses ${args.join(" ")}`, () => {
    assertThrows(() => parseRelayArguments(args), JobError, message);
  });
}
