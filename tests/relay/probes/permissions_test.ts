import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { libcPath } from "../../../hw/libc.ts";
import { cannotRead, cannotRun, inDirectory, readTrace, ROOT, runTraced } from "./support.ts";

const GIVEN_UP = `
const tell = (what, act) => { try { act(); console.log(what, "allowed") } catch (e) { console.log(what, e.name) } };
tell("write", () => Deno.writeTextFileSync("trace/x", "y"));
tell("read", () => Deno.readTextFileSync("trace/metadata"));
tell("modules", () => Deno.readTextFileSync(${JSON.stringify(`${ROOT}deno.json`)}));
tell("env", () => Deno.env.get("LTT_RELAY_OUT"));
tell("ffi", () => Deno.dlopen(Deno.args[0], {}));
tell("own", () => Deno.readTextFileSync("own.txt"));
const worker = new Worker("data:text/javascript,self.postMessage(1)", { type: "module" });
await new Promise((resolve) => worker.onmessage = resolve);
worker.terminate();
`;

Deno.test("what the tracer alone was granted is given up, and the trace is written", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({ "main.js": GIVEN_UP, "own.txt": "mine" }, async (cwd) => {
    const library = libcPath() ?? "/none";
    const flags = [
      "--allow-write=trace",
      `--allow-read=trace,own.txt,${ROOT}`,
      `--allow-ffi=${library}`,
      "--allow-env=LTT_RELAY_*",
    ];
    const giveUp = `write=trace,read=trace,read=${ROOT},ffi=${library},env=LTT_RELAY_*`;
    const env = { LTT_RELAY_STATISTICS: "trace", LTT_RELAY_GIVE_UP: giveUp };
    const { code, stdout, stderr } = await runTraced("main.js", {
      cwd,
      flags,
      env,
      args: [library],
    });
    assertEquals(code, 0, stderr);
    assertEquals(stdout.trim().split("\n"), [
      "write NotCapable",
      "read NotCapable",
      "modules NotCapable",
      "env NotCapable",
      "ffi NotCapable",
      "own allowed",
    ]);
    assertEquals(
      stderr,
      "ltt-relay: workers are not traced: that needs --allow-read for the tracer's own modules\n",
    );
    const texts = (await readTrace(`${cwd}/trace`)).filter(({ name }) => name === "console:log");
    assertEquals(texts.at(-1)?.fields.text, "own allowed");
    assert(Deno.statSync(`${cwd}/trace/.statistics.json`).size > 0, "no figures");
  });
});

Deno.test("a worker without permissions is traced, and may do no more than before", {
  ignore: cannotRead,
}, async () => {
  const main = `
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", deno: { permissions: "none" } });
    worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`;
  const worker = `
    import "./other.js";
    let caught; try { Deno.readTextFileSync("main.js") } catch (e) { caught = e.name }
    console.log("in the worker"); self.postMessage(caught + " " + globalThis.other);`;
  const files = { "main.js": main, "worker.js": worker, "other.js": "globalThis.other = 1" };
  await inDirectory(files, async (cwd) => {
    const { code, stdout, stderr } = await runTraced("main.js", { cwd });
    assertEquals({ code, stdout, stderr }, {
      code: 0,
      stdout: "in the worker\nNotCapable 1\n",
      stderr: "",
    });
    const texts = (await readTrace(`${cwd}/trace`)).filter(({ name }) => name === "console:log");
    assertEquals(texts.map(({ fields }) => fields.text), ["in the worker", "NotCapable 1"]);
  });
});

/** A hook that imports others, in a circle. */
const HOOKS = {
  "first.js": `import { a } from "./second.js"; export default () => a;`,
  "second.js": `import "./first.js"; import "node:path"; export { a } from './third.js';`,
  "third.js": `export const a = "hooked";`,
};

Deno.test("a hook may import other modules, where all of them may be read", {
  ignore: cannotRead,
}, async () => {
  const program = `console.log("ran");`;
  await inDirectory({ ...HOOKS, "main.js": program }, async (cwd) => {
    const read = `--allow-read=trace,${ROOT},${["first.js", "second.js", "third.js"]}`;
    const flags = ["--allow-env", "--allow-write=trace", read];
    const env = { LTT_RELAY_REDACT: "./first.js" };
    const { code, stderr } = await runTraced("main.js", { cwd, flags, env });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const [text] = (await readTrace(`${cwd}/trace`)).filter(({ name }) => name === "console:log");
    assertEquals(text.fields.text, "hooked");
  });
});

Deno.test("what cannot be traced runs untraced, with one line on standard error", {
  ignore: cannotRun,
}, async () => {
  const program = `console.log("ran"); Deno.exit(5);`;
  const hook = `export const notDefault = 1;`;
  await inDirectory(
    { ...HOOKS, "main.js": program, "hook.js": hook, "file": "" },
    async (given) => {
      const cwd = await Deno.realPath(given);
      const limited = ["--allow-env", "--allow-write=trace", `--allow-read=trace,${ROOT}`];
      const url = `file://${cwd}/hook.js`;
      const cases: { env?: Record<string, string>; flags?: string[]; says: string }[] = [
        { flags: [], says: "needs --allow-read=trace-" },
        {
          flags: [],
          says: "; another place can be given with --allow-env=LTT_RELAY_*; the program",
        },
        { flags: ["--allow-env"], says: "needs --allow-read=trace; the program" },
        { flags: ["--allow-env", "--allow-read"], says: "needs --allow-write=trace" },
        { env: { LTT_RELAY_SUBBUFS: "5" }, says: "nSubbufs is 5" },
        { env: { LTT_RELAY_SUBBUF_SIZE: "big" }, says: '"big" is no number' },
        { env: { LTT_RELAY_MODE: "fast" }, says: 'no mode "fast"' },
        { env: { LTT_RELAY_PROBES: "http,ftp" }, says: 'probes "ftp"' },
        { env: { LTT_RELAY_GIVE_UP: "everything" }, says: 'no permission "everything"' },
        { env: { LTT_RELAY_REDACT: "./hook.js" }, says: "default export is no function" },
        { env: { LTT_RELAY_REDACT: "./missing.js" }, says: "missing.js" },
        { env: { LTT_RELAY_OUT: "file/trace" }, says: "file/trace" },
        ...["./hook.js", `${cwd}/hook.js`, url].map((hook) => ({
          env: { LTT_RELAY_REDACT: hook },
          flags: limited,
          says: `Cannot redact by ${url}: it needs --allow-read=${cwd}/hook.js; the program runs`,
        })),
        {
          env: { LTT_RELAY_REDACT: "./first.js" },
          flags: limited.map((flag) => flag.replace("=trace,", "=trace,first.js,second.js,")),
          says: `first.js: it needs --allow-read=${cwd}/third.js`,
        },
      ];
      const runs = await Promise.all(cases.map((one) => runTraced("main.js", { cwd, ...one })));
      for (const [i, { code, stdout, stderr }] of runs.entries()) {
        assertEquals({ code, stdout }, { code: 5, stdout: "ran\n" }, stderr);
        assertStringIncludes(stderr, cases[i].says);
        assertEquals(stderr.trim().split("\n").length, 1, stderr);
      }
    },
  );
});
