import { assertEquals, assertStringIncludes } from "@std/assert";
import { BoxFile } from "../../../relay/blackbox/mod.ts";
import { cannotRun, inDirectory, runTraced } from "./support.ts";

const ignore = cannotRun || Deno.build.os === "windows";
const env = { LTT_RELAY_BLACK_BOX: "box" };

/** What a black box says: its state, and whether its program's trace is in `trace`. */
function stateOf(path: string): string {
  using box = new BoxFile(path, false);
  return box.state;
}

Deno.test("a program with LTT_RELAY_BLACK_BOX has a black box, empty at the end", {
  ignore,
}, async () => {
  await inDirectory({ "a.js": "console.log(1)" }, async (cwd) => {
    assertEquals(await runTraced("a.js", { cwd, env }), { code: 0, stdout: "1\n", stderr: "" });
    assertEquals(stateOf(`${cwd}/box`), "empty");
  });
});

Deno.test("a program with LTT_RELAY_BLACK_BOX that is killed leaves its trace there", {
  ignore,
}, async () => {
  const program = "console.log(1); Deno.kill(Deno.pid, 'SIGKILL')";
  await inDirectory({ "a.js": program }, async (cwd) => {
    const { stderr } = await runTraced("a.js", { cwd, env });
    assertEquals([stderr, stateOf(`${cwd}/box`)], ["", "holds a trace"]);
    // The next run must not replace it.
    const again = await runTraced("a.js", { cwd, env });
    assertStringIncludes(again.stderr, "it holds a trace that was not recovered");
    assertStringIncludes(again.stderr, "; the program runs untraced\n");
    assertEquals(again.stdout, "1\n");
  });
});

Deno.test("a program whose LTT_RELAY_BLACK_BOX is a pipe runs untraced, at once", {
  ignore,
}, async () => {
  await inDirectory({ "a.js": "console.log(1)" }, async (cwd) => {
    new Deno.Command("mkfifo", { args: [`${cwd}/box`] }).outputSync();
    const { stdout, stderr } = await runTraced("a.js", { cwd, env });
    assertEquals(stdout, "1\n");
    const why = `Cannot make black box ${cwd}/box: there is something else`;
    assertEquals(stderr, `ltt-relay: ${why}; the program runs untraced\n`);
  });
});

Deno.test("a program that may not write to its LTT_RELAY_BLACK_BOX runs untraced", {
  ignore,
}, async () => {
  await inDirectory({ "a.js": "console.log(1)" }, async (cwd) => {
    const flags = ["--allow-read", "--allow-env", "--allow-ffi", "--allow-write=trace"];
    const { stdout, stderr } = await runTraced("a.js", { cwd, env, flags });
    assertEquals(stdout, "1\n");
    const why = "Cannot write to box: it needs --allow-write=box";
    assertEquals(stderr, `ltt-relay: ${why}; the program runs untraced\n`);
  });
});

for (const flags of [["-A", "--no-check"], ["-A", "--no-check", "--parallel"]]) {
  Deno.test(`deno test ${flags.join(" ")} has a black box and a trace for each file`, {
    ignore,
  }, async () => {
    const names = ["a_test.js", "b_test.js", "c_test.js"];
    const files = names.map((name) => [name, `Deno.test("${name}", () => console.log(1));`]);
    await inDirectory(Object.fromEntries(files), async (cwd) => {
      const { code, stdout, stderr } = await runTraced(".", { cwd, env, flags, command: "test" });
      assertEquals([code, stderr.includes("untraced")], [0, false], stdout + stderr);
      const found = [...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
      assertEquals(
        found,
        [...names, "box", "box-2", "box-3", "trace", "trace-2", "trace-3"].sort(),
      );
      for (const name of ["box", "box-2", "box-3"]) {
        assertEquals(stateOf(`${cwd}/${name}`), "empty");
      }
    });
  });
}

Deno.test("a worker that may not look at the black box is said not to be traced", {
  ignore,
}, async () => {
  const files = {
    "a.js": `const worker = new Worker(new URL("./w.js", import.meta.url), {
      type: "module", name: "resizer", deno: { permissions: { read: true } } });
    worker.onmessage = () => worker.terminate();`,
    "w.js": "postMessage(1);",
  };
  await inDirectory(files, async (cwd) => {
    const { code, stderr } = await runTraced("a.js", { cwd, env });
    const why = "resizer is not traced: in a black box that takes --allow-ffi";
    assertEquals([code, stderr], [0, `ltt-relay: ${why}\n`]);
  });
});
