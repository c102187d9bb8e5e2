import type { Command } from "../commands.ts";
import type { Scenario } from "../scenario.ts";

const on = { channel: "alpha", cpu: 0 } as const;

/** Two records fill a sub-buffer of a page. */
const record = (text: string): Command => ({ do: "record", ...on, size: 2048, text });
const records = (...texts: readonly string[]): Command[] => texts.map(record);

/** A ring that overwrites: the reader takes whole sub-buffers out from under the writer. */
export const readerExchange: Scenario = {
  id: "reader-exchange",
  title: "A reader exchanging sub-buffers under a writer",
  intro:
    "A flight recorder keeps the newest records: when its ring is full the writer goes on over the oldest. How " +
    "can anybody read what may be overwritten at any moment? LTTng, the tracer the patch is for, has this answer: " +
    "there is one sub-buffer more than the ring has places. It is the reader's, who exchanges it for the one to be " +
    "read. The writer never notices. This ring stands on the patch and is not part of it.",
  online: [0],
  stages: [
    {
      title: "A ring that overwrites",
      prepares: true,
      say:
        "A channel is opened whose ring has four places, in each a sub-buffer of one page. The ring takes two " +
        "pages more: the reader's spare sub-buffer, and a control page.",
      commands: [{ do: "open", mode: "overwrite", pages: 1, subbufs: 4 }],
      shows: ["channels.alpha.buffers.0"],
      look:
        "In places 0 to 3 stand sub-buffers 0 to 3. Sub-buffer 4 is the reader's. Places stay, sub-buffers will change.",
    },
    {
      title: "The writer writes",
      say: "Five records of half a page: two full sub-buffers, and one begun.",
      commands: records("a1", "a2", "b1", "b2", "c1"),
      shows: ["channels.alpha.buffers.0"],
      look:
        "What is filled is numbered: 0 and 1 are full and can be read. The writer is in place 2, which will be number 2.",
    },
    {
      title: "The reader exchanges",
      say: "A reader attaches and asks for the oldest sub-buffer. Watch place 0.",
      commands: [{ do: "attach", ...on }, { do: "get_subbuf", ...on }],
      shows: ["channels.alpha.buffers.0"],
      look:
        "The reader has sub-buffer 0 with a1 and a2 in it. In place 0 stands sub-buffer 4 now, which was the spare " +
        "one. Nothing was copied: two sub-buffers changed places, in one step.",
    },
    {
      title: "The writer goes on, round and over",
      say:
        "The writer writes six more records, more than the ring has room for. Watch it come to place 0 and place 1.",
      commands: records("c2", "d1", "d2", "e1", "e2", "f1"),
      shows: ["channels.alpha.buffers.0"],
      look:
        "The writer filled place 0 again, as number 4, and came to place 1. There it gave up number 1, which nobody " +
        "had read: f1 stands where b1 stood. But a1 and a2, in the reader's hands, are untouched: the writer could " +
        "not come near them.",
    },
    {
      title: "The reader goes on",
      say: "The reader is done with its sub-buffer and asks for the next one.",
      commands: [{ do: "put_subbuf", ...on }, { do: "get_subbuf", ...on }, {
        do: "put_subbuf",
        ...on,
      }],
      shows: ["channels.alpha.buffers.0"],
      look:
        "Its old sub-buffer 0 became the spare one, and was exchanged for what is the oldest now: number 2. Number 1 " +
        "was overwritten before it was read. Nothing hides that: “missed” counts it.",
    },
  ],
};
