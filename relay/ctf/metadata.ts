import type { EnumerationType, FieldLike, FieldType, IntegerType } from "./field_types.ts";

/** What the metadata says of a trace as a whole. */
export interface TraceInfo {
  /** Tells the trace's packets, 16 bytes. */
  readonly uuid: Uint8Array;
  /** Facts about where it was made, in order: text or integers. */
  readonly env: Readonly<Record<string, string | number>>;
  /** The clock of all timestamps; it counts nanoseconds. */
  readonly clock: ClockInfo;
  /** Fields that every event has before its own. */
  readonly eventContext: readonly FieldLike[];
}

/** What the metadata says of a clock. */
export interface ClockInfo {
  /** Its name, a C identifier. */
  readonly name: string;
  /** What it is, for people. */
  readonly description: string;
  /** Nanoseconds from the epoch to its 0. */
  readonly offsetNs: bigint;
}

/** What the metadata says of an event. */
export interface EventInfo {
  /** Its name: any text. */
  readonly name: string;
  /** Its number in the trace. */
  readonly id: number;
  /** How important it is, one of {@linkcode LOGLEVELS}. */
  readonly loglevel: number;
  /** Its fields in order, without those of the context. */
  readonly fields: readonly FieldLike[];
}

/**
 * First part of the metadata of a trace, in TSDL (CTF 1.8): everything but the events. It is laid
 * out as LTTng writes it, with its large event headers.
 */
export function traceMetadata({ uuid, env, clock, eventContext }: TraceInfo): string {
  const mapped = (size: number): string =>
    `typealias integer {
	size = ${size}; align = 8; signed = false;
	map = clock.${clock.name}.value;
} := uint${size}_clock_${clock.name}_t;
`;
  const context = eventContext.length === 0
    ? ""
    : `	event.context := ${structText(eventContext, 1)};\n`;
  return `/* CTF 1.8 */

typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
typealias integer { size = 64; align = 8; signed = false; } := unsigned long;

trace {
	major = 1;
	minor = 8;
	uuid = "${uuidText(uuid)}";
	byte_order = le;
	packet.header := struct {
		uint32_t magic;
		uint8_t  uuid[16];
		uint32_t stream_id;
		uint64_t stream_instance_id;
	};
};

env {
${Object.entries(env).map(([key, value]) => `	${key} = ${envText(value)};\n`).join("")}};

clock {
	name = "${clock.name}";
	uuid = "${uuidText(uuid)}";
	description = ${quoted(clock.description)};
	freq = 1000000000;
	offset = ${clock.offsetNs};
	absolute = TRUE;
};

${mapped(32)}
${mapped(64)}
struct packet_context {
	uint64_clock_${clock.name}_t timestamp_begin;
	uint64_clock_${clock.name}_t timestamp_end;
	uint64_t content_size;
	uint64_t packet_size;
	uint64_t packet_seq_num;
	unsigned long events_discarded;
	uint32_t cpu_id;
};

struct event_header_large {
	enum : uint16_t { compact = 0 ... 65534, extended = 65535 } id;
	variant <id> {
		struct {
			uint32_clock_${clock.name}_t timestamp;
		} compact;
		struct {
			uint32_t id;
			uint64_clock_${clock.name}_t timestamp;
		} extended;
	} v;
} align(8);

stream {
	id = 0;
	event.header := struct event_header_large;
	packet.context := struct packet_context;
${context}};

`;
}

/** The metadata of an event, in TSDL: to be put behind what is there already. */
export function eventMetadata({ name, id, loglevel, fields }: EventInfo): string {
  return `event {
	name = ${quoted(name)};
	id = ${id};
	stream_id = 0;
	loglevel = ${loglevel};
	fields := ${structText(fields, 1)};
};

`;
}

/** A UUID as people write it. */
export function uuidText(uuid: Uint8Array): string {
  const digits = [...uuid].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Names get a `_` before them, which readers take off: so no name is a word of TSDL. */
function structText(fields: readonly FieldLike[], depth: number): string {
  const tabs = "\t".repeat(depth);
  const lines = fields.map(({ name, type }) =>
    `${tabs}\t${fieldText(`_${name}`, type, depth + 1)}`
  );
  return `struct {\n${lines.map((line) => `${line}\n`).join("")}${tabs}}`;
}

function fieldText(name: string, type: FieldType, depth: number): string {
  switch (type.kind) {
    case "array":
      return `${typeText(type.element, depth)} ${name}[${type.length}];`;
    case "sequence": {
      const length = `_${name}_length`;
      const lengthText = integerText({ kind: "integer", size: 32, signed: false, base: 10 });
      const elements = `${typeText(type.element, depth)} ${name}[ ${length} ];`;
      return `${lengthText} ${length};\n${"\t".repeat(depth)}${elements}`;
    }
    default:
      return `${typeText(type, depth)} ${name};`;
  }
}

function typeText(type: FieldType, depth: number): string {
  switch (type.kind) {
    case "integer":
      return integerText(type);
    case "float": {
      const [exponent, mantissa] = type.size === 32 ? [8, 24] : [11, 53];
      return `floating_point { exp_dig = ${exponent}; mant_dig = ${mantissa}; align = 8; }`;
    }
    case "string":
      return "string";
    case "enumeration": {
      const labels = [...labelsByValue(type)].map(([value, label]) =>
        `${quoted(label)} = ${value}`
      );
      return `enum : ${integerText(type.container)} { ${labels.join(", ")} }`;
    }
    case "struct":
      return structText(type.fields, depth);
    default:
      throw new TypeError(`Cannot describe a ${type.kind} that is no field`);
  }
}

/** Labels of an enumeration by their values, later ones of the same value left out. */
export function labelsByValue({ labels }: EnumerationType): Map<bigint, string> {
  const byValue = new Map<bigint, string>();
  for (const [label, value] of labels) {
    if (!byValue.has(BigInt(value))) byValue.set(BigInt(value), label);
  }
  return byValue;
}

function integerText({ size, signed, base }: IntegerType): string {
  const sign = signed ? 1 : 0;
  return `integer { size = ${size}; align = 8; signed = ${sign}; encoding = none; base = ${base}; }`;
}

function envText(value: string | number): string {
  return typeof value === "number" ? `${value}` : quoted(value);
}

/** Text in quotes; what TSDL has no plain way to write is escaped as in C. */
function quoted(text: string): string {
  const escapes: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t" };
  // deno-lint-ignore no-control-regex
  const inside = text.replace(/["\\\x00-\x1f\x7f]/g, (character) => {
    const code = character.charCodeAt(0).toString(8).padStart(3, "0");
    return escapes[character] ?? `\\${code}`;
  });
  return `"${inside}"`;
}
