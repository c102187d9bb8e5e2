import {
  COMPACT_HEADER_SIZE,
  EXTENDED_HEADER_SIZE,
  EXTENDED_ID,
  PACKET_HEADER_SIZE,
  readPacketInfo,
  writePacketBegin,
  writePacketEnd,
} from "@ltt/relay/ctf";
import { PACKET_MAGIC } from "../../../relay/ctf/packet.ts";
import { assertEquals, assertThrows } from "@std/assert";

const uuid = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
const begin = { uuid, cpu: 0x1234, seq: 2 ** 40 + 5, timestampBegin: 2 ** 52 + 1 };
const end = {
  timestampEnd: 2 ** 52 + 2 ** 33,
  contentSize: 2 ** 30 + 1,
  packetSize: 2 ** 30 + 4096,
  eventsDiscarded: 2 ** 35 + 3,
};

/** Bytes in base 16, lowest first, as they lie in memory. */
function littleEndian(value: bigint, bytes: number): string {
  const digits = BigInt.asUintN(8 * bytes, value).toString(16).padStart(2 * bytes, "0");
  return digits.match(/../g)!.reverse().join("");
}

Deno.test("a packet begins as LTTng's do, byte for byte", () => {
  const at = 8;
  const bytes = new Uint8Array(at + PACKET_HEADER_SIZE + 8);
  const view = new DataView(bytes.buffer);
  writePacketBegin(view, at, begin);
  writePacketEnd(view, at, end);
  const expected = [
    littleEndian(0xc1fc1fc1n, 4),
    uuid.toHex(),
    littleEndian(0n, 4),
    littleEndian(0x1234n, 8),
    littleEndian(BigInt(begin.timestampBegin), 8),
    littleEndian(BigInt(end.timestampEnd), 8),
    littleEndian(8n * BigInt(end.contentSize), 8),
    littleEndian(8n * BigInt(end.packetSize), 8),
    littleEndian(BigInt(begin.seq), 8),
    littleEndian(BigInt(end.eventsDiscarded), 8),
    littleEndian(0x1234n, 4),
  ];
  const zeros = "00".repeat(8);
  assertEquals(bytes.toHex(), [zeros, ...expected, zeros].join(""));
  const { uuid: _, ...rest } = begin;
  assertEquals(readPacketInfo(view, at), { ...rest, ...end });
});

Deno.test("sizes and marks are LTTng's", () => {
  assertEquals([PACKET_MAGIC, PACKET_HEADER_SIZE], [0xc1fc1fc1, 84]);
  assertEquals([COMPACT_HEADER_SIZE, EXTENDED_HEADER_SIZE, EXTENDED_ID], [6, 14, 65535]);
});

Deno.test("a packet's end leaves its beginning alone, and the other way round", () => {
  const view = new DataView(new ArrayBuffer(PACKET_HEADER_SIZE));
  writePacketEnd(view, 0, end);
  writePacketBegin(view, 0, begin);
  const { uuid: _, ...rest } = begin;
  assertEquals(readPacketInfo(view, 0), { ...rest, ...end });
});

Deno.test("readPacketInfo() refuses what is no packet, and half of one", () => {
  const view = new DataView(new ArrayBuffer(2 * PACKET_HEADER_SIZE));
  writePacketBegin(view, 10, begin);
  writePacketEnd(view, 10, end);
  const refusal = (at: number) => `Cannot read a packet at byte ${at}: none begins there`;
  assertThrows(() => readPacketInfo(view, 0), TypeError, refusal(0));
  const half = new DataView(view.buffer, 0, 10 + PACKET_HEADER_SIZE - 1);
  assertThrows(() => readPacketInfo(half, 10), TypeError, refusal(10));
});
