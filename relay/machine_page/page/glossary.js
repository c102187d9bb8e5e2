// Words of the page, each explained in a sentence or two, and how to know the sentences that say them.
import { h } from "./dom.js";

const words = {
  node: [
    "Node",
    "A part of the computer with memory and processors of its own. Memory of the own node is nearer, and faster, than that of another.",
    /\bnode \d/,
  ],
  frame: [
    "Page frame",
    "Memory is handed out in pieces of 4,096 bytes. Each piece is a page frame and has a number.",
    /\bframes? \d/i,
  ],
  block: [
    "Block",
    "Free frames lie in blocks of 1, 2, 4, 8 … frames. A block is halved when less is wanted, and joined with its other half when both are free (the buddy system).",
    /\bblock\b|free again/,
  ],
  order: [
    "Order",
    "How large a block of frames is: a block of order n has 2 to the power of n frames. Order 0 is one frame, order 3 is eight.",
    /\border \d/,
  ],
  zonelist: [
    "Zonelist",
    "Which node is tried first when memory is wanted for this one, and which next when that has none.",
    /has none left/,
  ],
  counters: [
    "numastat",
    "What the kernel counts for each node. hit: a page came from the node it was wanted from. miss: it came from here although another was wanted. foreign: it was wanted from here and came from elsewhere. local, other: the CPU that asked was of this node, or not.",
  ],
  slab: [
    "Small allocation",
    "Memory for the kernel's own notes, less than a page. Here they are only counted.",
    /small allocation|bytes on node/,
  ],
  fault: [
    "Fault injection",
    "Makes an allocation fail on purpose, to see whether everything is given back.",
    /was to fail|You order that/,
  ],
  error: [
    "-ENOMEM, -EINVAL, …",
    "How the kernel says what is wrong. ENOMEM: there is no memory. EINVAL: it cannot be done as asked. EBUSY: somebody uses it.",
    /-E[A-Z]/,
  ],
  cpu: [
    "CPU",
    "A processor. It can be online, or offline. Active means that the scheduler, which decides what runs where, may put work on it.",
    /\b(online|active)\b/,
  ],
  hotplug: [
    "Hotplug",
    "Bringing a CPU up or taking it down while the computer runs. “Frozen” is the same while the computer goes to sleep or wakes up: CPU_TASKS_FROZEN.",
    /^You (bring|take) CPU/,
  ],
  frozen: [
    "frozen",
    "A CPU that is taken down as the computer goes to sleep. The scheduler still counts it among those it may use: such a CPU is offline and still active.",
    /FROZEN/,
  ],
  notifier: [
    "Notifier chain",
    "Everybody who has to know of a CPU coming or going, in order of priority. Each is called, and answers NOTIFY_OK, or NOTIFY_BAD: a veto.",
    /_callback is|migration_call is|notifier/,
  ],
  action: [
    "CPU_UP_PREPARE, …",
    "What notifiers are told. UP_PREPARE: a CPU is to come up. STARTING: it runs its first code. ONLINE: it is up. UP_CANCELED: it will not come. DOWN_PREPARE, DYING, DEAD, POST_DEAD: the same on the way down.",
    /\bCPU_[A-Z]/,
  ],
  answer: [
    "NOTIFY_OK, NOTIFY_BAD",
    "What a notifier answers: go on, or a veto. After a veto those who had agreed are told that it is off.",
    /NOTIFY_/,
  ],
  veto: [
    "Veto",
    "A notifier answers NOTIFY_BAD, and the CPU neither comes nor goes. Here workqueue_cpu_callback can be told to.",
    /vetoed/,
  ],
  others: [
    "migration_call, workqueue_cpu_callback",
    "Two others in the chain: the scheduler is asked before relay, the kernel's worker threads after it. Here they only answer.",
    /migration_call|workqueue_cpu_callback/,
  ],
  lock: [
    "Lock",
    "Held by whoever changes something, so that nobody else does at the same time. A mutex is a lock for which the others wait asleep.",
  ],
  log: [
    "Kernel log",
    "What the kernel says (printk). A number in front tells how grave it is: <3> an error, <4> a warning. WARNING: at … names the function that found something odd; behind the colon stands the condition it was to warn of, 1 if that is “always”.",
    /The log says/,
  ],
  relay: [
    "relay",
    "What the patch makes: buffers in the kernel that a tracer writes to. A tracer notes what happens, while it happens.",
    /\brelay_hotcpu_callback/,
  ],
  channel: [
    "Channel",
    "What a tracer writes to. It has a buffer for each CPU, so that no CPU has to wait for another.",
    /^You (open|close) \w+( with|:|$)|channel/,
  ],
  buffer: [
    "Buffer",
    "A ring of pages of one CPU. When the last page is full writing goes on at the first.",
    /\bbuffers?\b(?<!sub-buffers?)/,
  ],
  page: [
    "Page",
    "A frame as a part of a buffer, with 4,096 bytes: page 0 has the first, page 1 the next.",
    /\bpage \d/i,
  ],
  subbuf: [
    "Sub-buffer",
    "A part of the buffer that is handed to a reader as a whole. It has one page or more.",
    /sub-buffer/,
  ],
  file: [
    "File",
    "Stands for a buffer in debugfs, a file system that exists in memory only, for those who look into the kernel. With it a program can refer to the buffer: alpha0 for the buffer of CPU 0. As long as it is open the buffer stays.",
    /\bfile\b/,
  ],
  kref: [
    "kref",
    "A reference count: how many refer to a thing. When the last one lets go the thing is freed. The machine counts by who holds them, the patch has only the sum. A channel has a reference of its own while it is open, and one for each of its buffers.",
    /reference/,
  ],
  depopulate: [
    "depopulate",
    "A label in the patch's relay_alloc_buf: where a buffer that could not be finished gives its pages back.",
    /depopulate/,
  ],
  offset: [
    "Offset",
    "A byte of a buffer, counted from its first one. Offsets run on for ever: the ring begins anew where the buffer ends.",
    /\boffset \d/,
  ],
  cache: [
    "w, r, h0, h1",
    "Pages a buffer remembers, to begin the next search there. w: for writing. r: for reading. Both move on only when a search goes forward. h0, h1: for the headers of even and odd sub-buffers; their search begins where w is.",
    /(^|[;,] )(w|r|h0|h1) (\(|is)/,
  ],
  random: [
    "Random access",
    "A page is wanted that is not the next one. Iterations: pages the search went over. offset: where to. orig iter->off and iter->off: the first byte of the page it began at, and of the one it found. diff_offset: the way between.",
    /random access/,
  ],
  header: [
    "Header",
    "What a tracer notes at the beginning of a sub-buffer: when it was begun, how full it is.",
    /\bheaders?\b/,
  ],
  ring: [
    "Ring",
    "What stands above the patch, here this project's own after LTTng's: records are written to it, and whole sub-buffers given to a reader. Discard or overwrite: what happens when it is full. Its ring_cpu_callback hears of CPUs right after relay: it makes the ring of a CPU that comes, and hands over what one that went had begun.",
    /\bring\b|ring_cpu_callback/,
  ],
  place: [
    "Place, number",
    "The writer goes round the places of a ring for ever. In each place stands a sub-buffer. What is filled gets the next number: number 4 comes to place 0 again, when there are four.",
    /\bplace\b|\bnumber \d/i,
  ],
  slot: [
    "Record: reserve, commit",
    "For a record the writer reserves a slot, writes to it, and commits it. Only then it counts. A sub-buffer is delivered, that is readable, when it is full and all in it is committed.",
    /\bslots?\b|record|committed/,
  ],
  overwrite: [
    "Discard, overwrite",
    "What happens when a ring is full. Discard: new records are lost. Overwrite: the oldest sub-buffer is given up and written over.",
    /given up|ring that|is lost/,
  ],
  exchange: [
    "Exchange, spare",
    "In overwrite mode the reader owns one sub-buffer more than there are places, the spare one. It is left in the place of the one that is to be read.",
    /\bspare\b/,
  ],
  control: [
    "Control page",
    "Where a ring notes which sub-buffer stands in which place, and how far writer and reader are.",
    /control page/,
  ],
  offsets: [
    "Reserved, committed, consumed, missed, lost",
    "Bytes since the ring was made: handed out as slots; committed without a gap; behind the reader, read or given up unread. Missed counts sub-buffers that were overwritten before the reader came, lost counts records that found no room.",
  ],
};

/** Words that a text says. */
export function termsIn(text) {
  return Object.entries(words).filter(([, [, , said]]) => said?.test(text)).map(([key]) =>
    term(key)
  );
}

/** A word that explains itself when pressed. */
export function term(key, label = words[key][0], name = label) {
  return h("button.term", {
    type: "button",
    popovertarget: "words",
    "data-word": key,
    title: words[key][1],
    "aria-label": `${name}: what is that?`,
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
