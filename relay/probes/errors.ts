import { string } from "../ctf/fields.ts";
import { callAll } from "../session/wrappers.ts";
import { errorName, ownText, preview } from "./preview.ts";
import { cut, type ProbeContext, quietly } from "./probe.ts";

/**
 * Events `error:uncaught` and `error:unhandled_rejection`: name, message and stack, each cut to a
 * bound; of an error as the runtime tells it of, whether the program prevents its end or not.
 */
export function installErrors(context: ProbeContext): () => void {
  const { session, redact, maxText } = context;
  const fields = [string("error"), string("message"), string("stack")] as const;
  const uncaught = session.tracepoint({ name: "error:uncaught", loglevel: "crit" }, ...fields);
  const rejection = session.tracepoint(
    { name: "error:unhandled_rejection", loglevel: "crit" },
    ...fields,
  );
  const record = (tracepoint: typeof uncaught, error: unknown, message: string): void =>
    quietly(() => {
      if (!tracepoint.enabled) return;
      const text = (value: string): string => cut(redact("error", value), maxText);
      tracepoint(errorName(error), text(message), text(stackOf(error)));
    });
  const onError = (event: ErrorEvent): void =>
    record(uncaught, event.error, event.error ? messageOf(event.error) : event.message);
  const onRejection = (event: PromiseRejectionEvent): void =>
    record(rejection, event.reason, messageOf(event.reason));
  return callAll.bind(null, [
    listen("error", onError as (event: Event) => void),
    listen("unhandledrejection", onRejection as (event: Event) => void),
  ]);
}

/** The session has what was recorded written by a listener of its own, which stays the last one. */
function listen(type: string, listener: (event: Event) => void): () => void {
  globalThis.addEventListener(type, listener);
  return () => globalThis.removeEventListener(type, listener);
}

function messageOf(error: unknown): string {
  return ownText(error, "message") ?? preview(error);
}

/** The stack, which the runtime would read as well: it prints it. */
function stackOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : "";
  return typeof stack === "string" ? stack : "";
}
