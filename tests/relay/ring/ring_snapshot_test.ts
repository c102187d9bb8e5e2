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
