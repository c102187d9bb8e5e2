import { assert, assertEquals } from "@std/assert";
import { cannotRun, inDirectory, type Run, runPlain, runTraced } from "./support.ts";

/** Programs whose output and exit code tell how they were run. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "ends by itself": `console.log("a"); console.error("b"); Deno.exitCode = 9;`,
  "throws at once": `console.log("a"); throw new TypeError("x");`,
  "throws later":
    `setTimeout(() => { throw new TypeError("x") }, 1); setTimeout(() => console.log("no"), 50);`,
  "rejects": `Promise.reject(new Error("x")); setTimeout(() => console.log("no"), 50);`,
  "rejects what nobody handles":
    `fetch("http://127.0.0.1:1/"); setTimeout(() => console.log("no"), 500);`,
  "fails on a file nobody handles":
    `Deno.readFile("missing"); setTimeout(() => console.log("no"), 500);`,
  "handles errors": `
    addEventListener("error", (e) => { e.preventDefault(); console.log(e.message, e.error.message) });
    addEventListener("unhandledrejection", (e) => { e.preventDefault(); console.log(e.reason) });
    Promise.reject(5); setTimeout(() => { throw new Error("x") }, 20);
    setTimeout(() => console.log("goes on"), 60);`,
  "Deno.exit": `addEventListener("unload", () => console.log("unload")); Deno.exit(3);`,
  "process.exit":
    `import process from "node:process"; process.on("exit", (c) => console.log("exit", c)); process.exit(4);`,
  "uncaughtException": `import process from "node:process"; process.exitCode = 6;
    process.on("uncaughtException", (e) => console.log("caught", e.message)); setTimeout(() => { throw new Error("x") });`,
  "Deno.kill of itself":
    `console.log("a"); Deno.kill(Deno.pid, "SIGTERM"); setTimeout(() => {}, 5000);`,
  "descriptors": `
    const show = (o, k) => { const d = Object.getOwnPropertyDescriptor(o, k); const v = o[k];
      console.log(k, d && Object.keys(d).join(), d?.enumerable, d?.configurable, d?.writable, v?.name, v?.length,
        Reflect.ownKeys(v ?? {}).map(String).join()); };
    for (const k of ["serve", "open", "readFile", "statSync", "Command", "exit", "kill", "makeTempDir"]) show(Deno, k);
    for (const k of ["fetch", "setTimeout", "setInterval", "clearTimeout", "Worker"]) show(globalThis, k);
    for (const k of ["log", "warn"]) show(console, k);
    for (const k of ["mark", "measure"]) show(Performance.prototype, k);
    for (const k of ["terminate", "constructor"]) show(Worker.prototype, k);
    for (const k of ["output", "spawn", "constructor"]) show(Deno.Command.prototype, k);
    console.log(Worker.prototype.constructor === Worker, Deno.Command.prototype.constructor === Deno.Command);
    console.log(Object.keys(globalThis).join(), addEventListener.name, addEventListener.length,
      Deno.addSignalListener.name, Deno.removeSignalListener.length);`,
  "wrong arguments": `
    const tell = (f) => { try { console.log(f()) } catch (e) { console.log(e.name, e.code, e.message) } };
    const tellLater = (f) => { try { return f().catch((e) => console.log(e.name, e.message)) } catch (e) { console.log("at once", e.name, e.message) } };
    tell(() => setTimeout()); tell(() => setTimeout("code", 1)); tell(() => Deno.serve()); tell(() => Deno.serve({})); tell(() => Deno.serve({ port: -1 }, () => {}));
    tell(() => Deno.readFileSync()); tell(() => Deno.readFileSync("\\0")); tell(() => new Deno.Command()); tell(() => Deno.Command("x"));
    tell(() => performance.mark()); tell(() => performance.measure("x", "nope")); tell(() => performance.mark.call({}, "x"));
    tell(() => Worker("x")); tell(() => new Worker("./x.js", { type: "module" })); tell(() => new Worker("x")); tell(() => Deno.kill(0, "SIGNOPE"));
    tell(() => new Deno.Command("./missing").outputSync());
    await tellLater(() => fetch()); await tellLater(() => fetch("nonsense:")); await tellLater(() => Deno.readFile()); await tellLater(() => Deno.readTextFile("missing"));`,
  "this, results and callbacks": `
    const o = { log: console.log, t: setTimeout }; o.log("x", o.t(function (...a) { console.log(this === timer, a) }, 1, "a", 2) !== undefined);
    const timer = setTimeout(function (...a) { console.log(this === timer, typeof timer, a.length) }, 2, 1, 2, 3);
    const same = new Error("same"); const s = Deno.serve({ port: 0, onListen() {}, onError: (e) => new Response(String(e === same)) }, function () { console.log("this", this === undefined); throw same });
    console.log(await (await fetch("http://127.0.0.1:" + s.addr.port)).text(), s instanceof Object, Object.keys(s).join());
    await s.shutdown();
    console.log(fetch("http://127.0.0.1:1") .catch(() => {}) instanceof Promise, Deno.readTextFile("nope").catch(() => {}) instanceof Promise);
    class C extends Deno.Command { x = 1 } const c = new C("true"); console.log(c.x, c instanceof C, c instanceof Deno.Command, (await c.output()).code);
    console.log({ toString() { throw new Error("never called") } } instanceof Object); console.log("%s is %d", "a", 5, { get x() { console.log("getter"); return 1 } });`,
  "what a timer shows": `
    const named = () => {}, odd = { "two words"() {}, __proto__: null, ["__proto__"]: function () {} };
    const shown = (f) => { const t = setTimeout(f, 1e6); const { name } = t._onTimeout;
      console.log(JSON.stringify(name), Object.hasOwn(t._onTimeout, "name"), Reflect.ownKeys(t).map(String).join(),
        JSON.stringify(Object.getOwnPropertyDescriptor(t._onTimeout, "name"))); clearTimeout(t); };
    for (const f of [() => {}, named, function own() {}, odd["two words"], odd["__proto__"]]) shown(f);
    const withName = (descriptor) => Object.defineProperty(() => {}, "name", { configurable: true, ...descriptor });
    for (const f of [withName({ value: 5 }), withName({ get: () => "got" })]) shown(f);
    const proxy = (handler) => new Proxy(() => console.log("fired"), handler);
    for (const trap of [{ getOwnPropertyDescriptor() { throw new Error("trap") } }, { get() { throw new Error("trap") } }])
      await new Promise((resolve) => { setTimeout(proxy(trap), 1); setTimeout(resolve, 20); });
    const { proxy: revoked, revoke } = Proxy.revocable(named, {}); revoke(); clearTimeout(setTimeout(revoked, 1e6));
    try { clearTimeout(Object.freeze(setTimeout(named, 1e6))) } catch (e) { console.log(e.name, e.message) }
    clearTimeout(clearTimeout(setTimeout(named, 1e6))); clearTimeout(+setTimeout(named, 1e6)); clearTimeout("x");
    console.log(Deno.inspect(setTimeout(named, 1e6), { colors: false }).includes("[Function: named]")); Deno.exit(0);`,
  "a worker that dies": `
    const w = new Worker("data:text/javascript,throw new Error('x')", { type: "module" });
    w.onerror = (e) => { console.log(e.message, e.filename, e.lineno, e.colno) };`,
  "a worker that closes the program": `
    const w = new Worker(new URL("data:text/javascript," + encodeURIComponent("self.onmessage = (e) => { self.postMessage(e.data + 1) }")), { type: "module" });
    w.postMessage(1); w.onmessage = (e) => { console.log(e.data, e.origin, e.ports.length); Deno.exit(e.data) };`,
};

/** Frames of stacks, and lines of source beside them, may be others: a wrapper stands between. */
function comparable({ code, stdout, stderr }: Run): Run {
  const lines = stderr.split("\n").filter((line) => line === "b" || line.startsWith("error:"));
  return { code, stdout, stderr: lines.join("\n") };
}

