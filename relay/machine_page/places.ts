import { KernelError } from "../../mod.ts";

/** A function of the patch, which adds one file of code. */
export function inPatch(name: string, detail: string = ""): string {
  return `ltt/ltt-relay-alloc.c: ${name}()${detail && ` ${detail}`}`;
}

/** A function of Linux 2.6.29. */
export function inKernel(file: string, name: string): string {
  return `Linux 2.6.29, ${file}: ${name}()`;
}

/** What stands on the patch: LTTng's ring. */
export function inRing(file: string, name: string): string {
  return `above the patch, LTTng's ring: relay/ring/${file}: ${name}()`;
}

/** Where a line of the log comes from, by how it begins or what it says. */
const origins: readonly (readonly [pattern: RegExp, place: string])[] = [
  [/Forward random access|ltt_relay_find_next_page/, inPatch("ltt_relay_find_next_page")],
  [/Backward random access|ltt_relay_find_prev_page/, inPatch("ltt_relay_find_prev_page")],
  [/relay_hotcpu_callback/, inPatch("relay_hotcpu_callback")],
  [/_cpu_up:/, inKernel("kernel/cpu.c", "_cpu_up")],
  [/_cpu_down:/, inKernel("kernel/cpu.c", "_cpu_down")],
  [/relay_open:/, inPatch("ltt_relay_open", "free_bufs")],
  [/LTT :/, inRing("ring_buffer.ts", "free")],
  [/ring_cpu_callback/, inRing("ring_channel.ts", "notifierCall")],
];

/** Where a line of the log comes from. */
export function placeOfLog(line: string): string {
  const found = origins.find(([pattern]) => pattern.test(line));
  return found?.[1] ?? inKernel("kernel/printk.c", "printk");
}

/** Where a small allocation is made, by the bytes it takes: every structure has a class of its own. */
export function placeOfKmalloc(takes: number): { what: string; place: string } {
  switch (takes) {
    case 4096:
      return { what: "the channel's structure (struct rchan)", place: inPatch("ltt_relay_open") };
    case 256:
      return { what: "room for the file's name", place: inPatch("relay_open_buf") };
    case 128:
      return {
        what: "the buffer's structure (struct rchan_buf)",
        place: inPatch("relay_create_buf"),
      };
    default:
      return { what: "a page's descriptor (struct buf_page)", place: inPatch("relay_alloc_buf") };
  }
}

/** Where it is freed; `unfinished`: its buffer could not be made; `refused`: its page was refused. */
export function placeOfKfree(takes: number, unfinished: boolean, refused: boolean): string {
  switch (takes) {
    case 4096:
      return inPatch("relay_destroy_channel");
    case 256:
      return inPatch("relay_open_buf", "free_name");
    case 128:
      return unfinished ? inPatch("relay_create_buf", "free_buf") : inPatch("relay_destroy_buf");
    default:
      if (refused) return `${inPatch("relay_alloc_buf")}: kfree, as its page was refused`;
      return unfinished ? inPatch("relay_alloc_buf", "depopulate") : inPatch("relay_destroy_buf");
  }
}

/** What was thrown, as the kernel would have answered it. */
export function answerOf(error: unknown): string {
  const { message } = error as Error;
  return error instanceof KernelError ? `-${error.code}. ${message}` : `${message}`;
}
