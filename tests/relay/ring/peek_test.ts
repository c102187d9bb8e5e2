import { Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuPool, RingChannel, RingMemory, RingWriter } from "@ltt/relay/ring";
import { peekOpenSubbuf, ringLost } from "../../../relay/ring/peek.ts";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { COMMITTED, OFFSET, OPENED } from "../../../relay/ring/control.ts";
import { describedEvent, describedEvents } from "./bytes.ts";
import { eventNumbers } from "./events.ts";
import { MODES, readAll, SEVERAL_RUNS, TestRing } from "./support.ts";
import { watchAtomics, watchStores } from "./watched_words.ts";
import { answerOf, ignore, tell } from "./workers.ts";

const HEADER = 16;

/** A ring whose sub-buffers begin with their number. */
function ringWithHeader(mode: "discard" | "overwrite", freeRuns?: readonly number[]): TestRing {
  const test: TestRing = new TestRing({
    mode,
    headerSize: HEADER,
    subbufSize: 2 * PAGE_SIZE,
    nSubbufs: 2,
    ...(freeRuns && { freeRuns }),
    client: {
      bufferBegin: (header, seq) => test.machine.ram.view.setUint32(header, seq, true),
      bufferEnd: (header) => test.machine.ram.view.setUint32(header + 4, 0xffff_ffff, true),
    },
  });
  return test;
}

Deno.test("peekOpenSubbuf() is null before anybody has written", () => {
  using test = new TestRing();
  assertEquals(peekOpenSubbuf(test.memory), null);
});

for (const mode of MODES) {
  for (const freeRuns of [undefined, SEVERAL_RUNS]) {
    const where = `${mode} mode, ${freeRuns ? "several runs" : "one run"}`;
    Deno.test(`peekOpenSubbuf() copies what is committed, consuming nothing: ${where}`, () => {
      using test = ringWithHeader(mode, freeRuns);
      const { writer } = test;
      const reader = test.reader();
      let number = 0;
      for (let seq = 0; seq < 7; seq++) {
        for (let i = 0; i < 9; i++) assert(test.describedEvent(800, ++number) >= 0);
        for (let look = 0; look < 2; look++) {
          const open = peekOpenSubbuf(test.memory)!;
          assertEquals([open.seq, open.bytes.length, open.slotOpen], [seq, HEADER + 7200, false]);
          assertEquals(new DataView(open.bytes.buffer).getUint32(0, true), seq);
          const numbers = describedEvents(open.bytes, HEADER);
          assertEquals(numbers, Array.from({ length: 9 }, (_, i) => number - 8 + i));
        }
        writer.flush("active");
        assertEquals(peekOpenSubbuf(test.memory)!.bytes.length, HEADER);
        assertEquals(readAll(reader).map(({ seq }) => seq), [seq]);
      }
    });
  }

  Deno.test(`peekOpenSubbuf() leaves out open slots and all behind the first: ${mode} mode`, () => {
    using test = ringWithHeader(mode);
    const { writer } = test;
    test.describedEvent(50, 1);
    const peeked = (): [number[], boolean] => {
      const open = peekOpenSubbuf(test.memory)!;
      return [describedEvents(open.bytes, HEADER), open.slotOpen];
    };
    const outer = writer.reserve(60);
    assertEquals(peeked(), [[1], true]);
    test.describedEvent(70, 3);
    assertEquals(peeked(), [[1], true]);
    test.machine.ram.bytes.set(describedEvent(60, 2), outer);
    writer.commit();
    assertEquals(peeked(), [[1, 2, 3], false]);
  });

  Deno.test(`peekOpenSubbuf() of a sub-buffer filled to the last byte: ${mode} mode`, () => {
    using test = ringWithHeader(mode);
    const { writer } = test;
    test.describedEvent(92, 1);
    const size = 2 * PAGE_SIZE - HEADER - 92;
    const address = writer.reserve(size);
    const open = peekOpenSubbuf(test.memory)!;
    assertEquals([describedEvents(open.bytes, HEADER), open.slotOpen], [[1], true]);
    test.machine.ram.bytes.set(describedEvent(size, 2), address);
    writer.commit();
    assertEquals(peekOpenSubbuf(test.memory), null);
    test.describedEvent(92, 3);
    assertEquals(peekOpenSubbuf(test.memory)!.seq, 1);
  });
}

