import { string, u16, u32, u64 } from "../ctf/fields.ts";
import { type AnyFunction, replaceMethod } from "../session/wrappers.ts";
import { errorName, preview } from "./preview.ts";
import { counter, cut, type ProbeContext, quietly } from "./probe.ts";

/**
 * Events of `Deno.serve`: `http:server_request` before the handler is called; `http:server_response`
 * when it has given a response, or `http:server_failure` when it has thrown, with the nanoseconds it
 * took. The same `request` links them. A redaction hook is asked once for URLs that follow on each other
 * and are the same. The peer's address is left out: it costs as much as the event, and is a proxy's mostly.
 *
 * `deno serve` runs no preloaded module (Deno 2.9), so it cannot be reached from here.
 */
export function installHttpServer(context: ProbeContext): () => void {
  return replaceMethod(Deno, "serve", (original) => {
    const probes = declare(context);
    return function (this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(original, this, traced(args, probes));
    };
  });
}

type Probes = ReturnType<typeof declare>;

function declare(context: ProbeContext) {
  const { session, redact, now, maxText } = context;
  const request = session.tracepoint(
    { name: "http:server_request", loglevel: "info" },
    u32("request"),
    string("method"),
    string("url"),
  );
  const response = session.tracepoint(
    { name: "http:server_response", loglevel: "info" },
    u32("request"),
    u16("status"),
    u64("duration_ns"),
  );
  const failure = session.tracepoint(
    { name: "http:server_failure", loglevel: "err" },
    u32("request"),
    string("error"),
    string("message"),
    u64("duration_ns"),
  );
  const url = remembering((text) => cut(redact("url", text), maxText));
  const method = remembering((text) => cut(text, maxText));
  return { request, response, failure, redact, now, maxText, method, url, next: counter() };
}

/** The arguments of `Deno.serve` with the handler wrapped, wherever it stands; wrong ones as they are. */
function traced(args: readonly unknown[], probes: Probes): readonly unknown[] {
  const [first, second] = args;
  if (typeof first === "function") return [wrap(first as Handler, probes), ...args.slice(1)];
  if (typeof second === "function") {
    return [first, wrap(second as Handler, probes), ...args.slice(2)];
  }
  const handler = (first as { handler?: unknown } | null | undefined)?.handler;
  // A handler given beside the options goes before theirs.
  if (typeof handler === "function") return [first, wrap(handler as Handler, probes)];
  return args;
}

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => unknown;

function wrap(handler: Handler, probes: Probes): AnyFunction {
  const { request: requestTracepoint, response, failure, now, next } = probes;
  const fail = (id: number, begin: number, error: unknown): void =>
    quietly(() => {
      if (!failure.enabled) return;
      const message = cut(probes.redact("error", preview(error)), probes.maxText);
      failure(id, errorName(error), message, now() - begin);
    });
  return function (this: unknown, request: Request, info: Deno.ServeHandlerInfo): unknown {
    const isTraced = requestTracepoint.enabled || response.enabled || failure.enabled;
    if (!isTraced) return handler.call(this, request, info);
    const id = next();
    if (requestTracepoint.enabled) recordRequest(probes, id, request);
    const begin = now();
    let result;
    try {
      result = handler.call(this, request, info);
    } catch (error) {
      fail(id, begin, error);
      throw error;
    }
    // A response given at once goes on at once: the server answers it without a promise.
    if (result instanceof Response) response(id, result.status, now() - begin);
    else if (result instanceof Promise) {
      result.then((answer) => {
        if (answer instanceof Response) response(id, answer.status, now() - begin);
      }, (error) => fail(id, begin, error));
    }
    return result;
  };
}

/** Records a request; the server goes on without the event if that fails. */
function recordRequest(
  { request: tracepoint, method, url }: Probes,
  id: number,
  request: Request,
): void {
  try {
    tracepoint(id, method(request.method), url(request.url));
  } catch {
    // Nothing to tell of.
  }
}

/**
 * A conversion of texts that remembers the last one. Most requests ask for what the one before has
 * asked for: comparing is cheaper than converting, and a text that is the same object as before is
 * recorded faster.
 */
function remembering(convert: (text: string) => string): (text: string) => string {
  let last = "";
  let result = convert(last);
  return (text) => {
    if (text === last) return result;
    result = convert(text);
    last = text;
    return result;
  };
}