Deno.test("programs print and end as without the probes", { ignore: cannotRun }, async () => {
  const names = Object.keys(PROGRAMS);
  const files = Object.fromEntries(names.map((name, i) => [`${i}.js`, PROGRAMS[name]]));
  await inDirectory(files, async (cwd) => {
    for (const [i, name] of names.entries()) {
      const env = { LTT_RELAY_OUT: `trace-${i}` };
      const [plain, traced] = await Promise.all([
        runPlain(`${i}.js`, { cwd, env }),
        runTraced(`${i}.js`, { cwd, env }),
      ]);
      assertEquals(comparable(traced), comparable(plain), name);
      assert(Deno.statSync(`${cwd}/trace-${i}/metadata`).size > 0, `${name} was not traced`);
    }
  });
});

Deno.test("a signal ends a traced program as it ends others", { ignore: cannotRun }, async () => {
  const program = `console.log("up"); setInterval(() => {}, 1000);`;
  const handled =
    `Deno.addSignalListener("SIGTERM", () => { console.log("handled"); Deno.exit(8) });
    console.log("up"); setInterval(() => {}, 1000);`;
  await inDirectory({ "a.js": program, "b.js": handled }, async (cwd) => {
    const codes = await Promise.all([
      runPlain("a.js", { cwd, signal: "SIGTERM" }),
      runTraced("a.js", { cwd, signal: "SIGTERM" }),
      runTraced("b.js", { cwd, signal: "SIGTERM", env: { LTT_RELAY_OUT: "other" } }),
    ]);
    assertEquals(codes.map(({ code }) => code), [143, 143, 8]);
    assertEquals(codes[2].stdout, "up\nhandled\n");
  });
});
