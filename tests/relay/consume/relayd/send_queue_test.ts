import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ByteSink, SendQueue } from "../../../../relay/consume/relayd/send_queue.ts";

const LARGE = 64 * 1024;

/** Keeps what is written; takes as many bytes at a time as it is told. */
class Sink implements ByteSink {
  readonly writes: number[] = [];
  readonly bytes: number[] = [];
  /** Bytes it takes at a time. */
  atOnce = Infinity;
  /** Bytes it takes before it fails. */
  room = Infinity;
  /** Held back until it is called. */
  gate: Promise<void> = Promise.resolve();

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    if (this.room <= 0) throw new Error("It is full");
    const count = Math.min(bytes.length, this.atOnce, this.room);
    this.room -= count;
    this.writes.push(count);
    for (const byte of bytes.subarray(0, count)) this.bytes.push(byte);
    return count;
  }
}

/** A queue before a sink, and what it has failed with. */
function make(sink: Sink): { readonly queue: SendQueue; readonly failures: unknown[] } {
  const failures: unknown[] = [];
  return { queue: new SendQueue(sink, (error) => failures.push(error)), failures };
}

Deno.test("pieces are written whole and in order, in whatever parts the connection takes them", async () => {
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.nat(300) },
    fc.constantFrom(0, LARGE - 1, LARGE, LARGE + 1, 4 * LARGE - 5, 5 * LARGE),
  );
  const property = fc.asyncProperty(
    fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 30 }),
    fc.constantFrom(7, 10_000, Infinity),
    async (pieces, atOnce) => {
      const sink = new Sink();
      sink.atOnce = atOnce === 7 && pieces.some(([size]) => size > 300) ? 5000 : atOnce;
      const { queue, failures } = make(sink);
      const expected: Uint8Array[] = [];
      for (const [i, [size, waits]] of pieces.entries()) {
        const bytes = new Uint8Array(size).fill(i + 1);
        expected.push(bytes);
        queue.post(bytes);
        if (waits) await queue.room(LARGE);
      }
      await queue.room(0);
      assertEquals(queue.queued, 0);
      const all = new Uint8Array(await new Blob(expected as BlobPart[]).arrayBuffer());
      assertEquals(sink.bytes.length, all.length);
      assert(sink.bytes.every((byte, i) => byte === all[i]));
      assertEquals(failures, []);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

Deno.test("small pieces are gathered, large ones are sent from where they lie", async () => {
  const sink = new Sink();
  const { queue } = make(sink);
  for (let i = 0; i < 10; i++) queue.post(new Uint8Array(100), new Uint8Array(50));
  queue.post(new Uint8Array(LARGE), new Uint8Array(1));
  await queue.room(0);
  assertEquals(sink.writes, [1500, LARGE, 1]);
});

Deno.test("room() waits until so much is sent", async () => {
  const sink = new Sink();
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.gate = promise;
  const { queue } = make(sink);
  queue.post(new Uint8Array(1000));
  await queue.room(1000);
  let hasRoom = false;
  const waiting = queue.room(999).then(() => hasRoom = true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals([hasRoom, queue.queued], [false, 1000]);
  resolve();
  await waiting;
  assertEquals(queue.queued, 0);
});

Deno.test("what cannot be written is told once, and nothing is written then", async () => {
  const sink = new Sink();
  sink.room = 150;
  const { queue, failures } = make(sink);
  queue.post(new Uint8Array(100));
  await queue.room(0);
  queue.post(new Uint8Array(LARGE), new Uint8Array(100));
  await queue.room(0);
  queue.post(new Uint8Array(1));
  await queue.room(0);
  assertEquals(failures.map(String), ["Error: It is full"]);
  assertEquals(sink.bytes.length, 150);
});

Deno.test("close() lets nobody wait, and is no failure", async () => {
  const sink = new Sink();
  const { promise, reject } = Promise.withResolvers<void>();
  sink.gate = promise;
  const { queue, failures } = make(sink);
  queue.post(new Uint8Array(LARGE), new Uint8Array(LARGE));
  const waiting = queue.room(0);
  await new Promise((resolve) => setTimeout(resolve, 1));
  queue.close();
  await waiting;
  reject(new Error("It is closed"));
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals([failures, sink.bytes.length], [[], 0]);
});

Deno.test("a queue that is never empty does not keep what is sent", async () => {
  const sink = new Sink();
  sink.atOnce = 1000;
  const { queue } = make(sink);
  for (let i = 0; i < 20_000; i++) {
    queue.post(Uint8Array.of(i, i >> 8));
    if (i % 100 === 0) await Promise.resolve();
  }
  await queue.room(0);
  assertEquals(sink.bytes.length, 40_000);
  assert(sink.bytes.every((byte, at) => byte === (at % 2 === 0 ? at / 2 : at >> 9) % 256));
});
