import { PACKET_HEADER_SIZE, readPacketInfo } from "@ltt/relay/ctf";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type CutPacket, PacketCursor } from "../../../relay/consume/packet_cursor.ts";
import { babeltrace, BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import { TestStream } from "./support.ts";

/** What is done, and how often. */
type Step = readonly [act: typeof ACTS[number], count: number];

const ACTS = ["record", "next", "cut", "advance", "release", "switch", "same", "later"] as const;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant("record" as const), fc.nat(50)) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("cut", "release", "next"), fc.nat(4)) },
  fc.tuple(fc.constantFrom(...ACTS), fc.integer({ min: 1, max: 2 ** 33 })),
);

/** What a setup may be: few sub-buffers, so that writing goes round often. */
const setup = fc.record({
  subbufSize: fc.constantFrom(4096, 8192),
  nSubbufs: fc.constantFrom(2, 4),
  /** Sub-buffers before offset 2^32. */
  before: fc.constantFrom(Infinity, 1, 3, 10),
  /** Events recorded before the cursor is made. */
  early: fc.constantFrom(0, 0, 1, 70),
});

/** An event as a reader sees it. */
interface Seen {
  readonly n: number;
  readonly time: number;
}

/** A stream, its cursor, and all that was taken. */
class Run implements Disposable {
  readonly stream: TestStream;
  readonly cursor: PacketCursor;
  readonly packets: Uint8Array[] = [];
  /** Events that were not refused. */
  readonly recorded: Seen[] = [];
  #released = 0;
  #n = 0;

  constructor(
    { subbufSize, nSubbufs, before, early }: {
      readonly subbufSize: number;
      readonly nSubbufs: number;
      readonly before: number;
      readonly early: number;
    },
  ) {
    const firstSeq = before === Infinity ? 0 : 2 ** 32 / subbufSize - before;
    this.stream = new TestStream({ subbufSize, nSubbufs, firstSeq });
    this.record(early);
    this.cursor = new PacketCursor(this.stream.stream, this.stream.source.uuid);
    this.#keep(this.cursor.unreleased[0]);
  }

  record(count: number): void {
    const { stream } = this;
    for (; count > 0; count--) {
      const { lost, time } = stream;
      stream.event(this.#n, "x".repeat(80 + this.#n % 7));
      if (stream.lost === lost) this.recorded.push({ n: this.#n, time });
      this.#n++;
    }
  }

  act([act, count]: Step): void {
    const { stream, cursor } = this;
    switch (act) {
      case "record":
        return this.record(count % 50);
      case "next":
        return this.#keep(cursor.next());
      case "cut":
        return this.#keep(cursor.cut());
      case "advance":
        cursor.advance(stream.time);
        return;
      case "release":
        for (let i = count % 5; i > 0 && cursor.unreleased.length > 0; i--) this.#release();
        return;
      case "switch":
        stream.writer.flush("active");
        return;
      case "same":
        // The clock has not moved since the last event.
        stream.time = Math.max(stream.stream.state.times[0], 1);
        return;
      case "later":
        stream.time += count;
    }
  }

  /** As a consumer does, by a clock that moves on; who looks what is new knows that. */
  actInTime(steps: readonly Step[]): void {
    for (const [act, count] of steps) {
      if (act === "same") continue;
      if (act === "cut") this.cursor.advance(this.stream.time);
      // Two packets are never taken at the same time.
      if (act === "cut" || act === "next") this.stream.time++;
      this.act([act, count]);
    }
  }

  /** Takes all there is. */
  end(): void {
    do while (this.cursor.unreleased.length > 0) this.#release(); while (this.#more());
    while (this.cursor.unreleased.length > 0) this.#release();
  }

  /** Everything is there once, in order, with its time; what is lost is told. */
  check(): void {
    const infos = this.packets.map((packet) => readPacketInfo(new DataView(packet.buffer), 0));
    const seen = this.packets.flatMap(eventsOf);
    assertEquals(seen, this.recorded);
    for (const [i, info] of infos.entries()) {
      assertEquals(info.seq, i);
      assert(info.timestampBegin <= info.timestampEnd, `times of packet ${i}`);
      if (i === 0) continue;
      assert(info.timestampBegin >= infos[i - 1].timestampEnd, `packet ${i} begins too early`);
      assert(info.eventsDiscarded >= infos[i - 1].eventsDiscarded, `packet ${i} discarded less`);
    }
    assertEquals(infos[0].eventsDiscarded, 0);
    assertEquals(infos.at(-1)!.eventsDiscarded, this.stream.lost);
  }

  [Symbol.dispose](): void {
    this.stream[Symbol.dispose]();
  }

  #more(): boolean {
    const before = this.packets.length;
    this.#keep(this.cursor.next());
    if (this.packets.length === before) this.#keep(this.cursor.cut());
    return this.packets.length > before;
  }

  #keep(packet: CutPacket | null): void {
    if (packet === null) return;
    assertEquals(this.cursor.unreleased.at(-1), packet);
    this.packets.push(bytesOf(packet));
  }

