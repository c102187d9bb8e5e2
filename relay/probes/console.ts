import { string } from "../ctf/fields.ts";
import type { LoglevelName } from "../ctf/loglevel.ts";
import { type AnyFunction, callAll, replaceMethod } from "../session/wrappers.ts";
import { preview } from "./preview.ts";
import { cut, type ProbeContext, quietly } from "./probe.ts";

/** What is recorded of the console, and how important that is. */
const METHODS: readonly (readonly [name: string, loglevel: LoglevelName])[] = [
  ["log", "info"],
  ["info", "info"],
  ["warn", "warning"],
  ["error", "err"],
  ["debug", "debug"],
];

/**
 * Events `console:log`, `console:info`, `console:warn`, `console:error` and `console:debug`, each with
 * its text: the arguments with spaces between, objects as far as that runs no code of theirs, format
 * specifiers as they are, cut to a bound.
 */
export function installConsole(context: ProbeContext): () => void {
  return callAll.bind(null, METHODS.map((method) => installMethod(context, ...method)));
}

function installMethod(
  { session, redact, maxText }: ProbeContext,
  name: string,
  loglevel: LoglevelName,
): () => void {
  const tracepoint = session.tracepoint({ name: `console:${name}`, loglevel }, string("text"));
  const record = (args: readonly unknown[]): void =>
    quietly(() => tracepoint(cut(redact("console", textOf(args)), maxText)));
  return replaceMethod(
    console,
    name,
    (original): AnyFunction =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (tracepoint.enabled) record(args);
        return Reflect.apply(original, this, args);
      },
  );
}

function textOf(args: readonly unknown[]): string {
  const [first] = args;
  if (args.length === 1 && typeof first === "string") return first;
  return args.map((arg) => preview(arg)).join(" ");
}
