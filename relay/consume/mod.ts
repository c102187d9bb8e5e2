/**
 * Where full sub-buffers go: a {@linkcode StreamSink} takes a session's streams, to a directory or to a
 * relay daemon. {@linkcode Consumer} takes their packets to a {@linkcode TraceOutput}, of which
 * {@linkcode TraceDirectory} is one.
 *
 * @module
 */
export * from "./consumer.ts";
export * from "./directory.ts";
export * from "./directory_lock.ts";
export { assertReplaceable, LOCK_FILE, snapshotsIn, STATISTICS_FILE } from "./output_directory.ts";
export * from "./directory_sink.ts";
export * from "./relayd/address.ts";
export * from "./relayd/relayd_consumer.ts";
export * from "./relayd/relayd_link.ts";
export { type Rotation } from "./stream_file.ts";
export * from "./stream_sink.ts";
export * from "./trace_output.ts";
