/**
 * Traces a program without changing it: importing this module starts a session by the environment's
 * options and makes Deno's own APIs emit events, before the program runs.
 *
 * ```sh
 * deno run -A --preload jsr:@ltt/relay/probes program.ts
 * babeltrace2 trace-*
 * ```
 *
 * | variable | value | initially |
 * | --- | --- | --- |
 * | `LTT_RELAY_OUT` | directory to write to | `trace-YYYYMMDD-HHMMSS` |
 * | `LTT_RELAY_PROBES` | groups, `http,fetch`, or all but some, `-timer,-file` | all |
 * | `LTT_RELAY_EVENTS` | patterns of events, `http:*,file:open` | `*` |
 * | `LTT_RELAY_MODE` | `continuous` or `flight-recorder` | `continuous` |
 * | `LTT_RELAY_SUBBUF_SIZE` | bytes of a sub-buffer | 262144 |
 * | `LTT_RELAY_SUBBUFS` | sub-buffers of a CPU | 16 |
 * | `LTT_RELAY_CPUS` | threads that record at a time | 32 |
 * | `LTT_RELAY_MAX_FILE_SIZE` | bytes of a file before the next one | any |
 * | `LTT_RELAY_MAX_FILES` | files of a stream | any |
 * | `LTT_RELAY_HOSTNAME` | name of the host | the system's, if it may be asked for |
 * | `LTT_RELAY_CONTEXTS` | `cpu`, `worker` | none |
 * | `LTT_RELAY_STATISTICS` | `1`: figures in `.statistics.json`, all files opened at the start | |
 * | `LTT_RELAY_REDACT` | module whose default export is a {@linkcode RedactionHook} | |
 * | `LTT_RELAY_DIAGNOSTICS` | `subscribe`: to all diagnostics channels | |
 * | `LTT_RELAY_LOOP_PERIOD` | milliseconds between two looks at the event loop | 100 |
 * | `LTT_RELAY_GIVE_UP` | permissions to give up when all is open, `write=/tmp/trace,ffi` | none |
 *
 * Groups are `http` (the server), `fetch`, `file`, `process`, `timer`, `console`, `performance`,
 * `diagnostics`, `worker`, `error` and `loop`. Without permission to read a variable it has no value.
 * Options that make no sense, and an output that cannot be made, are said on standard error, and the
 * program runs untraced. The tracer needs `--allow-read` and `--allow-write` for the output and, unless
 * its modules come from the network, `--allow-read` for them; nobody is asked for a permission.
 *
 * What a program can notice: its functions stand one frame deeper in stacks, and the text of a wrapped
 * function is that of the wrapper; in a traced worker `import.meta.main` is `false`. What is not
 * reached: `deno serve`, which runs no preloaded module (Deno 2.9), `node:worker_threads`,
 * `node:child_process`, and what is imported by name from `node:timers` or `node:fs`.
 *
 * @module
 */
import { startFromEnvironment } from "./preload.ts";

export * from "./current.ts";
export { type InstallOptions, installProbes } from "./install.ts";
export { PROBE_GROUPS, type ProbeGroup } from "./probe.ts";
export { defaultRedaction, type RedactionHook, type RedactionKind } from "./redaction.ts";

await startFromEnvironment();
