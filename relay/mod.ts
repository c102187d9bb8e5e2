/**
 * LTTng's kernel patch `ltt-relay` of March 2009 on an emulated machine: a channel is a set of
 * buffers, one a CPU; a buffer is a ring of pages of the CPU's own node. {@linkcode Relay} opens
 * channels and gives them buffers as CPUs come up.
 *
 * Names, order of events, messages and results are the patch's, with these differences:
 *
 * | the patch | here |
 * | --- | --- |
 * | a one-page buffer oopses above offset 2048 | works |
 * | sizes that are no powers of two alias or lose pages | `subbufSize` and `nSubbufs` each a power of two, product 4,096 bytes to 1 GiB, else `EINVAL` |
 * | access past the end (after masking) oopses and poisons the cache | `RangeError` before a byte moves; caches untouched |
 * | a failed open with a gap in the online mask leaks | nothing leaks |
 * | open writes into the caller's callbacks | it never does |
 * | no callbacks, or a member missing: open always fails | the default makes a file in the machine's debugfs (parent null = its root) and removes it |
 * | file names cut at 254 characters collide | `ENAMETOOLONG` at open, if the name with the highest possible CPU would pass 254 bytes |
 * | double close, put without get: memory corruption | thrown before anything changes; `using` after an explicit `close()` is silent |
 * | page search is linear | constant |
 *
 * @module
 */
export * from "./buffer.ts";
export * from "./buffer_page.ts";
export type { Extent } from "./buffer_pages.ts";
export type { RelayCallbacks } from "./callbacks.ts";
export * from "./channel.ts";
export * from "./file_operations.ts";
export { MAX_ALLOC_SIZE, type OpenOptions } from "./open_options.ts";
export * from "./references.ts";
export * from "./relay.ts";
