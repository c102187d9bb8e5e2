import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../relay/cli/job_error.ts";
import { CANNOT_RECORD } from "./recording.ts";
import { parseRecordArguments } from "../../../relay/cli/record_arguments.ts";

Deno.test("parseRecordArguments() of nothing records the example", () => {
  assertEquals(parseRecordArguments([]), {
    denoArgs: [],
    script: null,
    scriptArgs: [],
    out: null,
    relayd: null,
    spill: null,
    blackBox: null,
    seconds: null,
    json: false,
    cwd: ".",
    env: {},
  });
});

Deno.test("parseRecordArguments() leaves to deno run what is not its own, and to the script what follows it", () => {
  const args =
    "--out o --allow-net=a,b -A --config x.json --json -c=y --seconds 2.5 s.ts --json --out z";
  const parsed = parseRecordArguments(args.split(" "))!;
  assertEquals(parsed.denoArgs, ["--allow-net=a,b", "-A", "--config", "x.json", "-c=y"]);
  assertEquals([parsed.out, parsed.seconds, parsed.json], ["o", 2.5, true]);
  assertEquals([parsed.script, parsed.scriptArgs], ["s.ts", ["--json", "--out", "z"]]);
});

Deno.test("parseRecordArguments() takes what follows -- for the script, whatever its name", () => {
  const parsed = parseRecordArguments(["--json", "--", "--odd.ts", "--", "a"])!;
  assertEquals([parsed.script, parsed.scriptArgs], ["--odd.ts", ["--", "a"]]);
});

Deno.test("parseRecordArguments() hands options to the probes as environment variables", () => {
  const args =
    "--probes -console --events http:*,db:* --context=cpu,worker --subbufs 8 --flight-recorder s.ts";
  assertEquals(parseRecordArguments(args.split(" "))!.env, {
    LTT_RELAY_PROBES: "-console",
    LTT_RELAY_EVENTS: "http:*,db:*",
    LTT_RELAY_CONTEXTS: "cpu,worker",
    LTT_RELAY_SUBBUFS: "8",
    LTT_RELAY_MODE: "flight-recorder",
  });
});

for (const help of ["--help", "-h"]) {
  Deno.test(`parseRecordArguments() of ${help} asks for help`, () => {
    assertEquals(parseRecordArguments(["-A", help, "s.ts"]), null);
    assertEquals(parseRecordArguments(["s.ts", help])?.scriptArgs, [help]);
  });
}

const wrong: [string[], string][] = [
  [["--seconds", "0"], "Cannot use --seconds 0: not a number above 0"],
  [["--seconds", "soon"], "Cannot use --seconds soon"],
  [["--seconds=NaN", "s.ts"], "Cannot use --seconds NaN"],
  [["--seconds", "1e9"], "Cannot use --seconds 1e9"],
  [["--out=", "s.ts"], "Cannot use --out without a value"],
  [["--out"], "Cannot understand the arguments"],
  [["--outt", "x", "s.ts"], "Unknown option '--outt'; there is --out"],
  [["--event=x", "s.ts"], "Unknown option '--event'; there is --events"],
  [["--blackbox=x", "s.ts"], "Unknown option '--blackbox'; there is --black-box"],
  [
    ["--context", "cpu,cpuu", "s.ts"],
    'Cannot use --context cpu,cpuu: there is no context "cpuu", but cpu and worker',
  ],
  [["--json=yes"], "Cannot understand the arguments"],
  [["--out", "a", "--json", "--out=b", "s.ts"], "Cannot use --out twice: it has one value"],
];
for (const [args, message] of wrong) {
  Deno.test(`parseRecordArguments() refuses ${args.join(" ")}`, () => {
    assertThrows(() => parseRecordArguments(args), JobError, message);
  });
}

Deno.test(
  "parseRecordArguments() hands on every option of deno run",
  { ignore: CANNOT_RECORD },
  async () => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--help=full"],
      env: { NO_COLOR: "1" },
    });
    const help = new TextDecoder().decode((await command.output()).stdout);
    const options = [...help.matchAll(/^ +(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, option]) => option);
    assertEquals(options.length > 40, true, help);
    for (const option of new Set(options)) {
      if (option === "--help") continue;
      assertEquals(parseRecordArguments([`${option}=x`, "s.ts"])?.denoArgs, [`${option}=x`]);
    }
  },
);
