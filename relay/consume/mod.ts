/**
 * Where full sub-buffers go: to a directory, or to a relay daemon. It is not exported: a session puts it
 * together, and `blackbox/` uses what writes files.
 *
 * Begin with `stream_sink.ts`, what a session gives its streams to. Two are there:
 *
 * - `directory_sink.ts` has a {@linkcode Consumer} take packets, as they are delivered, to a
 *   {@linkcode TraceOutput}, mostly a {@linkcode TraceDirectory}; in a flight recorder it copies them there
 *   when a snapshot is asked for.
 * - `relayd/` speaks the relay daemon's protocol, which `messages.ts` draws. `relayd_consumer.ts` takes packets
 *   in rounds, cut from the rings by `packet_cursor.ts`; `relayd_link.ts` keeps a session open at the daemon,
 *   `relayd_session.ts`, over a connection for requests and one for packets; what the daemon misses goes to
 *   `spill.ts`.
 *
 * All of it runs on the session's own thread, which attached the readers. It never makes a writer wait.
 *
 * @module
 */
export { type ConsumedStream, Consumer } from "./consumer.ts";
export { TraceDirectory } from "./directory.ts";
export * from "./directory_lock.ts";
export type { MetadataSource } from "./growing_metadata.ts";
export { assertReplaceable, LOCK_FILE, snapshotsIn, STATISTICS_FILE } from "./output_directory.ts";
export {
  isRelaydUrl,
  parseRelaydUrl,
  type RelaydAddress,
  relaydHosts,
  urlHost,
} from "./relayd/address.ts";
export * from "./trace_output.ts";
