import { type RingChannel, type RingSnapshot, snapshotRing } from "@ltt/relay/ring";
import { assertEquals } from "@std/assert";
import { bootRelay, openRing } from "./fixture.ts";

function open(mode: "discard" | "overwrite"): { channel: RingChannel; look: () => RingSnapshot } {
  const channel = openRing(bootRelay().relay, { mode });
  return { channel, look: () => snapshotRing(channel.buf[0]!.memory) };
}

/** Fills a sub-buffer of a page with one slot. */
function fill(channel: RingChannel): void {
  channel.buf[0]!.writer.reserve(4096);
  channel.buf[0]!.writer.commit();
}

Deno.test("snapshotRing() shows places that hold nothing, when nobody has written", () => {
  const { channel, look } = open("discard");
  const empty = { seq: null, dataSize: 0, writing: false };
  assertEquals(look().places, [0, 1, 2, 3].map((subbuf) => ({ subbuf, ...empty })));
  assertEquals(look().readerSubbuf, null);
  channel.close();
});

Deno.test("snapshotRing() shows what is reserved and what is committed", () => {
  const { channel, look } = open("discard");
  const { writer } = channel.buf[0]!;
  writer.reserve(100);
  assertEquals([look().reserved, look().committed], [100, 0]);
  writer.commit();
  assertEquals([look().reserved, look().committed], [100, 100]);
  assertEquals(look().places.map(({ writing }) => writing), [true, false, false, false]);
  channel.close();
});

Deno.test("snapshotRing() shows the reader's sub-buffer exchanged for the one it gets", () => {
  const { channel, look } = open("overwrite");
  fill(channel);
  fill(channel);
  assertEquals(look().places.map(({ subbuf, seq }) => [subbuf, seq]), [
    [0, 0],
    [1, 1],
    [2, null],
    [3, null],
  ]);
  assertEquals(look().readerSubbuf, 4);
  const reader = channel.buf[0]!.reader();
  reader.getNextSubbuf();
  assertEquals(look().places.map(({ subbuf }) => subbuf), [4, 1, 2, 3]);
  assertEquals(look().readerSubbuf, 0);
  assertEquals(look().reader, true);
  reader.putNextSubbuf();
  assertEquals(look().consumed, 4096);
  reader.close();
  channel.close();
});

for (const mode of ["discard", "overwrite"] as const) {
  const writing = ({ places }: RingSnapshot): boolean[] => places.map(({ writing }) => writing);

  Deno.test(`snapshotRing() shows a place as written until all its slots are committed, ${mode}`, () => {
    const { channel, look } = open(mode);
    assertEquals(writing(look()), [false, false, false, false]);
    const { writer } = channel.buf[0]!;
    writer.reserve(4096);
    assertEquals(writing(look()), [true, false, false, false]);
    writer.reserve(100);
    assertEquals(writing(look()), [true, true, false, false]);
    writer.commit();
    writer.commit();
    assertEquals(writing(look()), [false, true, false, false]);
    assertEquals(look().places[0].seq, 0);
    writer.flush("active");
    assertEquals(writing(look()), [false, false, true, false], "it enters the next one");
    channel.close();
  });

  Deno.test(`snapshotRing() shows a place that is entered again, ${mode}`, () => {
    const { channel, look } = open(mode);
    const { writer } = channel.buf[0]!;
    const reader = channel.buf[0]!.reader();
    for (let i = 0; i < 4; i++) fill(channel);
    assertEquals(writing(look()), [false, false, false, false]);
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    writer.reserve(100);
    assertEquals(writing(look()), [true, false, false, false]);
    assertEquals(look().places.map(({ seq }) => seq), [null, 1, 2, 3]);
    writer.commit();
    reader.close();
    channel.close();
  });
}

Deno.test("snapshotRing() shows whether a writer is attached, and that nothing more will come", () => {
  const { channel, look } = open("discard");
  assertEquals([look().writer, look().finalized], [false, false]);
  fill(channel);
  const reader = channel.buf[0]!.reader();
  assertEquals([look().writer, look().finalized], [true, false]);
  channel.close();
  assertEquals([look().writer, look().finalized], [false, true]);
  reader.close();
});

Deno.test("snapshotRing() shows the events lost, by cause", () => {
  const { channel, look } = open("discard");
  for (let i = 0; i < 4; i++) fill(channel);
  const { writer } = channel.buf[0]!;
  assertEquals(writer.reserve(1), -1);
  assertEquals(writer.reserve(5000), -3);
  const { full, big } = look().lost;
  assertEquals([full, big], [1, 1]);
  channel.close();
});
