import {
  PACKET_HEADER_SIZE,
  type PacketBegin,
  writePacketBegin,
  writePacketEnd,
} from "../ctf/packet.ts";
import { packetEnd } from "../trace/stream_client.ts";
import type { StreamState } from "../trace/stream_state.ts";

/** Makes a packet without events, which tells of losses. */
export function emptyPacket(
  begin: PacketBegin,
  state: StreamState,
  eventsDiscarded: number,
): Uint8Array {
  const header = new Uint8Array(PACKET_HEADER_SIZE);
  writePacketBegin(new DataView(header.buffer), 0, begin);
  return closedPacket(header, state, eventsDiscarded);
}

/** Makes a packet of a copy of one that is open: it ends here. */
export function closedPacket(
  content: Uint8Array,
  state: StreamState,
  eventsDiscarded: number,
): Uint8Array {
  // Its time is read after what was committed was: no event in the packet is younger.
  const end = packetEnd(state, content.length, eventsDiscarded);
  const packet = new Uint8Array(end.packetSize);
  packet.set(content);
  writePacketEnd(new DataView(packet.buffer), 0, end);
  return packet;
}
