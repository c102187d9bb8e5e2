/* Random traces: random fields, in packets that begin as LTTng's or barectf's do, of either byte order. */
import type { FieldValues } from "@ltt/relay/ctf";
import { BitWriter } from "./bit_writer.ts";
import { type Below, type RandomField, RandomFields } from "./random_field.ts";

/** A trace, and what has to be read from it. */
export interface RandomTraceFile {
  readonly metadata: Uint8Array<ArrayBuffer>;
  readonly packets: readonly Uint8Array<ArrayBuffer>[];
  /** Events in each packet. */
  readonly counts: readonly number[];
  readonly events: readonly RandomEvent[];
}

/** An event that has to be read. */
export interface RandomEvent {
  readonly name: string;
  /** Nanoseconds since the first packet began. */
  readonly time: number;
  readonly streamContext: FieldValues;
  readonly fields: FieldValues;
}

/** How events begin: its declaration, and what writes it; `last` is the time of the event before. */
interface Header {
  readonly text: string;
  readonly alignment: number;
  write(writer: BitWriter, id: number, time: bigint, last: bigint): void;
}

const UUID = "6ad89fc3-6ed8-4870-980c-ffb272a70824";
const EPOCH = 1_700_000_000n;

/** Integers below a bound, by splitmix32. */
export function chooser(seed: number): Below {
  let state = seed;
  return (bound) => {
    state = (state + 0x9e37_79b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97);
    return Math.floor(((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32 * bound);
  };
}

/** The trace of a seed. */
export function randomTraceFile(seed: number): RandomTraceFile {
  const below = chooser(seed);
  const isLittle = below(2) === 0;
  const maker = new RandomFields(below, isLittle);
  const header = headers(isLittle)[below(4)];
  const context = maker.fields(2, 1);
  const kinds = Array.from(
    { length: 1 + below(4) },
    (_, id) => ({ id, fields: maker.fields(5, 3) }),
  );
  const text = metadataText(isLittle, header, context, kinds);
  const events: RandomEvent[] = [];
  const packets: Uint8Array<ArrayBuffer>[] = [];
  const counts: number[] = [];
  let time = BigInt(below(2 ** 32)) * 4n;
  const first = time;
  for (let seq = 0; seq < 1 + below(3); seq++) {
    const writer = new BitWriter();
    const begin = time;
    const begins = (to: BitWriter, end: bigint, content: number, size: number): void => {
      to.integer(0xc1fc1fc1n, 32, isLittle);
      to.raw(Uint8Array.fromHex(UUID.replaceAll("-", "")));
      to.integer(0n, 32, isLittle);
      const numbers = [begin, end, BigInt(content), BigInt(size), BigInt(seq)];
      for (const value of numbers) to.integer(value, 64, isLittle);
      to.integer(5n, 32, isLittle);
    };
    begins(writer, 0n, 0, 0);
    const before = events.length;
    for (let i = 0; i < below(20); i++) {
      const last = time;
      time += BigInt([0, 1, 1000, 2 ** 27, 2 ** 31, 2 ** 34][below(6)] + below(3));
      const { id, fields } = kinds[below(kinds.length)];
      writer.align(header.alignment);
      header.write(writer, id, time, last);
      const values = (all: readonly RandomField[]): FieldValues => {
        writer.align(Math.max(1, ...all.map((one) => one.alignment)));
        return Object.fromEntries(all.flatMap((one) => one.write(writer)));
      };
      const streamContext = values(context);
      events.push({
        name: `e${id}`,
        time: Number(time - first),
        streamContext,
        fields: values(fields),
      });
    }
    const content = writer.at;
    writer.align(8 * 2 ** below(8));
    const size = writer.at;
    const whole = new Uint8Array(size / 8);
    whole.set(writer.bytes);
    const start = new BitWriter();
    begins(start, time, content, size);
    whole.set(start.bytes);
    packets.push(whole);
    counts.push(events.length - before);
  }
  return { metadata: new TextEncoder().encode(text), packets, counts, events };
}

/** As LTTng has them, compact and large; bits without any gap, as barectf can; and whole numbers. */
function headers(isLittle: boolean): Header[] {
  const lttng = (idSize: number, timeSize: number, alignment: number): Header => {
    const extended = 2 ** idSize - 1;
    return {
      alignment: 8,
      text: `struct {
    enum : integer { size = ${idSize}; align = ${alignment}; } {
      compact = 0 ... ${extended - 1}, extended = ${extended} } id;
    variant <id> {
      struct { integer { size = ${timeSize}; align = ${alignment}; map = clock.c.value; } timestamp; } compact;
      struct { integer { size = 32; align = 8; } id;
        integer { size = 64; align = 8; map = clock.c.value; } timestamp; } extended;
    } v;
  } align(8)`,
      write(writer, id, time, last) {
        if (time >> BigInt(timeSize) === last >> BigInt(timeSize)) {
          writer.integer(BigInt(id), idSize, isLittle);
          writer.integer(time, timeSize, isLittle);
          return;
        }
        writer.integer(BigInt(extended), idSize, isLittle);
        writer.align(8);
        writer.integer(BigInt(id), 32, isLittle);
        writer.integer(time, 64, isLittle);
      },
    };
  };
  const plain = (idSize: number, timeSize: number, alignment: number): Header => ({
    alignment,
    text: `struct { integer { size = ${idSize}; align = ${alignment}; } id;
    integer { size = ${timeSize}; align = ${alignment}; map = clock.c.value; } timestamp; }`,
    write(writer, id, time) {
      writer.integer(BigInt(id), idSize, isLittle);
      writer.align(alignment);
      writer.integer(time, timeSize, isLittle);
    },
  });
  return [lttng(5, 27, 1), lttng(16, 32, 8), plain(3, 50, 1), plain(8, 64, 8)];
}

function metadataText(
  isLittle: boolean,
  header: Header,
  context: readonly RandomField[],
  kinds: readonly { readonly id: number; readonly fields: readonly RandomField[] }[],
): string {
  const texts = (fields: readonly RandomField[]): string =>
    fields.map(({ text }) => text).join("\n  ");
  const events = kinds.map(({ id, fields }) =>
    `event {
  name = "e${id}"; id = ${id}; stream_id = 0;
  loglevel = 13;
  fields := struct { ${texts(fields)} };
};
`
  );
  return `/* CTF 1.8 */
typealias integer { size = 32; align = 8; } := uint32_t;
typealias integer { size = 64; align = 8; } := uint64_t;
env { hostname = "h"; };
clock { name = c; freq = 1000000000; offset_s = ${EPOCH}; };
typealias integer { size = 64; align = 8; map = clock.c.value; } := time_t;
trace {
  major = 1; minor = 8; byte_order = ${isLittle ? "le" : "be"}; uuid = "${UUID}";
  packet.header := struct {
    uint32_t magic; integer { size = 8; align = 8; } uuid[16]; uint32_t stream_id;
  };
};
stream {
  id = 0;
  packet.context := struct {
    time_t timestamp_begin; time_t timestamp_end;
    uint64_t content_size; uint64_t packet_size; uint64_t packet_seq_num; uint32_t cpu_id;
  };
  event.header := ${header.text};
  event.context := struct { ${texts(context)} };
};
${events.join("")}`;
}
