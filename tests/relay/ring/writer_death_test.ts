import { type FlushMode, RingWriter } from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import { OPENED } from "../../../relay/ring/control.ts";
import { describedEvent, describedEvents } from "./bytes.ts";
import { type RingSetup, TestRing } from "./support.ts";
import { afterTakeOver, LAST } from "./taken_over.ts";
import { watchAtomics, watchStores } from "./watched_words.ts";

/** A thread that may be killed behind any of its stores. */
class MortalWriter {
  readonly test: TestRing;
  readonly writer: RingWriter;
  #reserved = 0;
  #isReserving = false;
  readonly #committed = new Set<number>();
  #committing = 0;
  readonly #open: { readonly number: number; readonly slot: number }[] = [];
  readonly #firstSeq: number;
  /** Where the sub-buffer of each event starts. */
  readonly #subbufs: number[] = [];

  constructor(test: TestRing, firstSeq: number, afterStore: () => void) {
    this.test = test;
    this.#firstSeq = firstSeq;
    this.writer = new RingWriter(
      watchStores(test.memory, afterStore),
      null,
      { headerSize: test.memory.headerSize },
    );
  }

  reserve(size: number): boolean {
    this.#isReserving = true;
    const address = this.writer.reserve(size);
    this.#isReserving = false;
    if (address < 0) return false;
    const number = ++this.#reserved;
    this.test.machine.ram.bytes.set(describedEvent(size, number), address);
    const slot = this.writer.openSlot();
    this.#open.push({ number, slot });
    this.#subbufs[number] = this.test.memory.geometry.subbufTrunc(slot);
    return true;
  }

  commit(i: number): void {
    const [{ number, slot }] = this.#open.splice(i, 1);
    this.#committing = number;
    this.writer.commit(slot);
    this.#committing = 0;
    this.#committed.add(number);
  }

  event(size: number): void {
    if (this.reserve(size)) this.commit(this.#open.length - 1);
  }

  /** Checks what a successor makes of the ring as it is. */
  check(where: string): void {
    const { headerSize, overwrite } = this.test.memory;
    const { lost, all, wentOn } = afterTakeOver(this.test, true);
    const numbers = all.flatMap(({ data }) => describedEvents(data.slice(headerSize)));
    const read = numbers.filter((number) => number !== LAST);
    const message = `${where}: read ${read}, lost ${JSON.stringify(lost)}`;
    const skipped = overwrite && all.length > 0 ? all[0].seq : this.#firstSeq;
    assert(skipped < this.#firstSeq + 20, `sub-buffers are numbered from the first, ${message}`);
    assert(all.every(({ seq }, i) => seq === skipped + i), `sub-buffers are numbered, ${message}`);
    const known = (number: number) => this.#committed.has(number) || number === this.#committing;
    assert(read.every(known), `only what was committed is read, ${message}`);
    assert(read.every((number, i) => i === 0 || number > read[i - 1]), `in order, ${message}`);
    assertEquals(numbers.includes(LAST), wentOn, `what the successor wrote, ${message}`);
    // Whatever was reserved since the first one that is left is read or counted.
    const first = overwrite && read.length > 0 ? read[0] : 1;
    const counted = read.length + (lost.torn ?? 0);
    const least = this.#reserved - first + 1;
    const isNested = this.#open.length > 0;
    const most = least + (this.#isReserving ? 1 : 0) + (this.#committing > 0 && isNested ? 1 : 0);
    const isCounted = counted <= most && (counted >= least || (overwrite && read.length === 0));
    const torn = this.#open.map(({ number }) => this.#subbufs[number]);
    if (this.#isReserving) torn.push(this.test.control[OPENED]);
    for (let number = first; number <= this.#reserved; number++) {
      if (!this.#committed.has(number) || read.includes(number)) continue;
      if (overwrite && read.length === 0) continue;
      const isTorn = torn.includes(this.#subbufs[number]) ||
        this.#subbufs[this.#committing] === this.#subbufs[number];
      assert(isTorn, `event ${number} is in no sub-buffer with an open slot, ${message}`);
    }
    assert(isCounted, `${least} to ${most} events are accounted for, ${message}`);
  }
}

/** Programs of one thread; a number reserves as many bytes, "0" commits the slot opened first. */
const PROGRAMS: readonly [what: string, setup: RingSetup, script: (number | string)[]][] = [
  ["writes events", { nSubbufs: 4 }, Array(9).fill("event 1500")],
  ["overwrites events", { mode: "overwrite" }, Array(9).fill("event 1500")],
  ["goes beyond 2^32 bytes", { firstSeq: 2 ** 20 - 1 }, Array(4).fill("event 1500")],
  [
    "goes beyond 2^32 bytes, overwriting,",
    { mode: "overwrite", firstSeq: 2 ** 20 - 1 },
    Array(6).fill("event 1500"),
  ],
  ["fills sub-buffers", { mode: "overwrite" }, Array(8).fill("event 2046")],
  [
    "flushes",
    { nSubbufs: 8 },
    ["active", "even-if-empty", "dead", "final"].flatMap((mode) => ["event 50", `flush ${mode}`]),
  ],
  ["flushes around open slots", { nSubbufs: 8 }, [50, "flush active", 60, "flush final", "0", "0"]],
  ["nests slots", {}, [50, 60, 70, 80, "3", "0", 90, "1", "1", "0", "event 30", 40]],
  [
    "nests slots, overwriting,",
    { mode: "overwrite" },
    [1500, 60, 1000, "2", "0", 1500, 40, "1", "0", "0", "event 3000", 2000, 1000, "1", "0"],
  ],
  [
    "nests slots over sub-buffers",
    { nSubbufs: 4 },
    [2000, 2000, 2000, "1", 2000, "1", 100, "0", "0", "0", 2000, 2000, "event 30", "0", "0"],
  ],
  [
    "closes sub-buffers behind an open slot",
    { nSubbufs: 4 },
    [2000, ...Array(4).fill("event 2000"), "flush active", "event 50", "flush final", "0"],
  ],
  ["fills sub-buffers and nests", { nSubbufs: 4 }, [4000, 92, "1", 50, "0", 4042, 8, "1", "0"]],
];

for (const [what, setup, script] of PROGRAMS) {
  Deno.test(`RingWriter.takeOver() mends what a thread left at any store that ${what}`, () => {
    const test = new TestRing({ ...setup, headerSize: 4 });
    let line = "attach";
    let stores = 0;
    const thread: MortalWriter = new MortalWriter(
      test,
      setup.firstSeq ?? 0,
      () => thread.check(`store ${++stores}, in "${line}"`),
    );
    using _watch = watchAtomics();
    thread.writer.attach();
    for (const [i, act] of script.entries()) {
      line = `${i}: ${act}`;
      const [word, argument] = `${act}`.split(" ");
      if (word === "event") thread.event(Number(argument));
      else if (word === "flush") thread.writer.flush(argument as FlushMode);
      else if (typeof act === "number") thread.reserve(act);
      else thread.commit(Number(act));
      thread.check(`behind "${line}"`);
    }
    assert(stores > 10, "stores were watched");
  });
}
