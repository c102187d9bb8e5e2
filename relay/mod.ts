/**
 * LTTng's kernel patch `ltt-relay` of March 2009 on an emulated machine: a channel is a set of
 * buffers, one a CPU; a buffer is a ring of pages of the CPU's own node.
 *
 * Begin with {@linkcode Relay}, the layer, which opens channels and gives them buffers as CPUs come up:
 *
 * ```ts
 * import { Machine } from "@ltt/relay/hw";
 * import { Relay } from "@ltt/relay/relay";
 * import { assertEquals } from "@std/assert";
 *
 * const machine = new Machine({ nodes: [64, 64], cpus: 2, online: [0] });
 * const relay = Relay.start(machine);
 * using channel = relay.open({ baseFilename: "trace", subbufSize: 8192, nSubbufs: 2 });
 * machine.hotplug.cpuUp(1); // gets a buffer, of its own node, before anything runs on it
 * const buffer = channel.buf[1]!;
 * assertEquals(buffer.pages[0].page.nid, 1);
 *
 * buffer.write(8190, new Uint8Array([1, 2, 3])); // across two sub-buffers: nobody minds
 * const bytes = new Uint8Array(3);
 * buffer.read(8190, bytes);
 * assertEquals([...bytes], [1, 2, 3]);
 * assertEquals(machine.debugfs.root.children.map(({ name }) => name), ["trace0", "trace1"]);
 * ```
 *
 * 1. {@linkcode Relay.start} registers the layer with the machine's CPUs.
 * 2. {@linkcode Relay.open} makes a channel, with a buffer and a file for each CPU that is online.
 * 3. {@linkcode RelayBuffer.write} and {@linkcode RelayBuffer.read} copy at an offset, `readGetPage` gives a
 *    whole page, `offsetAddress` the place of a sub-buffer's header.
 * 4. {@linkcode RelayChannel.close} gives up what the channel holds; a buffer that a client or an open file
 *    refers to goes with the last of them.
 *
 * All of it is synchronous, and for the thread that booted the machine. There is no locking, and no record of
 * what was written: both are the caller's. `@ltt/relay/ring` is such a caller.
 *
 * Names, order of events, messages and results are the patch's, with these differences:
 *
 * | the patch | here |
 * | --- | --- |
 * | what fails answers NULL | it throws a `KernelError` that says what failed |
 * | a one-page buffer oopses above offset 2048 | works |
 * | sizes that are no powers of two alias or lose pages | `subbufSize` and `nSubbufs` each a power of two, product 4,096 bytes to 1 GiB, else `EINVAL` |
 * | access past the end (after masking) oopses and poisons the cache | `RangeError` before a byte moves; caches untouched |
 * | a failed open with a gap in the online mask leaks | nothing leaks |
 * | open writes into the caller's callbacks | it never does |
 * | no callbacks, or a member missing: open always fails | the default makes a file in the machine's debugfs (parent null = its root) and removes it |
 * | an error pointer from `create_buf_file` is taken for a file | what a callback throws refuses the buffer |
 * | `subbuf_start` and `chan_private` are declared and never used | left out |
 * | file names cut at 254 characters collide | `ENAMETOOLONG` at open, if the name with the highest possible CPU would pass 254 bytes |
 * | double close, put without get: memory corruption | thrown before anything changes; `using` after an explicit `close()` is silent |
 * | open or close from within a callback waits for itself for ever | `EDEADLK` |
 * | a file that outlives its buffer opens on freed memory | `ENOENT` |
 * | page search is linear | constant |
 *
 * Where the patch's structures and functions are (`include/linux/ltt-relay.h`, `ltt/ltt-relay-alloc.c`):
 *
 * | the patch | here |
 * | --- | --- |
 * | `struct rchan`, `struct rchan_buf`, `struct buf_page` | {@linkcode RelayChannel}, {@linkcode RelayBuffer}, {@linkcode BufferPage} |
 * | `struct rchan_callbacks` | {@linkcode RelayCallbacks} |
 * | `relay_channels`, `relay_channels_mutex` | {@linkcode Relay.channels}, {@linkcode Relay.mutex} |
 * | `relay_init`, its `hotcpu_notifier(…, 5)` | {@linkcode Relay.init}; {@linkcode Relay.start} makes the layer too |
 * | `relay_hotcpu_callback` | the notifier that `init` registers, in `relay.ts` |
 * | `ltt_relay_open`, its `free_bufs` | {@linkcode Relay.open} |
 * | `setup_callbacks`, the default callbacks | {@linkcode RelayCallbacks}, in `callbacks.ts` |
 * | `relay_open_buf` | `RelayChannel.openBuf` |
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
