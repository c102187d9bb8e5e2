import { u32 } from "@ltt/relay/trace";
import type { RingReader } from "@ltt/relay/ring";
import { type ConsumedStream, Consumer } from "../../../relay/consume/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { MemoryOutput, numbersOf, TestStream } from "./support.ts";

/** Numbers from `from` on. */
function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

Deno.test("new Consumer() writes the metadata there is", () => {
  using stream = new TestStream();
  const output = new MemoryOutput();
  new Consumer(output, stream.source);
  assert(output.text.startsWith("/* CTF 1.8 */"));
  assert(output.text.includes('name = "t:text"'));
});

Deno.test("drain() consumes what is delivered, in order, and no more", () => {
  using stream = new TestStream();
  const output = new MemoryOutput();
  const consumer = new Consumer(output, stream.source);
  assertEquals(consumer.drain(stream.stream), 0);
  stream.record(0, 100);
  assertEquals(consumer.drain(stream.stream), 2);
  const numbers = numbersOf(output.all);
  assertEquals(numbers, range(0, numbers.length));
  assert(numbers.length > 60 && numbers.length < 100);
  assertEquals(consumer.drain(stream.stream), 0);
  stream.writer.flush("active");
  consumer.drain(stream.stream);
  assertEquals(numbersOf(output.all), range(0, 100));
});

/** An output during whose writing of a packet the writer delivers another one, up to so many. */
class OvertakenOutput extends MemoryOutput {
  recorded = 0;
  readonly #stream: TestStream;
  #packets: number;

  constructor(stream: TestStream, packets: number) {
    super();
    this.#stream = stream;
    this.#packets = packets;
  }

