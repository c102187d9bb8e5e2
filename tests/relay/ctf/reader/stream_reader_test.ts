import { bytesSource } from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";
import { readAll } from "../reading.ts";

const UUID = "12345678123456781234567812345678";

/** Metadata of a stream of numbers whose packets have no number themselves. */
function metadata(hasTimes: boolean): Uint8Array {
  const times = hasTimes ? "time_t timestamp_begin; time_t timestamp_end;" : "";
  return new TextEncoder().encode(`/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
clock { name = c; freq = 1000000000; };
typealias integer { size = 32; align = 8; signed = false; map = clock.c.value; } := time_t;
trace {
	major = 1; minor = 8; uuid = "12345678-1234-5678-1234-567812345678"; byte_order = le;
	packet.header := struct {
		uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; uint32_t stream_instance_id;
	};
};
stream {
	id = 0;
	packet.context := struct { ${times} uint32_t content_size; uint32_t packet_size; };
	event.header := struct { uint8_t id; };
};
event { name = "e"; id = 0; stream_id = 0; fields := struct { uint8_t n; }; };
`);
}

/** A packet of numbers, at a time if it has one. */
function packet(numbers: readonly number[], time: number | null): Uint8Array {
  const times = time === null ? [] : [time, time];
  const size = 28 + 4 * times.length + 8 + 2 * numbers.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xc1fc1fc1, true);
  bytes.set(Uint8Array.fromHex(UUID), 4);
  [...times, 8 * size, 8 * size].forEach((one, i) => view.setUint32(28 + 4 * i, one, true));
  bytes.set(numbers.flatMap((n) => [0, n]), size - 2 * numbers.length);
  return bytes;
}

/** The numbers that are read of two files of one stream. */
function numbers(hasTimes: boolean, ...files: readonly Uint8Array[]): unknown[] {
  const streams = files.map((bytes, i) => ({ name: `${i}`, source: bytesSource(bytes) }));
  const { events, errors } = readAll([{ metadata: metadata(hasTimes), streams }]);
  assertEquals(errors, []);
  return events.map(({ fields }) => fields.n);
}

Deno.test("StreamReader shows packets without number and times all, also where they are alike", () => {
  assertEquals(numbers(false, packet([1, 2], null), packet([3, 4], null)), [1, 2, 3, 4]);
  assertEquals(numbers(false, packet([1, 2], null), packet([1, 2], null)), [1, 2, 1, 2]);
});

Deno.test("StreamReader shows packets of the same time once only if all their bytes are the same", () => {
  assertEquals(numbers(true, packet([1], 5), packet([2], 5)), [1, 2]);
  assertEquals(numbers(true, packet([1], 5), packet([1], 5)), [1]);
});
