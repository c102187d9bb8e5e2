/**
 * Random events of random tracepoints, over random sub-buffer sizes, are recorded, read by babeltrace2
 * and compared with what was given, each one. Run as a program, it does so until as many events are read
 * as it is told, one trace after the other: `read_back.ts [events] [seed]`, initially 10^7. The first
 * trace has the seed, the next one the seed above it: by the seed of a trace that fails it is repeated.
 */
import { type FieldLike, readPacketInfo } from "@ltt/relay/ctf";
import type { TracepointOf } from "@ltt/relay/trace";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type BabeltraceEvent, type Discarded, eachEvent } from "../ctf/babeltrace.ts";
import { type DecodedEvent, decodePacket, type Described } from "./decode.ts";
import { type RandomEvent, randomEvents, type RandomTrace, randomTrace } from "./random_trace.ts";
import { shownFields } from "./shown.ts";
import { type Packet, TestTrace, withDirectory } from "./support.ts";

/** What was recorded and read. */
export interface ReadBack {
  readonly trace: RandomTrace;
  /** Events read. */
  readonly read: number;
  /** Events lost because the ring was full, and because they were longer than a sub-buffer. */
  readonly full: number;
  readonly big: number;
}

/** Records and reads traces without end, of at most so many events; fails at the first difference. */
export async function* readBacks(seed: number, maxEvents: number): AsyncGenerator<ReadBack> {
  for (let next = seed;; next++) {
    // By turns one of values that are mostly small or at a limit, and one of any.
    const unbiased = next % 2 === 0;
    const [trace] = fc.sample(randomTrace(maxEvents), { seed: next, numRuns: 1, unbiased });
    let result: ReadBack | undefined;
    await withDirectory(async (directory) => {
      result = await readBack(trace, directory).catch((cause) => {
        throw new Error(`Cannot read back the trace of seed ${next}: ${cause.message}`, { cause });
      });
    });
    yield result!;
  }
}

/** Records a trace to a directory, and reads it. */
async function readBack(random: RandomTrace, directory: string): Promise<ReadBack> {
  using trace = new TestTrace(random);
  const { given, described } = record(trace, random, directory);
  const packets = packetsOf(await Deno.readFile(`${directory}/channel0_0`));
  const written = decoded(packets, described);
  let last = -1n;
  let read = 0;
  const look = (event: BabeltraceEvent): void => {
    const time = event.timestampNs;
    const one = given.get(time);
    const what = `event ${read} at ${time}`;
    assert(one !== undefined && time > last, `${what} was not recorded, or is there twice`);
    const { name, fields } = random.tracepoints[one.tracepoint];
    assertEquals(event.name, name, what);
    const expected = shownFields(fields, one.stored, event.fields);
    assertEquals(event.fields, expected, what);
    assertEquals(Object.keys(event.fields), Object.keys(expected), what);
    // babeltrace2 rounds, and shows another text for an empty one: in the file it is what it was.
    const inFile: DecodedEvent | void = written.next().value;
    assertEquals([inFile?.time, inFile?.fields], [time, one.stored], `${what} in the file`);
    last = time;
    read++;
  };
  const { exitCode, discarded, uncounted, stderr } = await eachEvent(directory, look);
  assertEquals(exitCode, 0, stderr);
  assertEquals(written.next().done, true, "babeltrace2 shows all events of the file");
  const { full, big } = trace.ring.lost;
  const { events, lost } = trace.state;
  assertEquals([total(events), total(lost)], [given.size - full - big, full + big], "counts");
  const early = packets[0].info.eventsDiscarded;
  assertEquals(sumOf(discarded, "events") + early, full + big);
  assertEquals(uncounted.length, early > 0 ? 1 : 0);
  assertEquals(sumOf(discarded, "packets"), overwritten(packets));
  if (random.mode === "discard") {
    assertEquals(read + full + big, given.size);
    assertEquals(overwritten(packets), 0);
  } else {
    assertEquals(full, 0);
    if (random.drainEvery === 1) assertEquals(read + big, given.size);
    // The newest are there: those of the sub-buffer written last at least.
    if (big === 0) assertEquals(last, [...given.keys()].at(-1), "time of the last event");
  }
  return { trace: random, read, full, big };
}

/** Records what is to be recorded, and consumes it to a directory; says what was given, by its time. */
export function record(
  trace: TestTrace,
  random: RandomTrace,
  directory: string,
): { given: Map<bigint, RandomEvent>; described: Described[] } {
  const consumed = trace.consume(directory);
  const tracepoints = random.tracepoints.map(({ name, fields }) =>
    trace.tracepoint(name, ...fields) as TracepointOf<FieldLike[]>
  );
  const described = tracepoints.map(({ id }, i) => ({
    id,
    fields: random.tracepoints[i].fields,
  }));
  const given = new Map<bigint, RandomEvent>();
  for (const event of randomEvents(random)) {
    trace.time += event.step;
    given.set(BigInt(trace.time), event);
    tracepoints[event.tracepoint](...event.values as never[]);
    if (random.drainEvery > 0 && given.size % random.drainEvery === 0) consumed.drain();
  }
  consumed.close();
  return { given, described };
}

/** The packets of a stream's file. */
function packetsOf(bytes: Uint8Array<ArrayBuffer>): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const info = readPacketInfo(new DataView(bytes.buffer), at);
    packets.push({ info, bytes: bytes.subarray(at, at + info.packetSize) });
    at += info.packetSize;
  }
  return packets;
}

function* decoded(
  packets: readonly Packet[],
  described: readonly Described[],
): Generator<DecodedEvent, void, void> {
  for (const { bytes } of packets) yield* decodePacket(bytes, [], described);
}

/** Packets missing between those that there are. */
function overwritten(packets: readonly Packet[]): number {
  return packets.at(-1)!.info.seq - packets[0].info.seq + 1 - packets.length;
}

const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);

/** How many events or packets babeltrace2 has said are lost. */
export function sumOf(discarded: readonly Discarded[], what: Discarded["what"]): number {
  return discarded.filter((one) => one.what === what).reduce((sum, { count }) => sum + count, 0);
}

if (import.meta.main) {
  const [goal = 1e7, seed = Date.now() % 2 ** 31] = Deno.args.map(Number);
  console.log(`seed ${seed}`);
  const begin = performance.now();
  const sum = { traces: 0, tracepoints: 0, read: 0, full: 0, big: 0 };
  const bySize = new Map<number, number>();
  for await (const { trace, read, full, big } of readBacks(seed, 20_000)) {
    sum.traces++;
    sum.tracepoints += trace.tracepoints.length;
    sum.read += read;
    sum.full += full;
    sum.big += big;
    bySize.set(trace.subbufSize, (bySize.get(trace.subbufSize) ?? 0) + read);
    if (sum.read >= goal) break;
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(`${sum.read} events read as recorded, in ${seconds} s`);
  console.log(`${sum.traces} traces of ${sum.tracepoints} tracepoints`);
  console.log(`${sum.full} events lost as the ring was full, ${sum.big} longer than a sub-buffer`);
  for (const [size, events] of [...bySize].sort(([a], [b]) => a - b)) {
    console.log(`sub-buffers of ${size} bytes: ${events} events`);
  }
}