  /** Has the writer deliver a packet. */
  deliver(): void {
    if (this.#packets-- <= 0) return;
    this.#stream.record(this.recorded++, 1);
    this.#stream.writer.flush("active");
  }

  override packet(cpu: number, pieces: readonly Uint8Array[]): void {
    super.packet(cpu, pieces);
    this.deliver();
  }
}

for (const nSubbufs of [4, 8]) {
  Deno.test(`drain() returns though the writer keeps up with it, with ${nSubbufs} sub-buffers`, () => {
    using stream = new TestStream({ nSubbufs });
    const output = new OvertakenOutput(stream, 10 * nSubbufs);
    const consumer = new Consumer(output, stream.source);
    output.deliver();
    for (let calls = 1; calls <= 10; calls++) {
      assertEquals(consumer.drain(stream.stream), nSubbufs);
      assertEquals(numbersOf(output.all), range(0, calls * nSubbufs));
    }
    assertEquals(consumer.drain(stream.stream), 0);
    assertEquals([output.recorded, stream.lost], [10 * nSubbufs, 0]);
  });
}

Deno.test("flush() returns though the writer keeps up with it", () => {
  using stream = new TestStream();
  const output = new OvertakenOutput(stream, 1000);
  const consumer = new Consumer(output, stream.source);
  output.deliver();
  consumer.flush(stream.stream);
  const numbers = numbersOf(output.all);
  assertEquals(numbers, range(0, numbers.length));
  assert(numbers.length < 100, `${numbers.length} packets in one call`);
});

Deno.test("metadata is written before the first packet that needs it", () => {
  using stream = new TestStream();
  const output = new MemoryOutput();
  const consumer = new Consumer(output, stream.source);
  stream.record(0, 1);
  stream.tracer.tracepoint("t:later", u32("n"));
  consumer.flush(stream.stream);
  stream.tracer.tracepoint("t:last", u32("n"));
  stream.writer.flush("active");
  consumer.drain(stream.stream);
  assertEquals(output.calls, ["metadata", "metadata", "provisional", "metadata", "packet"]);
  stream.tracer.tracepoint("t:never", u32("n"));
  consumer.close();
  assertEquals(output.calls.slice(5), ["metadata", "close"]);
  assertEquals(output.text.match(/name = "t:[a-z]+"/g), [
    'name = "t:text"',
    'name = "t:later"',
    'name = "t:last"',
    'name = "t:never"',
  ]);
});

Deno.test("flush() writes what is not delivered too, and the next packet has it again", () => {
  using stream = new TestStream();
  const output = new MemoryOutput();
  const consumer = new Consumer(output, stream.source);
  consumer.flush(stream.stream);
  assertEquals(output.all, [], "nothing recorded");
  for (const n of range(0, 200)) {
    stream.record(n, 1);
    consumer.flush(stream.stream);
    assertEquals(numbersOf(output.all), range(0, n + 1));
  }
});

Deno.test("flush() tells of events lost though none was recorded", () => {
  using stream = new TestStream();
  const output = new MemoryOutput();
  const consumer = new Consumer(output, stream.source);
  stream.event(0, "x".repeat(9999));
  consumer.flush(stream.stream);
  assertEquals(output.all.map(({ eventsDiscarded }) => eventsDiscarded), [1]);
  consumer.flush(stream.stream);
  assertEquals(output.all.length, 1);
  stream.alsoLost = 5;
  consumer.flush(stream.stream);
  assertEquals(output.all.map(({ eventsDiscarded }) => eventsDiscarded), [6]);
  stream.record(0, 1);
  consumer.flush(stream.stream);
  assertEquals(output.all.map(({ numbers }) => numbers), [[0]]);
});

Deno.test("flush() tells of all events lost when the buffers are full", () => {
  using stream = new TestStream({ nSubbufs: 2 });
  const output = new MemoryOutput();
  const consumer = new Consumer(output, stream.source);
  for (const from of [0, 300, 600]) {
    stream.record(from, 300);
    consumer.flush(stream.stream);
    const all = output.all;
    assertEquals(numbersOf(all).length + stream.lost, from + 300);
    assertEquals(all.at(-1)!.eventsDiscarded, stream.lost);
  }
});

Deno.test("copy() writes the newest in order, and consumes nothing", () => {
  using stream = new TestStream({ mode: "overwrite", nSubbufs: 4 });
  for (const [recorded, more] of [[0, 5], [5, 100], [105, 400], [505, 1], [506, 34]]) {
    stream.record(recorded, more);
    const outputs = [1, 2].map(() => {
      const output = new MemoryOutput();
      const consumer = new Consumer(output, stream.source);
      consumer.copy(stream.stream);
      consumer.close();
      return output;
    });
    const numbers = numbersOf(outputs[0].all);
    assertEquals(numbers, range(recorded + more - numbers.length, numbers.length));
    assert(numbers.length >= Math.min(recorded + more, 100), `${numbers.length} events`);
    assertEquals(outputs[1].all, outputs[0].all);
  }
});

/** The stream, with something that happens once its reader has found nothing more. */
function whenRead({ stream }: TestStream, meanwhile: () => void): ConsumedStream {
  const { reader } = stream;
  const watched = {
    getNextSubbuf: () => {
      const subbuf = reader.getNextSubbuf();
      if (subbuf === null) meanwhile();
      return subbuf;
    },
    putNextSubbuf: () => reader.putNextSubbuf(),
    putSubbuf: () => reader.putSubbuf(),
    *snapshot() {
      yield* reader.snapshot();
      meanwhile();
    },
  };
  return { ...stream, reader: watched as unknown as RingReader };
}

for (const how of ["flush", "copy"] as const) {
  Deno.test(`${how}() leaves no sub-buffer out that is delivered meanwhile`, () => {
    // Each time, or once, a sub-buffer is filled between the look at the delivered ones and the last.
    for (const times of [1, 2, Infinity]) {
      using stream = new TestStream({
        nSubbufs: 8,
        mode: how === "flush" ? "discard" : "overwrite",
      });
      const output = new MemoryOutput();
      const consumer = new Consumer(output, stream.source);
      stream.record(0, 10);
      let recorded = 10;
      let count = 0;
      const watched = whenRead(stream, () => {
        if (count++ >= times) return;
        stream.record(recorded, 50);
        recorded += 50;
      });
      consumer[how](watched);
      const numbers = numbersOf(output.all);
      assertEquals(numbers, range(0, numbers.length));
      const least = times === Infinity ? 10 : recorded;
      assert(numbers.length >= least, `${numbers.length} of ${recorded}, at least ${least}`);
    }
  });
}

Deno.test("an output that fails has whole packets, whichever write it is", () => {
  for (let room = 0; room < 40; room++) {
    using stream = new TestStream();
    const output = new MemoryOutput();
    output.room = room;
    const consumer = new Consumer(output, stream.source);
    let recorded = 0;
    for (let i = 0; i < 12; i++) {
      stream.record(recorded, 50);
      recorded += 50;
      if (i % 3 === 0) consumer.flush(stream.stream);
      else consumer.drain(stream.stream);
    }
    const { failure } = consumer;
    const numbers = numbersOf(output.all);
    assertEquals(numbers, range(0, numbers.length), `failure at call ${room}`);
    assertEquals(output.calls.length, Math.min(room, output.calls.length));
    if (failure === null) continue;
    assertEquals(failure, "Error: No space left");
    // What comes is left to the ring, which counts it as lost when it is full.
    const { calls } = output;
    const before = [...calls];
    stream.record(recorded, 1000);
    consumer.flush(stream.stream);
    consumer.drain(stream.stream);
    assertEquals(calls, before, "nothing is written any more");
    assert(stream.lost > 800, `${stream.lost} lost`);
    consumer.close();
    assertEquals(output.isClosed, true);
    assertEquals(consumer.failure, failure);
  }
});
