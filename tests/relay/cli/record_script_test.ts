import { assertEquals, assertMatch } from "@std/assert";
import { scriptPath } from "../../../relay/cli/record_permissions.ts";
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
