// Words of the page, each explained in a sentence or two.
import { h } from "./dom.js";

const words = {
  node: [
    "Node",
    "A part of the computer with memory and processors of its own. Memory of the own node is nearer, and faster, than that of another.",
  ],
  frame: [
    "Page frame",
    "Memory is handed out in pieces of 4,096 bytes. Each piece is a page frame and has a number.",
  ],
  block: [
    "Block",
    "Free frames lie in blocks of 1, 2, 4, 8 … frames. A block is halved when less is wanted, and joined with its other half when both are free (the buddy system).",
  ],
  zonelist: [
    "Zonelist",
    "Which node is tried first when memory is wanted for this one, and which next when that has none.",
  ],
  counters: [
    "numastat",
    "What the kernel counts for each node. hit: a page came from the node it was wanted from. miss: it came from here although another was wanted. foreign: it was wanted from here and came from elsewhere. local, other: the CPU that asked was of this node, or not.",
  ],
  slab: [
    "Small allocation",
    "Memory for the kernel's own notes, less than a page. Here they are only counted.",
  ],
  cpu: [
    "CPU",
    "A processor. It can be online, or offline. Active means that the scheduler may put work on it.",
  ],
  hotplug: [
    "Hotplug",
    "Bringing a CPU up or taking it down while the computer runs. “Frozen” is the same while the computer goes to sleep or wakes up: CPU_TASKS_FROZEN.",
  ],
  notifier: [
    "Notifier chain",
    "Everybody who has to know of a CPU coming or going, in order of priority. Each is called, and answers NOTIFY_OK, or NOTIFY_BAD: a veto.",
  ],
  channel: [
    "Channel",
    "What a tracer writes to. It has a buffer for each CPU, so that no CPU has to wait for another.",
  ],
  buffer: [
    "Buffer",
    "A ring of pages of one CPU. When the last page is full writing goes on at the first. A file, for instance alpha0, stands for it.",
  ],
  subbuf: ["Sub-buffer", "A part of the buffer that is handed to a reader as a whole."],
  kref: [
    "kref",
    "A reference count: how many refer to a thing. When the last one lets go the thing is freed.",
  ],
  cache: [
    "w, r, h0, h1",
    "Pages a buffer remembers, to begin the next search there. w: for writing. r: for reading. Both move on only when a search goes forward. h0, h1: for the headers of even and odd sub-buffers; their search begins where w is.",
  ],
  ring: [
    "Ring",
    "What stands above the patch, here this project's own after LTTng's: slots are reserved and committed, and whole sub-buffers given to a reader.",
  ],
  slot: [
    "Reserve, commit",
    "The writer reserves a slot, writes to it, and commits it. Only then it counts.",
  ],
  overwrite: [
    "Discard, overwrite",
    "What happens when a ring is full. Discard: new events are lost. Overwrite: the oldest sub-buffer is written over.",
  ],
  exchange: [
    "Exchange",
    "In overwrite mode the reader owns one sub-buffer more than there are places. It leaves that in the place of the one it takes.",
  ],
  frozen: [
    "frozen",
    "A CPU that is taken down as the computer goes to sleep. The scheduler's mask is left as it was: such a CPU is offline and still active.",
  ],
  order: [
    "Order",
    "A block of order n has 2 to the power of n frames: order 0 is one frame, order 3 is eight.",
  ],
  offsets: [
    "Reserved, committed, consumed, missed, lost",
    "Bytes since the ring was made: handed out as slots; committed without a gap; behind the reader. Missed counts sub-buffers that were overwritten before the reader came, lost counts records that found no room.",
  ],
  answer: [
    "NOTIFY_OK, NOTIFY_BAD",
    "What a notifier answers: go on, or a veto. After a veto those who had agreed are told that it is off.",
  ],
  depopulate: [
    "depopulate",
    "A label in the patch's relay_alloc_buf: where a buffer that could not be finished gives its pages back.",
  ],
  file: [
    "File",
    "Stands for a buffer in debugfs, so that a program can refer to it. As long as it is open the buffer stays.",
  ],
  veto: [
    "Veto",
    "A notifier answers NOTIFY_BAD, and the CPU neither comes nor goes. Here workqueue_cpu_callback can be told to.",
  ],
  lock: [
    "Lock",
    "Held by whoever changes something, so that nobody else does at the same time.",
  ],
  log: [
    "Kernel log",
    "What the kernel says (printk). A number in front tells how grave it is: <3> an error, <4> a warning. WARNING: at … names the function that found something odd.",
  ],
  fault: [
    "Fault injection",
    "Makes an allocation fail on purpose, to see whether everything is given back.",
  ],
};

/** Words that a step says. */
export function termsIn(step) {
  if (step === null) return [];
  const said = `${step.text} ${step.place} ${step.differs ?? ""}`;
  return Object.entries(words).filter(([, [, , says]]) => says?.test(said)).map(([key]) =>
    term(key)
  );
}

/** A word that explains itself when pressed. */
export function term(key, label = words[key][0]) {
  return h("button.term", {
    type: "button",
    popovertarget: "words",
    "data-word": key,
    title: words[key][1],
    "aria-label": `${label}: what is that?`,
  }, label);
}

/** All words. */
export function glossary() {
  return [
    h("h2", {}, "Words explained"),
    h(
      "dl",
      {},
      Object.entries(words).map(([key, [word, text]]) => [
        h("dt", { id: `word-${key}`, tabindex: "-1" }, word),
        h("dd", {}, text),
      ]),
    ),
    h("button", { type: "button", popovertarget: "words", popovertargetaction: "hide" }, "Close"),
  ];
}
