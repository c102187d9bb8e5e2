import { assertEquals } from "@std/assert";
import { cannotRun, inDirectory, runPlain, runTraced } from "./support.ts";

/** What a program sees of its workers, in many ways; printed line by line. */
const PROGRAM = `
const out = (...values) => console.log(...values);
const url = (source) => "data:text/javascript," + encodeURIComponent(source);
const wait = (ms = 150) => new Promise((resolve) => setTimeout(resolve, ms));
const make = (source, options = {}) => new Worker(url(source), { type: "module", ...options });
const next = (worker) => new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));

// Messages sent at once come in their order, with their ports.
{ const worker = make("self.onmessage = (e) => { e.ports[0]?.postMessage('by port'); self.postMessage([e.data, self.name, e.ports.length]) }", { name: "n" });
  const got = []; worker.onmessage = ({ data }) => got.push(data);
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(1); worker.postMessage(2, [port2]); worker.postMessage(3);
  out((await new Promise((resolve) => port1.onmessage = resolve)).data); await wait(); out(got); port1.close(); worker.terminate(); worker.terminate(); }
// A module that waits for a message in the middle.
{ const worker = make("const m = await new Promise((r) => self.addEventListener('message', (e) => r(e.data), { once: true })); self.postMessage('first ' + m); self.onmessage = (e) => self.postMessage('then ' + e.data)");
  const got = []; worker.onmessage = ({ data }) => got.push(data); worker.postMessage("a"); worker.postMessage("b"); await wait(400); out(got); worker.terminate(); }
// A class of one's own.
{ class Own extends Worker { x = 1; constructor() { super(new URL("./worker.js", import.meta.url), { type: "module", name: "own" }) } postMessage(m) { super.postMessage(m + "!") } }
  const worker = new Own(); worker.postMessage("m"); const event = await next(worker);
  out(event.data, event.origin, event.target === worker, worker.x, worker instanceof Own, worker instanceof Worker, Object.getPrototypeOf(Own) === Worker, Object.keys(worker).join()); worker.terminate(); }
// Errors, with their message and place.
for (const source of ["let x = ;", "import {q} from 'data:text/javascript,1'", "null.x", "await import('file:///nope.js')", "import 'file:///nope.js'", "Promise.reject(new Error('r'))", "\\nsetTimeout(()=>{throw new Error('later')},1)"]) {
  const worker = make(source); const event = await new Promise((resolve) => worker.onerror = (e) => { e.preventDefault(); resolve(e) });
  out(event.type, event.message, event.filename, event.lineno, event.colno, event.error); worker.terminate(); }
{ const worker = new Worker("file:///nope.js", { type: "module" }); const event = await new Promise((resolve) => worker.addEventListener("error", (e) => { e.preventDefault(); resolve(e) })); out(event.message, event.filename, event.lineno); worker.terminate(); }
// A URL that is revoked at once.
{ const blob = URL.createObjectURL(new Blob(["self.postMessage(location.protocol)"], { type: "text/javascript" }));
  const worker = new Worker(blob, { type: "module" }); URL.revokeObjectURL(blob); out((await next(worker)).data); worker.terminate(); }
// Workers of workers, by a relative URL; the location.
{ const worker = new Worker(new URL("./outer.js", import.meta.url), { type: "module" }); out((await next(worker)).data); worker.terminate(); }
// Handlers that are set again, close, and exit.
{ const worker = make("self.onmessage = () => { self.onmessage = (e) => { self.postMessage(e.data); self.close() } }"); for (const m of [1, 2, 3]) worker.postMessage(m); out((await next(worker)).data); await wait(50); worker.terminate(); }
{ const worker = make("self.postMessage(1); Deno.exit(3)"); await wait(200); out("alive"); worker.terminate(); }
// What a worker sees of itself.
{ const worker = make("self.postMessage([Object.keys(self).filter((k) => k !== 'addEventListener').join(), Object.hasOwn(self, 'onmessage'), String(self.onmessage), EventTarget.prototype.addEventListener.name, String(self.close.name), self.close.length])"); out((await next(worker)).data); worker.terminate(); }
`;

const WORKER =
  `self.onmessage = ({ data }) => self.postMessage(data + " " + self.name + " " + import.meta.url.slice(-9) + " " + location.pathname.split("/").pop())`;
const OUTER = `const inner = new Worker("./inner.js", { type: "module", name: "in" });
inner.onmessage = ({ data }) => self.postMessage(data + " out " + String(location).split("/").pop() + Object.prototype.toString.call(location))`;
const INNER = `self.postMessage("in " + self.name + " " + location.href.split("/").pop())`;

Deno.test("workers behave as without the probes, seen from both sides", {
  ignore: cannotRun,
}, async () => {
  const files = { "main.js": PROGRAM, "worker.js": WORKER, "outer.js": OUTER, "inner.js": INNER };
  await inDirectory(files, async (cwd) => {
    const [plain, traced] = await Promise.all([
      runPlain("main.js", { cwd }),
      runTraced("main.js", { cwd }),
    ]);
    assertEquals(traced.stdout.split("\n"), plain.stdout.split("\n"));
    assertEquals(traced.code, plain.code);
    assertEquals(plain.code, 0, plain.stderr);
  });
});
