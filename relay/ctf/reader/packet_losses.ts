import type { FilePacket, PacketFile } from "./packet_file.ts";
import type { LostEvents } from "./trace_event.ts";

/** What the packets of a stream before say, which is compared with the one after them. */
export interface Before {
  /** The last one. */
  readonly packet: FilePacket;
  /** Its file. */
  readonly file: PacketFile;
  /** When it ended. */
  readonly end: number;
  /** Most events of which one of them says that they are lost: LTTng's counter goes down now and then. */
  readonly discarded: number;
}

/** What the packets up to the one say that a file is at; `before` is what those before it do. */
export function behind(before: Before | null, file: PacketFile): Before {
  const packet = file.packet!;
  const discarded = Math.max(before?.discarded ?? 0, Number(packet.eventsDiscarded ?? 0));
  return { packet, file, end: endOf(packet), discarded };
}

/** Events that were lost since the packet before, as far as packets tell it. */
export function lostBetween(
  before: Before | null,
  packet: FilePacket,
  stream: string,
): LostEvents | null {
  const { eventsDiscarded, timestampBegin, cpu, times } = packet;
  const count = Number(eventsDiscarded ?? 0) - (before?.discarded ?? 0);
  if (count <= 0) return null;
  const end = endOf(packet);
  const begin = before?.end ?? (timestampBegin === null ? end : times.of(timestampBegin));
  return { cpu, begin, end, count, stream };
}

function endOf({ timestampBegin, timestampEnd, times }: FilePacket): number {
  const end = timestampEnd ?? timestampBegin;
  return end === null ? 0 : times.of(end);
}
