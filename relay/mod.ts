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
 * Where the patch's functions are (`ltt/ltt-relay-alloc.c`, `include/linux/ltt-relay.h`):
 *
 * | the patch | here |
 * | --- | --- |
 * | `relay_init`, its `hotcpu_notifier(…, 5)` | {@linkcode Relay.init}; {@linkcode Relay.start} makes the layer too |
 * | `relay_hotcpu_callback` | the notifier that `init` registers, in `relay.ts` |
 * | `ltt_relay_open`, its `free_bufs` | {@linkcode Relay.open} |
 * | `setup_callbacks`, the default callbacks | {@linkcode RelayCallbacks}, in `callbacks.ts` |
 * | `relay_open_buf`, `relay_create_buf_file` | `RelayChannel.openBuf` |
 * | `ltt_relay_close`, `relay_close_buf` | {@linkcode RelayChannel.close} |
 * | `relay_create_buf`, `__relay_reset` | the constructor of {@linkcode RelayBuffer} |
 * | `relay_alloc_buf` | `BufferPages`, in `buffer_pages.ts` |
 * | `relay_remove_buf`, `relay_destroy_buf` | `RelayBuffer.destroy`, when its last reference is put |
 * | `relay_destroy_channel` | when {@linkcode RelayChannel.kref} comes to 0 |
 * | `ltt_relay_get_chan`, `ltt_relay_put_chan` | {@linkcode RelayChannel.get}, {@linkcode RelayChannel.put} |
 * | `ltt_relay_get_chan_buf`, `ltt_relay_put_chan_buf` | {@linkcode RelayBuffer.get}, {@linkcode RelayBuffer.put} |
 * | `ltt_relay_write`, `ltt_relay_read` | {@linkcode RelayBuffer.write}, {@linkcode RelayBuffer.read} |
 * | `ltt_relay_read_get_page`, `ltt_relay_offset_address` | {@linkcode RelayBuffer.readGetPage}, {@linkcode RelayBuffer.offsetAddress} |
 * | `ltt_relay_cache_page`, `ltt_relay_find_next_page`, `ltt_relay_find_prev_page` | `BufferPages.cachePage` |
 * | `relay_file_open`, `relay_file_release`, `ltt_relay_file_operations` | {@linkcode relayFileOperations} |
 * | `CONFIG_LTT_RELAY_CHECK_RANDOM_ACCESS` | `new Relay(machine, { checkRandomAccess: true })` |
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
