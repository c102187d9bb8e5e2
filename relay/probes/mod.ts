/**
 * Traces a program without changing it: importing this module starts a session by the environment's
 * options and makes Deno's own APIs emit events, before the program runs.
 *
 * ```sh
 * deno run -A --preload jsr:@ltt/relay/probes program.ts
 * babeltrace2 trace-*
 * ```
 *
 * Tracepoints of the program's own go to {@linkcode currentSession}, from `@ltt/relay/probes/current`. A
 * program that records a part of itself begins with {@linkcode installProbes}, from
 * `@ltt/relay/probes/install`: those two modules start nothing. Each thread has its own probes; workers that
 * a traced thread starts are traced too.
 *
 * | variable | value | initially |
 * | --- | --- | --- |
 * | `LTT_RELAY_OUT` | directory to write to, or a relay daemon, `net://HOST:CONTROL:DATA` | `trace-YYYYMMDD-HHMMSS` |
 * | `LTT_RELAY_LIVE` | milliseconds after which a daemon's viewers are sent what was recorded | none are |
 * | `LTT_RELAY_BLACK_BOX` | file in which events lie until they are written, so that they outlive the process | none |
 * | `LTT_RELAY_SPILL` | directory for what a daemon misses while it is away | none |
 * | `LTT_RELAY_NAME` | name of the trace, and of the daemon's session | of the directory, or `deno` |
 * | `LTT_RELAY_PROBES` | groups, `http,fetch`, or all but some, `-timer,-file` | all |
 * | `LTT_RELAY_EVENTS` | patterns of events, `http:*,file:open` | `*` |
 * | `LTT_RELAY_MODE` | `continuous` or `flight-recorder` | `continuous` |
 * | `LTT_RELAY_SUBBUF_SIZE` | bytes of a sub-buffer | 262144 |
 * | `LTT_RELAY_SUBBUFS` | sub-buffers of a CPU | 16 |
 * | `LTT_RELAY_CPUS` | threads that record at a time | 32 |
 * | `LTT_RELAY_MAX_FILE_SIZE` | bytes of a file before the next one | any |
 * | `LTT_RELAY_MAX_FILES` | files of a stream, with a size | any |
 * | `LTT_RELAY_HOSTNAME` | name of the host | the system's, if it may be asked for |
 * | `LTT_RELAY_CONTEXTS` | `cpu`, `worker` | none |
 * | `LTT_RELAY_STATISTICS` | directory for figures, `.statistics.json`; all files are opened at the start, unless they are rotated | none |
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
 * Events, and their fields beside the time; durations in nanoseconds, delays in milliseconds. Fields that
 * link events (`request`, `fetch`, `timer`, `worker` …) are numbers of the session:
 *
 * | event | fields |
 * | --- | --- |
 * | `loop:delay` | `delay_ns` |
 * | `error:uncaught` | `error`, `message`, `stack` |
 * | `error:unhandled_rejection` | `error`, `message`, `stack` |
 * | `http:server_request` | `request`, `method`, `url` |
 * | `http:server_response` | `request`, `status`, `duration_ns` |
 * | `http:server_failure` | `request`, `error`, `message`, `duration_ns` |
 * | `http:fetch_begin` | `fetch`, `method`, `url` |
 * | `http:fetch_response` | `fetch`, `status`, `duration_ns` |
 * | `http:fetch_failure` | `fetch`, `error`, `message`, `duration_ns` |
 * | `file:open` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:create` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:read_file` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:read_text_file` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:stat` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:lstat` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:remove` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:mkdir` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:read_link` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:real_path` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:truncate` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:chmod` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:chown` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:utime` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:read_dir` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:write_file` | `path`, `length`, `error`, `duration_ns`, `sync` |
 * | `file:write_text_file` | `path`, `length`, `error`, `duration_ns`, `sync` |
 * | `file:rename` | `path`, `to`, `error`, `duration_ns`, `sync` |
 * | `file:copy_file` | `path`, `to`, `error`, `duration_ns`, `sync` |
 * | `file:link` | `path`, `to`, `error`, `duration_ns`, `sync` |
 * | `file:symlink` | `path`, `to`, `error`, `duration_ns`, `sync` |
 * | `file:make_temp_dir` | `path`, `error`, `duration_ns`, `sync` |
 * | `file:make_temp_file` | `path`, `error`, `duration_ns`, `sync` |
 * | `process:spawn` | `process`, `program`, `args` |
 * | `process:end` | `process`, `code`, `signal`, `success`, `duration_ns` |
 * | `process:failure` | `process`, `error`, `duration_ns` |
 * | `process:exit` | `code` |
 * | `process:kill` | `pid`, `signal` |
 * | `timer:set` | `timer`, `delay_ms`, `repeats` |
 * | `timer:fire_begin` | `timer` |
 * | `timer:fire_end` | `timer`, `duration_ns` |
 * | `timer:clear` | `timer` |
 * | `console:log` | `text` |
 * | `console:info` | `text` |
 * | `console:warn` | `text` |
 * | `console:error` | `text` |
 * | `console:debug` | `text` |
 * | `performance:mark` | `name` |
 * | `performance:measure` | `name`, `duration_ns` |
 * | `diagnostics:message` | `channel`, `subscribed` |
 * | `worker:start` | `worker`, `name`, `url` |
 * | `worker:begin` | `worker`, `name` |
 * | `worker:end` | `worker`, `reason` |
 *
 * `loop:delay` comes ten times a second on each thread: by how much a timer was late.
 *
 * What a program can notice: its functions stand one frame deeper in stacks, and the text of a wrapped
 * function is that of the wrapper; in a traced worker `import.meta.main` is `false`. What is not
 * reached: `deno serve`, which runs no preloaded module (Deno 2.9), `node:worker_threads`,
 * `node:child_process`, and what is imported by name from `node:timers` or `node:fs`.
 *
 * Inside, `preload.ts` reads the options and starts the session; each group is a file that wraps functions,
 * with the tools of `probe.ts`. `workers.ts` starts a worker by `worker_entry.ts`, which has `worker_thread.ts`
 * run before the worker's own module.
 *
 * @module
 */
import { startFromEnvironment } from "./preload.ts";

export * from "./current.ts";
export { type InstallOptions, installProbes } from "./install.ts";
export { PROBE_GROUPS, type ProbeGroup } from "./probe.ts";
export { defaultRedaction, type RedactionHook, type RedactionKind } from "./redaction.ts";

await startFromEnvironment();
