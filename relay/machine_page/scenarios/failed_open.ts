import type { Scenario } from "../scenario.ts";

const open = { do: "open", mode: "relay", pages: 2, subbufs: 2 } as const;

/** The k-th page is refused in the middle of an open: all that was taken is given back. */
export const failedOpen: Scenario = {
  id: "failed-open",
  title: "A failed open giving all back",
  intro:
    "A tracer notes what happens in the kernel, and writes it to a channel. A channel has a buffer for each " +
    "CPU, a buffer has pages of memory, and opening the channel takes them one by one. What if memory runs out " +
    "half-way? Then all that was taken has to be given back: first the buffer that is not finished, then the " +
    "finished ones, from CPU 0 on. Here it is made to fail on purpose.",
  online: [0, 1, 2],
  stages: [
    {
      title: "Order a failure",
      say:
        "The machine has three CPUs online, and all its memory is free: 96 page frames. You order that the " +
        "eleventh page that anybody asks for from now on is refused, as if memory had run out.",
      commands: [{ do: "fail", what: "page", k: 11 }],
      look:
        "Nothing has happened yet. The order stands above the CPUs, at “To fail”: the 11th page.",
    },
    {
      title: "Open a channel",
      say:
        "Now a channel is opened, with four pages for each CPU. Watch the frames: CPU 0 and CPU 1 get their " +
        "four, CPU 2 gets two, and then comes the refusal.",
      commands: [open],
      shows: ["nodes.0", "nodes.1"],
      look:
        "Compare with the start: every frame is free again, in blocks as large as before, and no small " +
        "allocation is left. The unfinished buffer of CPU 2 went first, then the finished ones with their " +
        "files, CPU 0 before CPU 1, then the channel. Only the counters remember: “hit” counts what was handed out.",
    },
    {
      title: "Open it again",
      say: "The failure was ordered for one page only. The same open once more:",
      commands: [open],
      shows: ["channels.alpha.buffers.0", "channels.alpha.buffers.1", "channels.alpha.buffers.2"],
      look:
        "The channel is there: a buffer for each CPU online, each on its CPU's own node, each with a file. " +
        "CPU 3 is offline and has none.",
    },
  ],
};
