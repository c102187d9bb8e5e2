import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../relay/cli/job_error.ts";
import { parseOptions } from "../../../relay/cli/parse_options.ts";

const OPTIONS = {
  out: { type: "string" },
  list: { type: "string", multiple: true },
  live: { type: "boolean" },
  cwd: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

Deno.test("parseOptions() divides options from the rest, and takes a flag twice", () => {
  const args = ["a", "--out=x", "--live", "--list", "1", "--live", "--list=2", "-h", "--", "--out"];
  const { values, positionals } = parseOptions(args, OPTIONS);
  assertEquals({ ...values }, { out: "x", live: true, list: ["1", "2"], help: true });
  assertEquals(positionals, ["a", "--out"]);
});

Deno.test("parseOptions() takes the last --cwd, for the tasks give the first", () => {
  assertEquals(parseOptions(["--cwd", "/a", "--cwd", "b"], OPTIONS).values.cwd, "b");
});

const wrong: [string[], string][] = [
  [["--out", "a", "--out", "b"], "Cannot use --out twice: it has one value"],
  [["--out=a", "--out=a"], "Cannot use --out twice: it has one value"],
  [["--wat"], "Cannot understand the arguments: Unknown option '--wat'"],
  [["--lvie"], "Cannot understand the arguments: Unknown option '--lvie'; there is --live"],
  [["--liste=1"], "Cannot understand the arguments: Unknown option '--liste'; there is --list"],
  [["-x"], "Cannot understand the arguments: Unknown option '-x'"],
  [["--out"], "Cannot understand the arguments: Option '--out <value>' argument missing"],
  [["--out", "-1"], "Cannot understand the arguments: Option '--out' argument is ambiguous"],
  [["--live=yes"], "Cannot understand the arguments: Option '--live' does not take an argument"],
];
for (const [args, message] of wrong) {
  Deno.test(`parseOptions() refuses ${args.join(" ")}, in a line`, () => {
    assertEquals(assertThrows(() => parseOptions(args, OPTIONS), JobError).message, message);
  });
}
