/*
 * A trace on a ring of one's own: all that takes is exported.
 */
import * as ctf from "@ltt/relay/ctf";
import { Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { LOST_FULL, RingChannel, type RingClient, ringReader, snapshotRing } from "@ltt/relay/ring";
import { assertEquals } from "@std/assert";

const UUID = Uint8Array.from({ length: 16 }, (_, i) => i);

/** Makes packets of sub-buffers, at a time that `now` tells. */
function packets({ ram }: Machine, now: () => number): (cpu: number) => RingClient {
  return (cpu) => ({
    headerSize: ctf.PACKET_HEADER_SIZE,
    bufferBegin(header, seq) {
      ctf.writePacketBegin(ram.view, header, { uuid: UUID, cpu, seq, timestampBegin: now() });
    },
    bufferEnd(header, dataSize, lost) {
      ctf.writePacketEnd(ram.view, header, {
        timestampEnd: now(),
        contentSize: dataSize,
        packetSize: PAGE_SIZE,
        eventsDiscarded: Object.values(lost).reduce((sum: number, count: number) => sum + count, 0),
      });
    },
  });
}

Deno.test("TraceReader() reads what a client has made of a ring's sub-buffers, and what was lost", () => {
  const machine = new Machine();
  let time = 1000;
  using channel = RingChannel.open(Relay.start(machine), {
    baseFilename: "own",
    subbufSize: PAGE_SIZE,
    nSubbufs: 4,
    client: packets(machine, () => time),
  });
  const [ring] = channel.buf;
  const { writer, memory, descriptor } = ring!;
  const { view } = machine.ram;
  let refused = 0;
  for (let n = 0; n < 3000; n++, time++) {
    const at = writer.reserve(ctf.COMPACT_HEADER_SIZE + 4);
    if (at === LOST_FULL) refused++;
    if (at < 0) continue;
    view.setUint16(at, 0, true);
    view.setUint32(at + 2, time, true);
    view.setUint32(at + ctf.COMPACT_HEADER_SIZE, n, true);
    writer.commit();
  }
  assertEquals([ring!.lost.full, snapshotRing(memory).lost.full], [refused, refused], "lost");

  ring!.flush("final");
  const pieces: Uint8Array[] = [];
  for (const subbuf of ringReader(descriptor)) {
    for (const bytes of subbuf.views(subbuf.paddedSize)) pieces.push(bytes.slice());
  }
  const stream = new Uint8Array(pieces.flatMap((piece) => [...piece]));
  const clock = { name: "monotonic", description: "", offsetNs: 0n };
  const metadata = ctf.traceMetadata({ uuid: UUID, env: {}, clock, eventContext: [] }) +
    ctf.eventMetadata({ name: "tick", id: 0, loglevel: 6, fields: [ctf.u32("n")] });
  const losses: number[] = [];
  const events = [
    ...new ctf.TraceReader([{
      metadata: new TextEncoder().encode(metadata),
      streams: [{ name: "own", source: ctf.bytesSource(stream) }],
    }], { onLost: ({ count }) => losses.push(count) }),
  ];
  const expected = Array.from({ length: 3000 - refused }, (_, n) => n);
  assertEquals(events.map(({ fields }) => fields.n), expected);
  // From the begin of the first packet on.
  assertEquals(events.map(({ time }) => time), expected);
  assertEquals([losses, refused > 0], [[refused], true]);
});
