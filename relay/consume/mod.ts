/**
 * Where full sub-buffers go: {@linkcode Consumer} takes the packets of a session's streams to a
 * {@linkcode TraceOutput}, of which {@linkcode TraceDirectory} is one.
 *
 * @module
 */
export * from "./consumer.ts";
export * from "./directory.ts";
export * from "./directory_lock.ts";
export {
  assertReplaceable,
  emptyDirectory,
  LOCK_FILE,
  snapshotsIn,
  STATISTICS_FILE,
} from "./output_directory.ts";
export { type Rotation } from "./stream_file.ts";
export * from "./trace_output.ts";
