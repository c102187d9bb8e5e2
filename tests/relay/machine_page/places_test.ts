import { assertEquals } from "@std/assert";
import { MachineModel, type ToldStep } from "../../../relay/machine_page/mod.ts";

const PATCH = "ltt/ltt-relay-alloc.c: ";
const open = { do: "open", mode: "relay", pages: 1, subbufs: 2 } as const;

/** What happened, and where. */
type Row = readonly [text: string, place: string];
const rowsOf = (steps: readonly ToldStep[]): Row[] => steps.map(({ text, place }) => [text, place]);

/** How an open begins: the buffer of CPU 0, and a page of CPU 1's. */
const begun: readonly Row[] = [
  ["You open alpha: 2 sub-buffers of a page for each CPU online", PATCH + "ltt_relay_open()"],
  ["4096 bytes on node 0 are the channel's structure (struct rchan)", PATCH + "ltt_relay_open()"],
  [
    "The channel alpha has its first reference, its own: from 0 to 1",
    PATCH + "ltt_relay_open(): kref_init",
  ],
  ["256 bytes on node 0 are room for the file's name", PATCH + "relay_open_buf()"],
  [
    "128 bytes on node 0 are the buffer's structure (struct rchan_buf)",
    PATCH + "relay_create_buf()",
  ],
  ["32 bytes on node 0 are a page's descriptor (struct buf_page)", PATCH + "relay_alloc_buf()"],
  [
    "Frame 32 of node 0 becomes page 0 of alpha's buffer of CPU 0",
    PATCH + "relay_alloc_buf(): alloc_pages_node",
  ],
  ["32 bytes on node 0 are a page's descriptor (struct buf_page)", PATCH + "relay_alloc_buf()"],
  [
    "Frame 33 of node 0 becomes page 1 of alpha's buffer of CPU 0",
    PATCH + "relay_alloc_buf(): alloc_pages_node",
  ],
  [
    "One more reference to alpha, that of the buffer being made: from 1 to 2",
    PATCH + "relay_create_buf(): kref_get",
  ],
  [
    "The buffer alpha0 has its first reference, the channel's: from 0 to 1",
    PATCH + "__relay_reset(): kref_init",
  ],
  ["The file alpha0 is made: CPU 0 has its buffer", PATCH + "relay_open_buf(): create_buf_file"],
  [
    "256 bytes on node 0 are given back: room for the file's name",
    PATCH + "relay_open_buf() free_name",
  ],
  ["256 bytes on node 0 are room for the file's name", PATCH + "relay_open_buf()"],
  [
    "128 bytes on node 0 are the buffer's structure (struct rchan_buf)",
    PATCH + "relay_create_buf()",
  ],
  ["32 bytes on node 0 are a page's descriptor (struct buf_page)", PATCH + "relay_alloc_buf()"],
  [
    "Frame 34 of node 0 becomes page 0 of alpha's buffer of CPU 1",
    PATCH + "relay_alloc_buf(): alloc_pages_node",
  ],
  ["32 bytes on node 0 are a page's descriptor (struct buf_page)", PATCH + "relay_alloc_buf()"],
];

/** The fourth page is refused: the second one of CPU 1. */
const failed: readonly Row[] = [
  ...begun,
  [
    "Page 1 of alpha's buffer of CPU 1, wanted on node 0, is refused: this is the allocation that was to fail",
    "Linux 2.6.29, mm/page_alloc.c: should_fail_alloc_page()",
  ],
  [
    "32 bytes on node 0 are given back: a page's descriptor (struct buf_page)",
    PATCH + "relay_alloc_buf(): kfree, as its page was refused",
  ],
  ["Frame 34 of node 0: free again", PATCH + "relay_alloc_buf() depopulate: __free_page"],
  [
    "32 bytes on node 0 are given back: a page's descriptor (struct buf_page)",
    PATCH + "relay_alloc_buf() depopulate",
  ],
  [
    "128 bytes on node 0 are given back: the buffer's structure (struct rchan_buf)",
    PATCH + "relay_create_buf() free_buf",
  ],
  [
    "256 bytes on node 0 are given back: room for the file's name",
    PATCH + "relay_open_buf() free_name",
  ],
  [
    "The last reference to the buffer alpha0 is given back, from 1 to 0: it goes now",
    PATCH + "relay_close_buf()",
  ],
  [
    "The file alpha0 is removed: nobody can open it any more",
    PATCH + "relay_remove_buf(): remove_buf_file",
  ],
  ["Frame 32 of node 0: free again", PATCH + "relay_destroy_buf(): __free_page"],
  [
    "32 bytes on node 0 are given back: a page's descriptor (struct buf_page)",
    PATCH + "relay_destroy_buf()",
  ],
  ["Frame 33 of node 0: free again", PATCH + "relay_destroy_buf(): __free_page"],
  [
    "32 bytes on node 0 are given back: a page's descriptor (struct buf_page)",
    PATCH + "relay_destroy_buf()",
  ],
  [
    "128 bytes on node 0 are given back: the buffer's structure (struct rchan_buf)",
    PATCH + "relay_destroy_buf()",
  ],
  [
    "One reference to alpha less, that of a buffer: from 2 to 1",
    PATCH + "relay_destroy_buf(): kref_put",
  ],
  [
    "The last reference to alpha is given back, from 1 to 0: it goes now",
    PATCH + "ltt_relay_open() free_bufs: kref_put, then relay_destroy_channel()",
  ],
  [
    "4096 bytes on node 0 are given back: the channel's structure (struct rchan)",
    PATCH + "relay_destroy_channel()",
  ],
  [
    "The answer: -ENOMEM. Cannot allocate a block of order 0 for node 0: failed by fault injection",
    PATCH + "ltt_relay_open()",
  ],
];

/** CPUs 0 and 1 are online. */
const opened: readonly Row[] = [
  ...begun,
  [
    "Frame 35 of node 0 becomes page 1 of alpha's buffer of CPU 1",
    PATCH + "relay_alloc_buf(): alloc_pages_node",
  ],
  [
    "One more reference to alpha, that of the buffer being made: from 2 to 3",
    PATCH + "relay_create_buf(): kref_get",
  ],
  [
    "The buffer alpha1 has its first reference, the channel's: from 0 to 1",
    PATCH + "__relay_reset(): kref_init",
  ],
  ["The file alpha1 is made: CPU 1 has its buffer", PATCH + "relay_open_buf(): create_buf_file"],
  [
    "256 bytes on node 0 are given back: room for the file's name",
    PATCH + "relay_open_buf() free_name",
  ],
  ["alpha is open, with a buffer for each CPU online", PATCH + "ltt_relay_open()"],
];

Deno.test("MachineModel.do() names the place of every step of an open that fails", () => {
  const model = new MachineModel();
  model.do({ do: "fail", what: "page", k: 4 });
  assertEquals(rowsOf(model.do(open)), failed);
});

Deno.test("MachineModel.do() names the place of every step of an open that succeeds", () => {
  const model = new MachineModel();
  model.do({ do: "cpu", cpu: 2, up: false, frozen: false });
  assertEquals(rowsOf(model.do(open)), opened);
});
