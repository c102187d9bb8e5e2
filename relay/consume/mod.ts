/**
 * Where full sub-buffers go: a {@linkcode StreamSink} takes a session's streams, to a directory or to a
 * relay daemon. {@linkcode Consumer} takes their packets to a {@linkcode TraceOutput}, of which
 * {@linkcode TraceDirectory} is one.
 *
 * @module
 */
export { type ConsumedStream, Consumer } from "./consumer.ts";
export { TraceDirectory } from "./directory.ts";
export * from "./directory_lock.ts";
export type { MetadataSource } from "./growing_metadata.ts";
export { assertReplaceable, LOCK_FILE, snapshotsIn, STATISTICS_FILE } from "./output_directory.ts";
export { isRelaydUrl, parseRelaydUrl, relaydHosts, urlHost } from "./relayd/address.ts";
export * from "./trace_output.ts";