Deno.test("peekOpenSubbuf() is the same after the offset has come to 2^32", () => {
  using test = new TestRing({ firstSeq: 2 ** 20 - 1, headerSize: 8 });
  const reader = test.reader();
  for (let i = 0; i < 4; i++) {
    test.describedEvent(100, i);
    const { seq, bytes } = peekOpenSubbuf(test.memory)!;
    assertEquals([seq, describedEvents(bytes, 8)], [2 ** 20 - 1 + i, [i]]);
    test.writer.flush("active");
    readAll(reader);
  }
});

Deno.test("peekOpenSubbuf() takes no other sub-buffer for one that a reader gets meanwhile", () => {
  using test = ringWithHeader("overwrite");
  test.describedEvent(100, 1);
  const reader = test.reader();
  let got: unknown = null;
  const words = new Proxy(test.memory.words, {
    get(words, index) {
      if (got === null) {
        test.writer.flush("even-if-empty");
        got = reader.getNextSubbuf();
      }
      return words[Number(index)];
    },
  });
  const open = peekOpenSubbuf(Object.create(test.memory, { words: { value: words } }));
  assertEquals([got !== null, open], [true, null]);
  reader.putNextSubbuf();
});

Deno.test("ringLost() counts what the writer has lost, by cause", () => {
  using test = new TestRing();
  for (let i = 0; i < 3; i++) test.event(PAGE_SIZE + 1);
  for (let i = 0; i < 4; i++) test.event(PAGE_SIZE - 8);
  assertEquals(ringLost(test.memory), { ...test.writer.lost, big: 3, full: 2 });
});

type Step =
  | { readonly act: "event" | "reserve"; readonly size: number }
  | { readonly act: "commit" | "flush" | "read"; readonly size: 0 };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    act: fc.constantFrom("event" as const, "reserve" as const),
    size: fc.oneof(fc.integer({ min: 8, max: 300 }), fc.integer({ min: 1000, max: 4096 })),
  }),
  fc.record({
    act: fc.constantFrom("commit" as const, "flush" as const, "read" as const),
    size: fc.constant(0 as const),
  }),
);

/** What is reserved in the open sub-buffer, as a model knows it. */
class Model {
  opened = -1;
  /** Numbers reserved in the sub-buffer that is open. */
  numbers: number[] = [];
  /** How many of those are handed over: all before a slot that is open. */
  committed = 0;
  open = 0;
  /** Whether a slot of an older sub-buffer is open. */
  isBehind = false;

  reserved(opened: number, number: number): void {
    this.entered(opened);
    this.numbers.push(number);
    this.open++;
  }

  entered(opened: number): void {
    if (opened === this.opened) return;
    this.opened = opened;
    this.numbers = [];
    this.committed = 0;
    this.isBehind = this.open > 0;
  }

  done(): void {
    this.open--;
    if (this.open > 0) return;
    this.committed = this.numbers.length;
    this.isBehind = false;
  }
}

