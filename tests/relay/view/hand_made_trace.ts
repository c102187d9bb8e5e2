/*
 * Traces of one stream that are made by hand, to show what this module does not record itself: bit fields,
 * variants, several contexts.
 */

/** What is in a trace. */
export interface HandMade {
  /** In TSDL: what `fields := struct { … }` holds. */
  readonly fields: string;
  /** Bytes of events' fields. */
  readonly payloads: readonly (readonly number[])[];
  /** In TSDL: what `env { … }` holds. */
  readonly env?: string;
  /** In TSDL: further lines of the stream, of the event, and of its packets' contexts. */
  readonly stream?: string;
  readonly event?: string;
  readonly packetContext?: string;
  /** Bytes of what these lines declare. */
  readonly contextBytes?: readonly number[];
  readonly packetContextBytes?: readonly number[];
  /** Time of the first event, nanoseconds since 1970; the others follow each a microsecond later. */
  readonly beginNs?: bigint;
}

const UUID = "12345678-1234-5678-1234-567812345678";
const MAGIC = 0xc1fc1fc1;

/** Writes a trace to a directory. */
export function writeHandMade(directory: string, trace: HandMade): void {
  const { payloads, contextBytes = [], packetContextBytes = [] } = trace;
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(`${directory}/metadata`, metadataOf(trace));
  const events = payloads.map((payload, i) => [
    ...[0, ...number(BigInt(i) * 1000n, 8)],
    ...contextBytes,
    ...payload,
  ]).flat();
  const uuid = UUID.replaceAll("-", "").match(/../g)!.map((digits) => parseInt(digits, 16));
  const header = [...number(BigInt(MAGIC), 4), ...uuid, ...number(0n, 4)];
  const size = header.length + 4 * 8 + packetContextBytes.length + events.length;
  const bits = BigInt(8 * size);
  const context = [0n, BigInt(payloads.length) * 1000n, bits, bits].flatMap((one) =>
    number(one, 8)
  );
  const packet = [...header, ...context, ...packetContextBytes, ...events];
  Deno.writeFileSync(`${directory}/stream_0`, new Uint8Array(packet));
}

/** Bytes of a little-endian number. */
export function number(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** Bytes of text with a zero byte behind it. */
export function text(value: string): number[] {
  return [...new TextEncoder().encode(value), 0];
}

function metadataOf(trace: HandMade): string {
  const { fields, env = "", stream = "", event = "", packetContext = "" } = trace;
  const beginNs = trace.beginNs ?? 1_700_000_000_000_000_010n;
  return `/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
trace {
	major = 1; minor = 8; uuid = "${UUID}"; byte_order = le;
	packet.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; };
};
env { ${env} };
clock { name = "monotonic"; freq = 1000000000; offset = ${beginNs}; };
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := time_t;
stream {
	id = 0;
	packet.context := struct {
		time_t timestamp_begin; time_t timestamp_end; uint64_t content_size; uint64_t packet_size;
		${packetContext}
	};
	event.header := struct { uint8_t id; time_t timestamp; };
	${stream}
};
event { name = "hand:made"; id = 0; stream_id = 0; ${event} fields := struct { ${fields} }; };
`;
}
