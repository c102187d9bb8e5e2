import type { DecodeState } from "./decode_state.ts";
import { PACKET_MAGIC } from "../packet.ts";
import type { StreamCode, TraceCode } from "./trace_code.ts";
import { EnumValue, type FieldValue, type FieldValues } from "./trace_event.ts";
import type { StructClass } from "../tsdl/field_class.ts";
import type { TraceFormat } from "../tsdl/trace_format.ts";

/** Fields of packet contexts that are told in other ways than as their values. */
const HEAD_FIELDS: readonly string[] = [
  "timestamp_begin",
  "timestamp_end",
  "content_size",
  "packet_size",
  "packet_seq_num",
  "events_discarded",
];

/** Of a packet's context the fields whose values are told of its events. */
export function packetFields(context: StructClass | null): StructClass | null {
  if (context === null) return null;
  const members = context.members.filter(({ name }) => !HEAD_FIELDS.includes(name));
  return { ...context, members };
}

/** What the header and the context of a packet say. */
export interface PacketHead {
  /** Reads the events. */
  readonly code: StreamCode;
  /** Tells streams of a class apart, `null` where the header does not. */
  readonly streamInstance: number | bigint | null;
  /** Bits up to the end of the last event; `null` if all the bytes there are belong to it. */
  readonly contentBits: number | null;
  /** Bytes of the packet; `null` if all the bytes there are belong to it. */
  readonly packetSize: number | null;
  /** In the clock's units, `null` where it does not say. */
  readonly timestampBegin: number | bigint | null;
  /** In the clock's units, `null` where it does not say. */
  readonly timestampEnd: number | bigint | null;
  /** Its number in the stream, `null` where it does not say. */
  readonly seq: number | bigint | null;
  /** Events of the stream that are lost so far, `null` where it does not say. */
  readonly eventsDiscarded: number | bigint | null;
  /** Its stream's CPU, -1 where it does not say. */
  readonly cpu: number;
  /** What else the context says. */
  readonly context: FieldValues | null;
  /** The byte behind it; the bit in it is the state's. */
  readonly eventsAt: number;
}

/**
 * Reads the begin of the packet at the begin of the state's bytes, `null` if there are not enough of them. A
 * `CtfError` if it is none of the trace. The clock is at its begin then.
 */
export function readPacketHead(
  state: DecodeState,
  trace: TraceFormat,
  code: TraceCode,
): PacketHead | null {
  const end = state.bytes.length;
  state.bit = 0;
  state.elements = 0;
  state.elementsLeft = 8 * end;
  let at = code.header(state, 0, end);
  if (at < 0) return null;
  const header = state.values;
  const magic = number(header?.magic);
  if (magic !== null && magic !== PACKET_MAGIC) {
    throw state.error(`Cannot read a packet: its magic is 0x${magic.toString(16)}`, 0);
  }
  const uuid = header?.uuid;
  if (trace.uuid !== null && Array.isArray(uuid) && hex(uuid) !== trace.uuid) {
    throw state.error(`Cannot read a packet: it is of trace ${hex(uuid)}, not ${trace.uuid}`, 0);
  }
  const [only] = trace.streams.size === 1 ? trace.streams.keys() : [0];
  const streamId = number(header?.stream_id) ?? only;
  const stream = trace.streams.get(Number(streamId));
  if (stream === undefined) {
    throw state.error(`Cannot read a packet: there is no stream ${streamId}`, 0);
  }
  const streamCode = code.stream(stream);
  at = streamCode.context(state, at, end);
  if (at < 0) return null;
  const { values } = state;
  return {
    ...contextHead(values),
    ...sizes(state, values, at),
    code: streamCode,
    eventsAt: at,
    streamInstance: number(header?.stream_instance_id),
  };
}

function contextHead(
  values: FieldValues | null,
): Pick<
  PacketHead,
  "timestampBegin" | "timestampEnd" | "seq" | "eventsDiscarded" | "cpu" | "context"
> {
  const others = Object.entries(values ?? {}).filter(([name]) => !HEAD_FIELDS.includes(name));
  return {
    timestampBegin: number(values?.timestamp_begin),
    timestampEnd: number(values?.timestamp_end),
    seq: number(values?.packet_seq_num),
    eventsDiscarded: number(values?.events_discarded),
    cpu: Number(number(values?.cpu_id) ?? -1),
    context: others.length === 0 ? null : Object.fromEntries(others),
  };
}

function sizes(
  state: DecodeState,
  values: FieldValues | null,
  at: number,
): Pick<PacketHead, "contentBits" | "packetSize"> {
  const content = number(values?.content_size) ?? number(values?.packet_size);
  const packet = number(values?.packet_size) ?? number(values?.content_size);
  if (content === null || packet === null) return { contentBits: null, packetSize: null };
  const least = 8 * at + state.bit;
  const isSane = typeof content === "number" && typeof packet === "number" &&
    content >= least && content <= packet && packet % 8 === 0;
  if (!isSane) {
    const said = `${content} of ${packet} bits are said to be used, ${least} by its begin`;
    throw state.error(`Cannot read a packet: ${said}`, 0);
  }
  return { contentBits: content, packetSize: packet / 8 };
}

function number(value: FieldValue | undefined): number | bigint | null {
  if (value instanceof EnumValue) return value.value;
  return typeof value === "number" || typeof value === "bigint" ? value : null;
}

function hex(bytes: readonly FieldValue[]): string {
  return bytes.map((byte) => Number(byte).toString(16).padStart(2, "0")).join("");
}
