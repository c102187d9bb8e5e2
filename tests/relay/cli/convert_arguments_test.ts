import { assertEquals, assertThrows } from "@std/assert";
import { parseConvertArguments } from "../../../relay/cli/convert_arguments.ts";
import { JobError } from "../../../relay/cli/job_error.ts";

Deno.test("parseConvertArguments() understands all options", () => {
  const args = ["--to", "chrome-json", "a", "--out", "o.json", "b", "--cwd", "/x"];
  assertEquals(parseConvertArguments(args), {
    traces: ["a", "b"],
    to: "chrome-json",
    out: "o.json",
    cwd: "/x",
  });
});

Deno.test("parseConvertArguments() is null when help is asked for", () => {
  assertEquals(parseConvertArguments(["--help"]), null);
});

const WRONG: readonly (readonly [args: readonly string[], message: string])[] = [
  [[], "Cannot convert: no trace is named"],
  [["a"], "Cannot convert without --to FORMAT"],
  [["a", "--to", "chrome-json"], "Cannot convert without --out FILE"],
  [["a", "--to", "chrome-json", "--out", ""], "Cannot convert without --out FILE"],
  [["a", "--to", "svg", "--out", "o"], "Cannot use --to svg: it is not chrome-json"],
  [["a", "--wrong"], "Cannot understand the arguments: Unknown option '--wrong'"],
];

for (const [args, message] of WRONG) {
  Deno.test(`parseConvertArguments() refuses [${args.join(" ")}]`, () => {
    assertThrows(() => parseConvertArguments(args), JobError, message);
  });
}
