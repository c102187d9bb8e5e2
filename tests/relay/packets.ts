/** The packets of a trace. */
import { type PacketInfo, readPacketInfo } from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";

/** The packets in the file of a stream. */
export function packetsIn(trace: string, cpu: number): PacketInfo[] {
  const bytes = Deno.readFileSync(`${trace}/channel0_${cpu}`);
  const view = new DataView(bytes.buffer);
  const packets: PacketInfo[] = [];
  for (let at = 0; at < bytes.length; at += packets.at(-1)!.packetSize) {
    packets.push(readPacketInfo(view, at));
  }
  return packets;
}

/** Fails unless a number of packets follow each other, and the last ends no earlier than it begins. */
export function assertInOrder(packets: readonly PacketInfo[], what: string): void {
  for (const [i, { seq, timestampBegin, timestampEnd }] of packets.entries()) {
    const before = packets[i - 1];
    const shown = `${what}: packet ${i}, from ${timestampBegin} to ${timestampEnd}`;
    assertEquals(timestampBegin <= timestampEnd, true, `${shown}, ends before it begins`);
    if (before === undefined) continue;
    assertEquals(seq, before.seq + 1, `${shown}: number`);
    const isBehind = timestampBegin >= before.timestampEnd;
    assertEquals(isBehind, true, `${shown}, begins before ${before.timestampEnd}`);
  }
}
