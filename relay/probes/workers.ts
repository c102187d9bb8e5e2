import { string, u32 } from "../ctf/fields.ts";
import { type AnyFunction, callAll, replace, replaceMethod } from "../session/wrappers.ts";
import { deferRevoking, keepBlob } from "./blob_urls.ts";
import { cut, type ProbeContext, quietly } from "./probe.ts";
import { canReadTracer } from "./tracer_modules.ts";
import { entryModule } from "./worker_entry.ts";
import { repairLoadError } from "./worker_errors.ts";
import { WORKER_STATE, type WorkerInit } from "./worker_init.ts";

/** Bytes of {@linkcode WorkerInit.state}. */
const STATE_SIZE = 4;

/** The runtime's own: a class that extends `Worker` may have others. */
const { postMessage } = globalThis.Worker?.prototype ?? {};
const { addEventListener } = EventTarget.prototype;

/** Number of the last worker: each has another one in the process. Workers are sent the counter. */
let numbers = new Int32Array(new SharedArrayBuffer(4));
/** What this thread was told of itself; `null` for the one that is no worker. */
let own: WorkerInit | null = null;
let hasWarned = false;

/** Makes this thread a worker. */
export function setWorker(init: WorkerInit): void {
  own = init;
  numbers = new Int32Array(init.counter);
}

/**
 * Traces the workers this thread starts, and those they start: each loads the probes first, and then
 * its module. Events: `worker:start` when it is made and `worker:end` when it is terminated, closes
 * itself or dies of an error, as `reason` tells; `worker:begin` on its own thread, before its module.
 * The same `worker` links them.
 *
 * A worker is started plainly, untraced, when this thread may not read the tracer's modules; that is
 * said once on standard error. Workers of `node:worker_threads` are not traced: what a module has
 * imported by name of a built-in module stays the original, in Deno.
 */
export function installWorkers(context: ProbeContext): () => void {
  if (globalThis.Worker === undefined) return () => {};
  const tracepoints = declare(context);
  const started = new WeakMap<object, WorkerInit>();
  let proxy: unknown;
  const wrap = (original: AnyFunction): AnyFunction => {
    const construct = constructor(context, tracepoints, started);
    const wrapped = new Proxy(original, { construct }) as AnyFunction;
    proxy = wrapped;
    return wrapped;
  };
  const terminate = (original: AnyFunction): AnyFunction =>
    function (this: object, ...args: unknown[]): unknown {
      const init = started.get(this);
      if (init !== undefined && ends(init.state)) tracepoints.end(init.worker, "terminate");
      return Reflect.apply(original, this, args);
    };
  const { prototype } = globalThis.Worker;
  return callAll.bind(null, [
    replace(globalThis, "Worker", wrap),
    replace(prototype, "constructor", () => proxy),
    replaceMethod(prototype, "terminate", terminate),
    deferRevoking(),
    ...own === null ? [] : installOwn(own, tracepoints, context),
  ]);
}

type Tracepoints = ReturnType<typeof declare>;

function declare({ session }: ProbeContext) {
  const loglevel = "info";
  const fields = [u32("worker"), string("name")] as const;
  return {
    start: session.tracepoint({ name: "worker:start", loglevel }, ...fields, string("url")),
    begin: session.tracepoint({ name: "worker:begin", loglevel }, ...fields),
    end: session.tracepoint({ name: "worker:end", loglevel }, u32("worker"), string("reason")),
  };
}

/** What makes a worker in place of `new Worker`. */
function constructor(
  { session, redact, maxText, forWorkers }: ProbeContext,
  { start, end }: Tracepoints,
  started: WeakMap<object, WorkerInit>,
): NonNullable<ProxyHandler<AnyFunction>["construct"]> {
  return (target, args, newTarget): object => {
    const specifier = traceableSpecifier(args);
    if (specifier === null) return Reflect.construct(target, args, newTarget);
    const [, options] = args;
    const entry = entryModule(specifier, forWorkers.redactModule);
    const worker = Reflect.construct(target, [entry, options], newTarget);
    const init: WorkerInit = {
      handle: session.handle,
      worker: Atomics.add(numbers, 0, 1) + 1,
      counter: numbers.buffer as SharedArrayBuffer,
      probes: forWorkers,
      state: new SharedArrayBuffer(STATE_SIZE),
    };
    postMessage.call(worker, init);
    keepBlob(specifier, init.state);
    started.set(worker, init);
    addEventListener.call(worker, "error", (event) => {
      repairLoadError(event as ErrorEvent, entry);
      if (ends(init.state)) end(init.worker, "error");
    });
    quietly(() =>
      start(init.worker, cut(nameOf(options), maxText), cut(redact("url", specifier), maxText))
    );
    return worker;
  };
}

/** What a worker tells of itself. */
function installOwn(
  { worker, state }: WorkerInit,
  { begin, end }: Tracepoints,
  { maxText }: ProbeContext,
): (() => void)[] {
  begin(worker, cut(self.name ?? "", maxText));
  const close = replaceMethod(
    globalThis,
    "close",
    (original) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (ends(state)) end(worker, "close");
        return Reflect.apply(original, this, args);
      },
  );
  return [close];
}

/** Whether a worker ends only now: who knows of it first tells. */
function ends(state: SharedArrayBuffer): boolean {
  const { ended } = WORKER_STATE;
  return Atomics.exchange(new Int32Array(state), 0, ended) !== ended;
}

/** The absolute specifier of a worker that can be traced; `null` for what is to be started plainly. */
function traceableSpecifier([specifier, options]: readonly unknown[]): string | null {
  const type = (options as { type?: unknown } | null | undefined)?.type;
  const isText = typeof specifier === "string" || specifier instanceof URL;
  // Everything else is refused, in its own words.
  if (type !== "module" || !isText) return null;
  const text = String(specifier);
  const url = URL.parse(text) ?? resolved(text);
  if (url === null) return null;
  if (canReadTracer()) return url.href;
  if (!hasWarned) {
    hasWarned = true;
    const why = "workers are not traced: that needs --allow-read for the tracer's own modules";
    Deno.stderr.writeSync(new TextEncoder().encode(`ltt-relay: ${why}\n`));
  }
  return null;
}

/** A relative specifier is one against the location, where there is any. */
function resolved(specifier: string): URL | null {
  const isRelative = /^\.{0,2}\//.test(specifier);
  return isRelative && globalThis.location ? URL.parse(specifier, globalThis.location.href) : null;
}

function nameOf(options: unknown): string {
  const { name } = options as { readonly name?: unknown };
  return typeof name === "string" ? name : "";
}
