import type { Scenario } from "../scenario.ts";

/** A reader has a buffer's file open when the channel is closed. */
export const afterClose: Scenario = {
  id: "after-close",
  title: "A buffer living on after close",
  intro:
    "Tracing is stopped, the channel is closed. But somebody still has the file of a buffer open, and code in " +
    "the kernel that knows the buffer still wants what was recorded last. So close does not free a buffer: it " +
    "is freed when the last one who refers to it lets go. A counter, the kref, knows how many there are.",
  online: [0, 1, 2],
  stages: [
    {
      title: "A channel with something in it",
      prepares: true,
      say: "A channel is opened, and something is written on CPU 1.",
      commands: [
        { do: "open", mode: "relay", pages: 1, subbufs: 2 },
        { do: "write", channel: "alpha", cpu: 1, offset: 0, text: "last words" },
      ],
      shows: ["channels.alpha"],
      look:
        "Each buffer has one reference, the channel's. The channel has four: its own, as long as it is open, and " +
        "one for each of its three buffers.",
    },
    {
      title: "Somebody opens a file",
      say:
        "Somebody opens the file alpha1, which stands for the buffer of CPU 1. The patch gives the file no read: " +
        "it can be opened and closed, and holds a reference in between.",
      commands: [{ do: "open_file", channel: "alpha", cpu: 1 }],
      shows: ["channels.alpha.buffers.1"],
      look: "The kref of alpha1 is 2 now: the channel, and the open file.",
    },
    {
      title: "The channel is closed",
      say:
        "The channel gives its references up. Watch what becomes of the buffers of CPU 0 and CPU 2, and what of " +
        "the one of CPU 1.",
      commands: [{ do: "close", channel: "alpha" }],
      shows: ["channels.alpha"],
      look:
        "Two buffers are gone, with their files and pages. The third has one reference left, keeps its pages " +
        "and its file, and keeps the channel: kref 1, marked as closed.",
    },
    {
      title: "What was recorded is still there",
      say:
        "The channel is closed. Code in the kernel still knows where the buffer is. Can it still read there? " +
        "(By ltt_relay_read; the file itself refuses to be read.)",
      commands: [{ do: "read", channel: "alpha", cpu: 1, offset: 0, length: 16 }],
      shows: ["channels.alpha.buffers.1"],
      look:
        "It can: “last words”. The open file is what keeps the pages there; without it that code would read " +
        "memory that is somebody else's.",
    },
    {
      title: "The last one lets go",
      say: "The file is closed. Nobody refers to the buffer any more.",
      commands: [{ do: "close_file", channel: "alpha", cpu: 1 }],
      shows: ["nodes.0", "nodes.1"],
      look:
        "With the last reference went the file, then the pages, then the buffer, and with the last buffer the " +
        "channel. All frames are free, no small allocation is left.",
    },
  ],
};
