/* Order, times and parts of traces are as babeltrace2 has them. */
import { assertEquals } from "@std/assert";
import { withDirectory } from "../../trace/support.ts";
import { BABELTRACE_MISSING } from "../babeltrace.ts";
import { BitWriter } from "../bit_writer.ts";
import { chooser } from "../random_format.ts";
import { assertAsBabeltrace } from "../reading.ts";
import { smallFile, smallMetadata, UUID } from "../small_trace.ts";

const ignore = BABELTRACE_MISSING;

/** Writes a trace: its directory, its metadata, its files by name. */
function write(
  directory: string,
  metadata: Uint8Array,
  files: Readonly<Record<string, Uint8Array>>,
): void {
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeFileSync(`${directory}/metadata`, metadata);
  for (const [name, bytes] of Object.entries(files)) {
    Deno.writeFileSync(`${directory}/${name}`, bytes);
  }
}

Deno.test(
  "next() gives events of the same time in the order that babeltrace2 has",
  { ignore },
  () =>
    withDirectory(async (directory) => {
      const file = (cpu: number) =>
        smallFile({ cpu, seq: 0, times: [5, 5, 6] }, { cpu, seq: 1, times: [6, 7] });
      const files = { b: file(2), c: file(0), a: file(3), d: file(1) };
      write(directory, smallMetadata(), files);
      const { events } = await assertAsBabeltrace(directory);
      assertEquals(events.slice(0, 4).map(({ cpu }) => cpu), [0, 0, 1, 1]);
    }),
);

for (const [first, second] of [[0x11, 0x99], [0x99, 0x11]]) {
  Deno.test(
    `next() gives events of the same time in babeltrace2's order of traces ${first} and ${second}`,
    { ignore },
    () =>
      withDirectory(async (directory) => {
        for (const [name, cpu, byte] of [["x", 1, first], ["y", 0, second]] as const) {
          const uuid = new Uint8Array(16).fill(byte);
          const file = smallFile({ cpu, seq: 0, times: [5, 5, 6] });
          file.set(uuid, 4);
          write(`${directory}/${name}`, smallMetadata(uuid), { file });
        }
        assertEquals((await assertAsBabeltrace(directory)).events.length, 6);
      }),
  );
}

Deno.test("next() reads parts of a trace, and a packet that is in two, as babeltrace2 does", {
  ignore,
}, () =>
  withDirectory(async (directory) => {
    const packets = [0, 1, 2, 3].map((seq) => ({
      seq,
      times: [10 * seq, 10 * seq + 5],
      lost: 2 * seq,
    }));
    const [a, b, c, d] = packets;
    const other = smallFile({ cpu: 1, seq: 0, times: [1, 12, 33] });
    write(`${directory}/1`, smallMetadata(), { channel0_0: smallFile(a, b), channel0_1: other });
    write(`${directory}/2`, smallMetadata(), { channel0_0: smallFile(b, d) });
    write(`${directory}/spill`, smallMetadata(), { channel0_0: smallFile(c) });
    const { events, lost } = await assertAsBabeltrace(directory);
    assertEquals(events.length, 8 + 3);
    assertEquals(lost.map(({ count }) => count), [2, 2, 2]);
  }));

/** A trace whose clock counts in other units, with as few bits as events are to have of it. */
function clockTrace(frequency: bigint, bits: number, offset: string, steps: readonly number[]) {
  const metadata = `/* CTF 1.8 */
typealias integer { size = ${bits}; align = 1; map = clock.c.value; } := event_time;
typealias integer { size = 64; align = 8; map = clock.c.value; } := packet_time;
trace { major = 1; minor = 8; byte_order = be; uuid = "${
    UUID.toHex().replace(
      /^(.{8})(.{4})(.{4})(.{4})/,
      "$1-$2-$3-$4-",
    )
  }";
  packet.header := struct { integer { size = 32; align = 8; } magic; }; };
env { hostname = "h"; };
clock { name = c; freq = ${frequency}; ${offset} };
stream {
  packet.context := struct { packet_time timestamp_begin; packet_time timestamp_end;
    integer { size = 32; align = 8; } cpu_id; };
  event.header := struct { event_time timestamp; } align(8);
};
event { name = "e"; loglevel = 13; fields := struct { integer { size = 8; align = 8; } n; }; };
`;
  const writer = new BitWriter();
  writer.integer(0xc1fc1fc1n, 32, false);
  const begin = 2n ** 33n + 5n;
  const end = begin + BigInt(steps.reduce((sum, step) => sum + step, 0));
  for (const time of [begin, end]) writer.integer(time, 64, false);
  writer.integer(3n, 32, false);
  let time = begin;
  for (const [i, step] of steps.entries()) {
    time += BigInt(step);
    writer.align(8);
    writer.integer(time, bits, false);
    writer.align(8);
    writer.integer(BigInt(i % 256), 8, false);
  }
  return { metadata: new TextEncoder().encode(metadata), file: writer.bytes };
}

for (
  const [frequency, bits, offset] of [
    [1_000_000_000n, 27, "offset_s = 1700000000; offset = 5;"],
    [1_000_000_000n, 40, "offset = 1700000000123456789;"],
    [1_000n, 32, "offset_s = 1700000000;"],
    [3_579_545n, 16, "offset = 12345678;"],
    [2_400_000_000n, 45, "offset_s = 1700000000; offset = 7200000001;"],
    [32_768n, 64, "offset_s = -5; offset = 40000;"],
  ] as const
) {
  Deno.test(
    `next() has the times of a clock of ${frequency} Hz and ${bits} bits as babeltrace2 has them`,
    { ignore },
    () =>
      withDirectory(async (directory) => {
        const below = chooser(Number(frequency % 1000n));
        // Times are exact for 104 days.
        const longest = 2 ** 53 / 500 / (1e9 / Number(frequency));
        const most = Math.min(2 ** Math.min(bits, 34), longest);
        const steps = Array.from({ length: 500 }, () => below(below(2) === 0 ? most : 1000));
        const { metadata, file } = clockTrace(frequency, bits, offset, steps);
        write(directory, metadata, { file });
        assertEquals((await assertAsBabeltrace(directory)).events.length, 500);
      }),
  );
}
