import { assertEquals, assertMatch } from "@std/assert";
import { scriptPath } from "../../../relay/cli/script_file.ts";
import { TempDirectory } from "../session/support.ts";
import { CANNOT_RECORD as ignore } from "./recording.ts";
import { MAIN, run } from "./support.ts";

/** Records a script; answers the exit code and what is on standard error. */
async function record(cwd: string, ...args: string[]): Promise<[code: number, err: string]> {
  const { code, err } = await run(["--allow-all", MAIN, "record", ...args], cwd);
  return [code, err];
}

for (const script of ["no.ts", "./no", "../no/no.mjs"]) {
  Deno.test(`record refuses ${script}, which is not there, and leaves an earlier trace alone`, {
    ignore,
  }, async () => {
    using directory = new TempDirectory();
    const trace = `${directory.path}/t`;
    Deno.mkdirSync(trace);
    Deno.writeTextFileSync(`${trace}/metadata`, "of an earlier trace");
    const message = `error: Cannot record ${script}: no such file or directory\n`;
    assertEquals(await record(directory.path, "--out", "t", script), [1, message]);
    assertEquals(Deno.readTextFileSync(`${trace}/metadata`), "of an earlier trace");
    assertEquals([...Deno.readDirSync(directory.path)].length, 1);
  });
}

for (
  const [what, script] of [["has no module", "nothing"], ["makes no sense", "wrong.ts"]]
) {
  Deno.test(`record leaves it to Deno to say that a program ${what}`, { ignore }, async () => {
    using directory = new TempDirectory();
    Deno.writeTextFileSync(`${directory.path}/wrong.ts`, "let a = ;");
    const [code, err] = await record(directory.path, "--out", "t", script);
    assertEquals(code, 1);
    assertEquals(err.match(/^error: /gm)?.length, 1, err);
    assertMatch(err, /Module not found|Expression expected/);
  });
}

const IMPORTS = {
  "imports": { "lib/": "./src/", "main.ts": "./src/there.ts", "./no.ts": "./y.ts" },
};
const mapped: readonly (readonly [how: string, config: unknown, args: readonly string[]])[] = [
  ["by its begin", IMPORTS, ["lib/there.ts"]],
  ["as a whole", IMPORTS, ["main.ts"]],
  ["by --import-map", null, ["--import-map=../map.json", "lib/there.ts"]],
  ["by --config, behind an option of record", null, ["-c", "../map.json", "--json", "main.ts"]],
  ["by --sloppy-imports", null, ["--sloppy-imports", "../src/there"]],
  ["by sloppy imports in deno.json", { unstable: ["sloppy-imports"] }, ["../src/there.js"]],
];
for (const [how, config, args] of mapped) {
  Deno.test(`record records a script that Deno finds elsewhere ${how}`, { ignore }, async () => {
    using directory = new TempDirectory();
    const cwd = `${directory.path}/below`;
    for (const path of [cwd, `${directory.path}/src`]) Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${directory.path}/src/there.ts`, "console.log('it runs')");
    Deno.writeTextFileSync(`${directory.path}/map.json`, JSON.stringify(IMPORTS));
    if (config !== null) {
      Deno.writeTextFileSync(`${directory.path}/deno.json`, JSON.stringify(config));
    }
    const recorded = await run(["--allow-all", MAIN, "record", "--out", "t", ...args], cwd);
    assertEquals([recorded.code, recorded.out.split("\n")[0]], [0, "it runs"], recorded.err);
  });
}

Deno.test("record refuses a script that is not there, whatever else an import map names", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  Deno.writeTextFileSync(`${directory.path}/deno.json`, JSON.stringify(IMPORTS));
  const [code, err] = await record(directory.path, "src/no.ts");
  assertEquals([code, err], [1, "error: Cannot record src/no.ts: no such file or directory\n"]);
});

Deno.test("scriptPath() is the file that a script must be, not what Deno may find elsewhere", () => {
  const paths = [
    "a.ts",
    "./a",
    "../b",
    "/c",
    "d/e.jsx",
    "task",
    "@a/b",
    "jsr:@a/b.ts",
    "https://a/b.ts",
    "-",
  ];
  assertEquals(paths.map((path) => scriptPath(path, "/x/y")), [
    "/x/y/a.ts",
    "/x/y/a",
    "/x/b",
    "/c",
    "/x/y/d/e.jsx",
    null,
    null,
    null,
    null,
    null,
  ]);
});
