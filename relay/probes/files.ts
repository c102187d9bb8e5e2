import { bool, string, u64 } from "../ctf/fields.ts";
import { type AnyFunction, callAll, replaceMethod } from "../session/wrappers.ts";
import { errorName } from "./preview.ts";
import { cut, NONE, type ProbeContext, quietly } from "./probe.ts";
import type { Redact } from "./redaction.ts";

/** Operations on a path, as in `Deno`, each also with `Sync`. */
const ON_A_PATH = [
  "open",
  "create",
  "readFile",
  "readTextFile",
  "stat",
  "lstat",
  "remove",
  "mkdir",
  "readLink",
  "realPath",
  "truncate",
  "chmod",
  "chown",
  "utime",
] as const;
/** Operations that are given data. */
const WITH_DATA = ["writeFile", "writeTextFile"] as const;
/** Operations on two paths. */
const ON_TWO_PATHS = ["rename", "copyFile", "link", "symlink"] as const;
/** Operations that make a path. */
const MAKING_A_PATH = ["makeTempDir", "makeTempFile"] as const;
/** Operations that only begin when they are called: nothing is known of their end. */
const LISTING = ["readDir"] as const;

/**
 * Events of `Deno`'s file operations, one each when it has ended, as `file:read_text_file` for
 * `Deno.readTextFile` and `Deno.readTextFileSync`: the path, the name of the error or "none", the
 * nanoseconds it took, and whether it was the synchronous one. `file:write_file` and
 * `file:write_text_file` have the length of the data as well, those on two paths the second as `to`.
 * `file:read_dir` is recorded when the listing begins; what goes through an open file is not recorded.
 */
export function installFiles(context: ProbeContext): () => void {
  return callAll.bind(null, [
    ...ON_A_PATH.flatMap((name) => onPath(context, name)),
    ...LISTING.flatMap((name) => onPath(context, name)),
    ...WITH_DATA.flatMap((name) => withData(context, name)),
    ...ON_TWO_PATHS.flatMap((name) => onTwoPaths(context, name)),
    ...MAKING_A_PATH.flatMap((name) => makingPath(context, name)),
  ]);
}

/** Records an operation that has ended. */
type Record = (
  args: readonly unknown[],
  result: unknown,
  error: string,
  durationNs: number,
  isSync: boolean,
) => void;

function onPath(context: ProbeContext, name: string): (() => void)[] {
  const { session, redact, maxText } = context;
  const tracepoint = session.tracepoint(eventName(name), string("path"), ...END);
  const record: Record = ([path], _result, error, duration, isSync) =>
    tracepoint(pathText(redact, path, maxText), error, duration, isSync);
  return both(context, name, tracepoint, record);
}

function withData(context: ProbeContext, name: string): (() => void)[] {
  const { session, redact, maxText } = context;
  const tracepoint = session.tracepoint(eventName(name), string("path"), u64("length"), ...END);
  const record: Record = ([path, data], _result, error, duration, isSync) =>
    tracepoint(pathText(redact, path, maxText), lengthOf(data), error, duration, isSync);
  return both(context, name, tracepoint, record);
}

function onTwoPaths(context: ProbeContext, name: string): (() => void)[] {
  const { session, redact, maxText } = context;
  const tracepoint = session.tracepoint(eventName(name), string("path"), string("to"), ...END);
  const record: Record = ([from, to], _result, error, duration, isSync) => {
    const fromText = pathText(redact, from, maxText);
    tracepoint(fromText, pathText(redact, to, maxText), error, duration, isSync);
  };
  return both(context, name, tracepoint, record);
}

function makingPath(context: ProbeContext, name: string): (() => void)[] {
  const { session, redact, maxText } = context;
  const tracepoint = session.tracepoint(eventName(name), string("path"), ...END);
  const record: Record = (_args, result, error, duration, isSync) =>
    tracepoint(pathText(redact, result, maxText), error, duration, isSync);
  return both(context, name, tracepoint, record);
}

const END = [string("error"), u64("duration_ns"), bool("sync")] as const;

/** Wraps an operation and its synchronous twin. */
function both(
  { now }: ProbeContext,
  name: string,
  tracepoint: { readonly enabled: boolean },
  record: Record,
): (() => void)[] {
  const end = (args: unknown[], result: unknown, error: string, began: number, isSync: boolean) =>
    quietly(() => record(args, result, error, now() - began, isSync));
  const wrap = (isSync: boolean) => (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]): unknown {
      if (!tracepoint.enabled) return Reflect.apply(original, this, args);
      const began = now();
      let result;
      try {
        result = Reflect.apply(original, this, args);
      } catch (error) {
        end(args, undefined, errorName(error), began, isSync);
        throw error;
      }
      if (!(result instanceof Promise)) {
        end(args, result, NONE, began, isSync);
        return result;
      }
      return result.then((value) => {
        end(args, value, NONE, began, isSync);
        return value;
      }, (error) => {
        end(args, undefined, errorName(error), began, isSync);
        throw error;
      });
    };
  return [
    replaceMethod(Deno, name, wrap(false)),
    replaceMethod(Deno, `${name}Sync`, wrap(true)),
  ];
}

/** `readTextFile` is `file:read_text_file`. */
function eventName(name: string): string {
  return `file:${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

function pathText(redact: Redact, path: unknown, max: number): string {
  if (typeof path === "string") return cut(redact("path", path), max);
  return path instanceof URL ? cut(redact("url", path.href), max) : NONE;
}

/** Bytes or characters of what is written; 0 for a stream. */
function lengthOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  return ArrayBuffer.isView(data) ? data.byteLength : 0;
}
