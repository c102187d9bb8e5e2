import { bool, i32, sequence, string, u32, u64 } from "../ctf/fields.ts";
import { type AnyFunction, callAll, dress, replace, replaceMethod } from "../session/wrappers.ts";
import { errorName } from "./preview.ts";
import { counter, cut, NONE, type ProbeContext, quietly } from "./probe.ts";

/** What a command was made with. */
interface Made {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Events of `Deno.Command`: `process:spawn` when a process is started by `output`, `outputSync` or
 * `spawn`, with the program and its arguments, whose values are replaced; `process:end` when it has
 * ended, with its status and the nanoseconds since; `process:failure` when it could not be started. The
 * same `process` links them. Further `process:exit` for `Deno.exit` and `process:kill` for `Deno.kill`.
 *
 * Not reached: processes started by `node:child_process`, and `process.exit` and `process.kill`.
 */
export function installProcesses(context: ProbeContext): () => void {
  const made = new WeakMap<object, Made>();
  return callAll.bind(null, [
    installCommand(made),
    ...installStarts(context, made),
    ...installExits(context),
  ]);
}

/** Remembers what commands are made with: they do not tell. */
function installCommand(made: WeakMap<object, Made>): () => void {
  let proxy: unknown;
  const restore = replace<AnyFunction>(Deno, "Command", (original) =>
    proxy = new Proxy(original, {
      construct(target, args, newTarget) {
        const command = Reflect.construct(target, args, newTarget);
        quietly(() => made.set(command, { program: textOf(args[0]), args: argsOf(args[1]) }));
        return command;
      },
    }) as AnyFunction);
  const prototype = Deno.Command.prototype;
  const restoreConstructor = replace(prototype, "constructor", () => proxy);
  return () => {
    restore();
    restoreConstructor();
  };
}

function installStarts(context: ProbeContext, made: WeakMap<object, Made>): (() => void)[] {
  const { session, redact, now, maxText } = context;
  const spawn = session.tracepoint(
    { name: "process:spawn", loglevel: "info" },
    u32("process"),
    string("program"),
    sequence(string("args")),
  );
  const end = session.tracepoint(
    { name: "process:end", loglevel: "info" },
    u32("process"),
    i32("code"),
    string("signal"),
    bool("success"),
    u64("duration_ns"),
  );
  const failure = session.tracepoint(
    { name: "process:failure", loglevel: "err" },
    u32("process"),
    string("error"),
    u64("duration_ns"),
  );
  const next = counter();
  const began = (command: object): { id: number; at: number } => {
    const id = next();
    quietly(() => {
      if (!spawn.enabled) return;
      const { program = "", args = [] } = made.get(command) ?? {};
      const redacted = args.map((arg) => cut(redact("argument", arg), maxText));
      spawn(id, cut(redact("path", program), maxText), redacted);
    });
    return { id, at: now() };
  };
  const ended = ({ id, at }: { id: number; at: number }, status: Deno.CommandStatus): void =>
    quietly(() => end(id, status.code, status.signal ?? NONE, status.success, now() - at));
  const failed = ({ id, at }: { id: number; at: number }, error: unknown): void =>
    quietly(() => failure(id, errorName(error), now() - at));
  const isTraced = (): boolean => spawn.enabled || end.enabled || failure.enabled;

  const wrap =
    (finish: (result: unknown, start: { id: number; at: number }) => unknown) =>
    (original: AnyFunction): AnyFunction =>
      function (this: object, ...args: unknown[]): unknown {
        if (!isTraced()) return Reflect.apply(original, this, args);
        const start = began(this);
        let result;
        try {
          result = Reflect.apply(original, this, args);
        } catch (error) {
          failed(start, error);
          throw error;
        }
        return finish(result, start);
      };
  const { prototype } = Deno.Command;
  return [
    replaceMethod(
      prototype,
      "outputSync",
      wrap((result, start) => {
        ended(start, result as Deno.CommandOutput);
        return result;
      }),
    ),
    replaceMethod(
      prototype,
      "output",
      wrap((result, start) =>
        (result as Promise<Deno.CommandOutput>).then((output) => {
          ended(start, output);
          return output;
        }, (error) => {
          failed(start, error);
          throw error;
        })
      ),
    ),
    replaceMethod(
      prototype,
      "spawn",
      wrap((result, start) => {
        const { status } = result as Deno.ChildProcess;
        status.then((value) => ended(start, value), (error) => failed(start, error));
        return result;
      }),
    ),
  ];
}

function installExits({ session }: ProbeContext): (() => void)[] {
  const exit = session.tracepoint({ name: "process:exit", loglevel: "info" }, i32("code"));
  const kill = session.tracepoint("process:kill", i32("pid"), string("signal"));
  const before = (record: (args: readonly unknown[]) => void) => (original: AnyFunction) =>
    dress(function (this: unknown, ...args: unknown[]): unknown {
      quietly(() => record(args));
      return Reflect.apply(original, this, args);
    }, original);
  return [
    replaceMethod(
      Deno,
      "exit",
      before(([code]) => exit(typeof code === "number" ? code : Number(Deno.exitCode))),
    ),
    replaceMethod(
      Deno,
      "kill",
      before(([pid, signal]) => kill(Number(pid), typeof signal === "string" ? signal : "SIGTERM")),
    ),
  ];
}

function textOf(program: unknown): string {
  return program instanceof URL ? program.href : typeof program === "string" ? program : "";
}

function argsOf(options: unknown): readonly string[] {
  const args = (options as { args?: unknown } | undefined)?.args;
  return Array.isArray(args) ? args.map((arg) => typeof arg === "string" ? arg : "") : [];
}
