import { KernelError } from "../../mod.ts";

/** A function of the patch, which adds one file of code. */
export function inPatch(name: string, detail: string = ""): string {
  return `ltt/ltt-relay-alloc.c: ${name}()${detail && ` ${detail}`}`;
}

/** A function of Linux 2.6.29. */
export function inKernel(file: string, name: string): string {
  return `Linux 2.6.29, ${file}: ${name}()`;
}

/** What stands on the patch: this project's ring, and the function of LTTng's that it follows, if any. */
export function inRing(file: string, name: string, lttng: string = ""): string {
  const after = lttng && `, after LTTng's lib_ring_buffer_${lttng}()`;
  return `above the patch, relay/ring/${file}: ${name}()${after}`;
}

/** Where a line of the log comes from, by how it begins or what it says. */
const origins: readonly (readonly [pattern: RegExp, place: string])[] = [
  [/Forward random access|ltt_relay_find_next_page/, inPatch("ltt_relay_find_next_page")],
  [/Backward random access|ltt_relay_find_prev_page/, inPatch("ltt_relay_find_prev_page")],
  [/relay_hotcpu_callback/, inPatch("relay_hotcpu_callback")],
  [/_cpu_up:/, inKernel("kernel/cpu.c", "_cpu_up")],
  [/_cpu_down:/, inKernel("kernel/cpu.c", "_cpu_down")],
  [/relay_open:/, inPatch("ltt_relay_open", "free_bufs")],
  [/LTT :/, inRing("ring_buffer.ts", "free", "print_errors")],
  [/ring_cpu_callback/, inRing("ring_channel.ts", "notifierCall", "cpu_hp_callback")],
];

/** Where a line of the log comes from. */
export function placeOfLog(line: string): string {
  const found = origins.find(([pattern]) => pattern.test(line));
  return found?.[1] ?? inKernel("kernel/printk.c", "printk");
}

/** A structure of the patch that is a small allocation. */
interface Structure {
  /** What it is. */
  readonly what: string;
  /** Bytes it is given: every structure has a class of its own. */
  readonly takes: number;
  /** Where it is made. */
  readonly made: string;
  /** Where it is freed. */
  readonly freed: string;
  /** Where it is freed when its buffer could not be made. */
  readonly undone: string;
}

/** Bytes that a page's descriptor takes up, the room for a file's name, and a channel's structure. */
const BUF_PAGE = 32;
export const NAME: number = 256;
export const RCHAN: number = 4096;

/** Structures of the patch, the smallest first. */
const structures: readonly Structure[] = [
  {
    what: "a page's descriptor (struct buf_page)",
    takes: BUF_PAGE,
    made: inPatch("relay_alloc_buf"),
    freed: inPatch("relay_destroy_buf"),
    undone: inPatch("relay_alloc_buf", "depopulate"),
  },
  {
    what: "the buffer's structure (struct rchan_buf)",
    takes: 128,
    made: inPatch("relay_create_buf"),
    freed: inPatch("relay_destroy_buf"),
    undone: inPatch("relay_create_buf", "free_buf"),
  },
  {
    what: "room for the file's name",
    takes: NAME,
    made: inPatch("relay_open_buf"),
    freed: inPatch("relay_open_buf", "free_name"),
    undone: inPatch("relay_open_buf", "free_name"),
  },
  {
    what: "the channel's structure (struct rchan)",
    takes: RCHAN,
    made: inPatch("ltt_relay_open"),
    freed: inPatch("relay_destroy_channel"),
    undone: inPatch("relay_destroy_channel"),
  },
];

/** The structure of an allocation of so many bytes. */
export function structureOf(size: number): Structure {
  return structures.find(({ takes }) => takes >= size) ?? structures[structures.length - 1];
}

/** Where one is freed; `unfinished`: its buffer could not be made; `refused`: its page was refused. */
export function placeOfKfree(takes: number, unfinished: boolean, refused: boolean): string {
  if (takes === BUF_PAGE && refused) {
    return `${inPatch("relay_alloc_buf")}: kfree, as its page was refused`;
  }
  const { freed, undone } = structureOf(takes);
  return unfinished ? undone : freed;
}

/** What was thrown, as the kernel would have answered it. */
export function answerOf(error: unknown): string {
  const { message } = error as Error;
  return error instanceof KernelError ? `-${error.code}. ${message}` : `${message}`;
}