for (const mode of MODES) {
  Deno.test(`peekOpenSubbuf() is what a model says, after any steps: ${mode} mode`, () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using test = new TestRing({ mode, headerSize: 8 });
      const { writer, control, memory } = test;
      const reader = test.reader();
      const model = new Model();
      model.entered(control[OPENED]);
      const slots: number[] = [];
      let number = 0;
      for (const { act, size } of steps) {
        if (act === "commit" && slots.length > 0) {
          writer.commit(slots.splice((number * 7) % slots.length, 1)[0]);
          model.done();
        } else if (act === "flush") writer.flush("active");
        else if (act === "read") readAll(reader);
        else if (act === "event" || act === "reserve") {
          const address = writer.reserve(size);
          if (address >= 0) {
            test.machine.ram.bytes.set(describedEvent(size, ++number), address);
            model.reserved(control[OPENED], number);
            if (act === "reserve") slots.push(writer.openSlot());
            else {
              writer.commit();
              model.done();
            }
          }
        }
        model.entered(control[OPENED]);
        const open = peekOpenSubbuf(memory);
        const isFull = ((control[COMMITTED] - model.opened) | 0) === PAGE_SIZE;
        assertEquals(open === null, model.isBehind || isFull, `null after ${act}`);
        if (open === null) continue;
        assertEquals(describedEvents(open.bytes, 8), model.numbers.slice(0, model.committed));
        assertEquals(open.seq, model.opened / PAGE_SIZE);
        assertEquals(open.slotOpen, control[OFFSET] !== control[COMMITTED]);
      }
      for (const slot of slots) writer.commit(slot);
    });
    fc.assert(property, { numRuns: 300 });
  });

  Deno.test(`peekOpenSubbuf() between any two stores of the writer is whole: ${mode} mode`, () => {
    using test = new TestRing({ mode, headerSize: 8, nSubbufs: 4 });
    const reader = test.reader();
    const { memory } = test;
    let number = 0;
    /** Events committed so far. */
    let committed = 0;
    let looks = 0;
    let seqBefore = -1;
    using _watch = watchAtomics();
    const watched = watchStores(memory, () => {
      const open = peekOpenSubbuf(memory);
      if (open === null) return;
      looks++;
      assert(open.bytes.length >= 8, "the header is there");
      const numbers = describedEvents(open.bytes, 8);
      for (const [i, n] of numbers.entries()) assertEquals(n, numbers[0] + i);
      assert(open.seq >= seqBefore, `sub-buffer ${open.seq} after ${seqBefore}`);
      seqBefore = open.seq;
      if (numbers.length === 0) return;
      const last = numbers.at(-1)!;
      assert(last <= number && last >= committed, `${last}, of ${committed} to ${number}`);
    });
    const writer = new RingWriter(watched, null, { headerSize: 8 });
    writer.attach();
    while (number < 2000) {
      const size = 8 + number * 61 % 700;
      const address = writer.reserve(size);
      if (address >= 0) {
        test.machine.ram.bytes.set(describedEvent(size, ++number), address);
        writer.commit();
        committed = number;
      }
      if (number % 37 === 0 && writer.flush("active")) committed = number;
      if (number % 5 === 0) readAll(reader);
    }
    writer.detach();
    assert(looks > 4000, `${looks} looks`);
  });

  Deno.test(`peekOpenSubbuf() while a worker writes is whole and in sequence: ${mode} mode`, {
    ignore,
  }, async () => {
    const machine = new Machine({ nodes: [1024], cpus: 2, online: [0] });
    const channel = RingChannel.open(Relay.start(machine), {
      baseFilename: "t",
      subbufSize: 4 * PAGE_SIZE,
      nSubbufs: 4,
      mode,
    });
    const pool = new CpuPool(machine, [channel], 1);
    const worker = new Worker(new URL("./cpu_program.ts?claims", import.meta.url), {
      type: "module",
    });
    await answerOf(worker);
    assertEquals(await tell(worker, { type: "claim", handle: pool.handle }), 1);
    const memory = new RingMemory(machine.ram.buffer, channel.buf[1]!.descriptor.control);
    const reader = channel.buf[1]!.reader();
    const forMs = 300;
    let looks = 0;
    let newest = -1;
    let seq = -1;
    const lookWhile = (end: number): void => {
      while (performance.now() < end) look();
    };
    const look = (): void => {
      const open = peekOpenSubbuf(memory);
      if (mode === "discard") { while (reader.getNextSubbuf() !== null) reader.putNextSubbuf(); }
      if (open === null) return;
      const numbers = eventNumbers(open.bytes, `sub-buffer ${open.seq}`);
      for (const [i, number] of numbers.entries()) {
        if (i === 0) continue;
        if (mode === "overwrite") assertEquals(number, numbers[i - 1] + 1);
        assert(number > numbers[i - 1], `${number} after ${numbers[i - 1]}`);
      }
      assert(open.seq >= seq, `sub-buffer ${open.seq} after ${seq}`);
      seq = open.seq;
      const last = numbers.at(-1) ?? newest;
      assert(last >= newest, `${last} after ${newest}`);
      newest = last;
      looks++;
    };
    // Each time the writer may be too fast, or not on a processor when it is looked at.
    for (let tries = 0; tries < 30 && !(looks > 10 && newest > 1000); tries++) {
      await tell(worker, { type: "spin", forMs });
      const end = answerOf(worker);
      lookWhile(performance.now() + forMs - 50);
      await end;
    }
    assert(looks > 10 && newest > 1000, `${looks} looks, the last at event ${newest}`);
    reader.close();
    await tell(worker, { type: "release" });
    worker.terminate();
    pool.close();
  });
}
