import { PAGE_SIZE } from "@ltt/relay/hw";
import { readPacketInfo } from "@ltt/relay/ctf";
import type { LostCounts } from "@ltt/relay/ring";
import { array, u32, u8 } from "@ltt/relay/trace";
import { assert, assertEquals } from "@std/assert";
import { LOST, OFFSET } from "../../../relay/ring/control.ts";
import { LOST_CAUSES } from "../../../relay/ring/lost.ts";
import { babeltrace } from "../ctf/babeltrace.ts";
import { startAt } from "../ring/support.ts";
import { ignore, range, TempDirectory } from "../session/support.ts";
import { TestTrace } from "../trace/support.ts";

/** What all counts of losses and events are a few events before the end. */
const NEARLY = 2 ** 32 - 2;
/** Bytes of an event, without its header: two have room in a sub-buffer, and not three. */
const PAD = 1500;
/** Bytes of an event that is longer than a sub-buffer. */
const BIG = PAGE_SIZE;

for (const mode of ["discard", "overwrite"] as const) {
  for (
    const [what, firstSeq] of [
      ["offsets at 2^31", 2 ** 31 / PAGE_SIZE - 3],
      ["offsets at 2^32", 2 ** 32 / PAGE_SIZE - 3],
      ["numbers of packets at 2^32", 2 ** 32 - 3],
    ] as const
  ) {
    Deno.test(
      `a trace goes on when its counters come to their limits, and its thread dies there, in ${mode} mode: ${what}`,
      {
        ignore,
      },
      async () => {
        using directory = new TempDirectory();
        using trace = new TestTrace({ mode, nSubbufs: 4 });
        const { ring, state } = trace;
        const consumed = trace.consume(directory.path);
        ring.writer.detach();
        startAt(ring.memory, firstSeq);
        const lost: LostCounts = {
          full: NEARLY,
          wrap: NEARLY,
          big: NEARLY,
          nested: NEARLY,
          torn: NEARLY,
          offline: NEARLY,
        };
        state.discard(lost);
        for (let i = 0; i < LOST_CAUSES; i++) ring.memory.control[LOST + i] = NEARLY;
        const { writer } = ring;
        let { tracer } = trace;
        tracer.stream.attach(writer, state);
        const declare = () => ({
          event: tracer.tracepoint("t:n", u32("n"), array(u8("pad"), PAD)),
          big: tracer.tracepoint("t:big", array(u8("pad"), BIG)),
        });
        let { event, big } = declare();
        state.events[event.id] = NEARLY;
        // Readers count losses from one packet to the next.
        writer.flush("even-if-empty");
        consumed.drain();

        const times: number[] = [];
        let n = 0;
        const record = (count: number): void => {
          for (const end = n + count; n < end; n++) {
            trace.time = 2 ** 32 - 4000 + 1000 * n;
            times.push(trace.time);
            event(n, []);
            big([]);
            consumed.drain();
          }
        };
        // The first packet was empty; these are in the two before the limit, which comes behind them.
        record(4);
        const { geometry, control } = ring.memory;
        const seqNow = firstSeq +
          ((control[OFFSET] - firstSeq * PAGE_SIZE) | 0) / geometry.subbufSize;
        assertEquals(Math.floor(seqNow), firstSeq + 2, "the last packet before the limit is open");
        // The thread dies within an event.
        writer.reserve(50);
        ring.cpuDead();
        consumed.drain();
        tracer = trace.newTracer();
        tracer.stream.attach(ring.writer, state);
        ({ event, big } = declare());
        record(6);
        // The same once more, far behind it.
        ring.writer.reserve(50);
        ring.cpuDead();
        tracer = trace.newTracer();
        tracer.stream.attach(ring.writer, state);
        ({ event, big } = declare());
        record(3);
        consumed.close();

        assertEquals(state.events[event.id], NEARLY + 13, "events counted");
        assertEquals(
          state.lostNow(() => ring.lost),
          { ...lost, big: NEARLY + 13, torn: NEARLY + 2 },
          "losses, by cause",
        );
        const { events, exitCode, stderr, discarded } = await babeltrace(directory.path);
        assertEquals(exitCode, 0, `babeltrace2 reads the trace: ${stderr}`);
        assertEquals(events.map(({ fields }) => fields.n), range(0, 13), "all events are there");
        assertEquals(events.map(({ timestampNs }) => Number(timestampNs)), times, "their times");
        const sum = (what: string): number =>
          discarded.filter((one) => one.what === what).reduce((sum, { count }) => sum + count, 0);
        assertEquals(sum("events"), 15, "events it warns of as lost");
        assertEquals(sum("packets"), 0, "packets it warns of as lost");
        const bytes = Deno.readFileSync(`${directory.path}/channel0_0`);
        const view = new DataView(bytes.buffer);
        const seqs: number[] = [];
        for (let at = 0; at < bytes.length;) {
          const { seq, packetSize } = readPacketInfo(view, at);
          seqs.push(seq);
          at += packetSize;
        }
        assertEquals(seqs, range(firstSeq, seqs.length), "numbers of the packets in the file");
        assert(seqs.at(-1)! > firstSeq + 3, "the limit is behind them");
      },
    );
  }
}