  #release(): void {
    // As long as it is not released it can be sent again, as it was.
    const { unreleased } = this.cursor;
    assertEquals(bytesOf(unreleased[0]), this.packets[this.#released]);
    assertEquals(bytesOf(unreleased.at(-1)!), this.packets.at(-1));
    this.cursor.release();
    this.#released++;
  }
}

function bytesOf({ pieces, info }: CutPacket): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(info.packetSize);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  assertEquals(at, info.packetSize);
  return bytes;
}

/** The events of a packet, by a reader's clock; fails for a time outside of the packet's. */
function eventsOf(bytes: Uint8Array): Seen[] {
  const view = new DataView(bytes.buffer);
  const { timestampBegin, timestampEnd } = readPacketInfo(view, 0);
  const events: Seen[] = [];
  let time = timestampBegin;
  for (let at = PACKET_HEADER_SIZE; at < bytes.length;) {
    const isExtended = view.getUint16(at, true) === 65_535;
    if (isExtended) time = Number(view.getBigUint64(at + 6, true));
    else time += (view.getUint32(at + 2, true) - time) >>> 0;
    at += isExtended ? 14 : 6;
    const n = view.getUint32(at, true);
    assert(
      time >= timestampBegin && time <= timestampEnd,
      `event ${n} is not in its packet's time`,
    );
    events.push({ n, time });
    at = bytes.indexOf(0, at + 4) + 1;
  }
  return events;
}

Deno.test("any order of recording, taking and releasing gives each event once, in its time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), setup, (steps, setup) => {
      using run = new Run(setup);
      for (const step of steps) run.act(step);
      run.end();
      run.check();
    }),
    { numRuns: 250 },
  );
});

Deno.test("a cursor goes round a small ring many times, also past offset 2^32", () => {
  for (const before of [Infinity, 20]) {
    using run = new Run({ subbufSize: 4096, nSubbufs: 2, before, early: 0 });
    for (let i = 0; i < 2000; i++) {
      run.record(i % 17);
      run.act(["cut", 1]);
      run.act(["next", 1]);
      run.act(["release", 3]);
    }
    run.end();
    run.check();
    assert(run.recorded.length > 10_000);
  }
});

Deno.test("packets begin at different times, if the clock moves", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), setup, (steps, setup) => {
      using run = new Run(setup);
      run.actInTime(steps);
      const begins = run.packets.map((packet) =>
        readPacketInfo(new DataView(packet.buffer), 0).timestampBegin
      );
      assertEquals(begins.length, new Set(begins).size);
    }),
  );
});

Deno.test("cut() takes what is lost, when nothing else is new", () => {
  using run = new Run({ subbufSize: 4096, nSubbufs: 2, before: Infinity, early: 0 });
  assertEquals(run.cursor.cut(), null);
  run.record(100);
  assertEquals(run.cursor.cut(), null, "sub-buffers are to be taken first");
  assert(run.cursor.isBehind);
  while (run.cursor.next() !== null);
  assertEquals(run.cursor.cut()?.info.eventsDiscarded, run.stream.lost);
  assertEquals(run.cursor.cut(), null);
  run.record(10);
  const { info } = run.cursor.cut()!;
  assertEquals([info.eventsDiscarded, info.packetSize], [run.stream.lost, PACKET_HEADER_SIZE]);
  assertEquals(run.cursor.cut(), null);
  run.stream.alsoLost = 5;
  assertEquals(run.cursor.cut()?.info.eventsDiscarded, run.stream.lost + 5);
});

Deno.test("advance() is news only when there is nothing to take", () => {
  using run = new Run({ subbufSize: 4096, nSubbufs: 2, before: Infinity, early: 0 });
  const { cursor, stream } = run;
  stream.time = 5000;
  assertEquals([cursor.advance(5000), cursor.advance(5000), cursor.advance(4000)], [
    true,
    false,
    false,
  ]);
  run.record(1);
  assertEquals(cursor.advance(6000), false, "an event is committed");
  assertEquals(cursor.cut()?.info.timestampBegin, 4999);
  assertEquals(cursor.advance(6000), true);
  stream.time = 6000;
  run.record(1);
  stream.writer.flush("active");
  assertEquals(cursor.advance(7000), false, "a sub-buffer is delivered");
  assertEquals(cursor.next()?.info.timestampBegin, 5999);
  assertEquals(cursor.advance(7000), true, "the writer is in no sub-buffer");
});

Deno.test("Babeltrace reads what a cursor took, also in two parts that have some packets twice", {
  ignore: BABELTRACE_MISSING,
}, async () => {
  const path = Deno.makeTempDirSync({ prefix: "ltt-cursor-" });
  const cases = fc.sample(fc.tuple(fc.array(step, { minLength: 30, maxLength: 60 }), setup), {
    numRuns: 8,
    seed: 7,
  });
  try {
    for (const [i, [steps, setup]] of cases.entries()) {
      using run = new Run({ ...setup, early: setup.early + 1 });
      run.actInTime(steps);
      run.end();
      run.check();
      const count = run.packets.length;
      const parts = [[0, Math.ceil(count * 0.7)], [Math.floor(count * 0.4), count]];
      for (const [part, [from, to]] of [...parts, [0, count]].entries()) {
        const directory = `${path}/${i}-${part < 2 ? "parts" : "whole"}/${part}`;
        Deno.mkdirSync(directory, { recursive: true });
        Deno.writeFileSync(`${directory}/metadata`, run.stream.source.registry.metadata(0));
        const file = Deno.openSync(`${directory}/channel0_0`, { create: true, append: true });
        for (const packet of run.packets.slice(from, to)) file.writeSync(packet);
        file.close();
      }
      for (const kind of ["whole", "parts"]) {
        const { events, discarded, exitCode, stderr } = await babeltrace(`${path}/${i}-${kind}`);
        assertEquals(exitCode, 0, stderr);
        const seen = events.map(({ timestampNs, fields }) => ({
          n: fields.n as number,
          time: Number(timestampNs),
        }));
        assertEquals(seen, run.recorded, `${kind} of case ${i}`);
        const lost = discarded.filter(({ what }) => what === "events");
        assertEquals(lost.reduce((sum, { count }) => sum + count, 0), run.stream.lost);
        assertEquals(discarded.filter(({ what }) => what === "packets"), []);
      }
    }
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
});
