import type { Scenario } from "../scenario.ts";

const on = { channel: "alpha", cpu: 0 } as const;
const PAGE = 4096;

/** Accesses in turn and out of turn, and what becomes of w, r and h0. */
export const randomAccess: Scenario = {
  id: "random-access",
  title: "Random access and its warning",
  intro:
    "The pages of a buffer are a linked list: to find a page you walk from one to the next. Tracing writes in " +
    "turn, so the page wanted is nearly always the last one or the one behind it, and the buffer remembers where " +
    "it was: w for writing, r for reading, h0 and h1 for headers. Jumping about works too, but it means long " +
    "walks. A check, which is on here, warns of that.",
  online: [0],
  stages: [
    {
      title: "A channel with eight pages",
      prepares: true,
      say: "A channel is opened, with eight pages for the one CPU that is online.",
      commands: [{ do: "open", mode: "relay", pages: 4, subbufs: 2 }],
      shows: ["channels.alpha.buffers.0"],
      look: "w, r, h0 and h1 stand on page 0: all searches begin there.",
    },
    {
      title: "Writing in turn",
      say: "Something is written to page 0, then to page 1.",
      commands: [
        { do: "write", ...on, offset: 0, text: "zero" },
        { do: "write", ...on, offset: PAGE, text: "one" },
      ],
      shows: ["channels.alpha.buffers.0"],
      look: "No warning: from page 0 to page 1 is one step. w went along.",
    },
    {
      title: "A jump forward",
      say: "Now page 4, three pages on from where w is.",
      commands: [{ do: "write", ...on, offset: 4 * PAGE, text: "four" }],
      shows: ["channels.alpha.buffers.0"],
      look:
        "The write was done all the same, and the log has a warning: three iterations, from the page at byte " +
        "4,096 (orig iter->off) to that at byte 16,384. w is on page 4 now.",
    },
    {
      title: "A jump back",
      say: "Now page 2, two pages back.",
      commands: [{ do: "write", ...on, offset: 2 * PAGE, text: "two" }],
      shows: ["channels.alpha.buffers.0"],
      look:
        "Another warning, “Backward” this time. But look at w: it is still on page 4. Going back is not " +
        "remembered, so that a writer who was interrupted in the middle finds the place again.",
    },
    {
      title: "Once round the ring",
      say:
        "Offsets run on for ever: offset 40,960 is page 2 again, in the next round. And offset 36,864 is page 1. " +
        "Which way is shorter from page 4?",
      commands: [{ do: "write", ...on, offset: 9 * PAGE, text: "one again" }],
      shows: ["channels.alpha.buffers.0"],
      look:
        "Three pages back is shorter than five forward, so the search went backward, and w stayed. The old text " +
        "of page 1 is overwritten: the patch keeps no account of what was read. The layer above does.",
    },
    {
      title: "Reading, and headers",
      say:
        "Reading remembers its own page: r starts on page 0. Each sub-buffer begins with a header. The address " +
        "of that of sub-buffer 1, on page 4, is looked up through h1, which starts from where w is.",
      commands: [
        { do: "read", ...on, offset: PAGE, length: 16 },
        { do: "header", ...on, offset: 4 * PAGE },
      ],
      shows: ["channels.alpha.buffers.0"],
      look:
        "r went one page on, without a warning. h1 took page 4 over from w: found at once. That is why four " +
        "remembered pages are enough for a tracer.",
    },
  ],
};
