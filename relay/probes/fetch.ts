import { string, u16, u32, u64 } from "../ctf/fields.ts";
import { replaceMethod } from "../session/wrappers.ts";
import { errorName, preview } from "./preview.ts";
import { counter, cut, type ProbeContext, quietly } from "./probe.ts";

/**
 * Events of `fetch`: `http:fetch_begin` when it is called, `http:fetch_response` when the headers have
 * come, `http:fetch_failure` when they will not, with the nanoseconds it took. The same `fetch` links
 * them.
 */
export function installFetch(context: ProbeContext): () => void {
  const { session, redact, now, maxText } = context;
  const begin = session.tracepoint(
    { name: "http:fetch_begin", loglevel: "info" },
    u32("fetch"),
    string("method"),
    string("url"),
  );
  const response = session.tracepoint(
    { name: "http:fetch_response", loglevel: "info" },
    u32("fetch"),
    u16("status"),
    u64("duration_ns"),
  );
  const failure = session.tracepoint(
    { name: "http:fetch_failure", loglevel: "err" },
    u32("fetch"),
    string("error"),
    string("message"),
    u64("duration_ns"),
  );
  const next = counter();
  return replaceMethod(
    globalThis,
    "fetch",
    (original) =>
      function fetch(this: unknown, ...args: unknown[]): unknown {
        if (!begin.enabled && !response.enabled && !failure.enabled) {
          return Reflect.apply(original, this, args);
        }
        const id = next();
        quietly(() => begin(id, methodOf(args), cut(redact("url", urlOf(args[0])), maxText)));
        const began = now();
        const promise = Reflect.apply(original, this, args) as Promise<Response>;
        // Another promise, not a second branch: that would make a rejection nobody handles a handled one.
        return promise.then((answer) => {
          quietly(() => response(id, answer.status, now() - began));
          return answer;
        }, (error) => {
          quietly(() => {
            const message = cut(redact("error", preview(error)), maxText);
            failure(id, errorName(error), message, now() - began);
          });
          throw error;
        });
      },
  );
}

/** The URL a fetch is given; no code of the program's is run for it. */
function urlOf(input: unknown): string {
  if (typeof input === "string") return input;
  if (input instanceof URL) return input.href;
  return input instanceof Request ? input.url : "";
}

function methodOf([input, init]: readonly unknown[]): string {
  const method = typeof init === "object" && init !== null
    ? Object.getOwnPropertyDescriptor(init, "method")?.value
    : undefined;
  if (typeof method === "string") return method;
  return input instanceof Request ? input.method : "GET";
}
