import { mapFile, mappedMemory } from "../../hw/mapped_file.ts";
import { PAGE_SIZE } from "../../hw/mod.ts";
import { type ConsumedStream, Consumer, type TraceOutput } from "../consume/mod.ts";
import { openSlots, ringLost, RingMemory, RingReader, RingWriter } from "../ring/mod.ts";
import { Registry, REGISTRY_SIZE, StreamClient, StreamState } from "../trace/mod.ts";
import type { BoxFile } from "./box_file.ts";
import { CountingOutput } from "./packet_counts.ts";
import type { Recovered, RecoveredStream } from "./recovery.ts";
import { SUPERBLOCK_SIZE } from "./superblock.ts";

/** Milliseconds between two looks at rings that had nothing. */
const LOOK_MS = 20;
/** Milliseconds after which what is not delivered is written too. */
const FLUSH_MS = 200;

/**
 * Takes the events of a living program out of its black box as it records them, as the consumer of its
 * rings, until it ends or `signal` is aborted; when it has ended also what {@linkcode recover} takes. So a
 * program is drained whose own threads do nothing else. An `Error` for one that has an output of its own,
 * a flight recorder, and one that another process drains already; what the output throws ends it. Needs
 * `--allow-ffi`.
 */
export async function drain(
  box: BoxFile,
  output: TraceOutput,
  signal?: AbortSignal,
): Promise<Recovered> {
  const { facts: { mode, output: own }, uuid, registryPfn } = box.info;
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot drain ${box.path}: ${why}`);
  };
  if (own !== null) refuse(`its own session writes it to ${own}`);
  if (mode !== "continuous") refuse("it is a flight recorder's, which --live looks at");
  const lockPath = `${box.path}.drained`;
  using lock = Deno.openSync(lockPath, { create: true, write: true, mode: 0o600 });
  if (!lock.tryLockSync(true)) refuse("another process does");
  const { address } = mapFile(box.path);
  const length = box.info.frames * PAGE_SIZE;
  const ram = mappedMemory(address + BigInt(SUPERBLOCK_SIZE), length);
  box.claim(registryPfn, REGISTRY_SIZE / PAGE_SIZE, "registry");
  const registry = Registry.checked(ram, registryPfn * PAGE_SIZE, () => {});
  const counting = new CountingOutput(output);
  const consumer = new Consumer(counting, { uuid, registry });
  const rings = new DrainedRings(box, ram, registry);
  const flush = (): void => {
    for (const { stream } of rings.all) consumer.flush(stream);
    if (consumer.failure !== null) throw new Error(consumer.failure);
  };
  let flushed = performance.now();
  let hasEnded = false;
  while (!hasEnded && !signal?.aborted) {
    hasEnded = box.tryLock();
    rings.find();
    const packets = rings.all.reduce((sum, { stream }) => sum + consumer.drain(stream), 0);
    if (performance.now() - flushed > FLUSH_MS) {
      flush();
      flushed = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, packets === 0 ? LOOK_MS : 0));
  }
  if (hasEnded) rings.repair();
  flush();
  Deno.removeSync(lockPath);
  return { streams: rings.found(counting), faults: [], faultCount: 0, isAll: hasEnded };
}

/** A ring, as its consumer has it. */
interface DrainedRing {
  readonly stream: ConsumedStream;
  /** Slots that were open when its writer was gone. */
  openSlots: number;
}

/** The rings of a black box that is mapped. */
class DrainedRings {
  readonly all: DrainedRing[] = [];
  readonly #box: BoxFile;
  readonly #ram: ArrayBuffer;
  readonly #registry: Registry;

  constructor(box: BoxFile, ram: ArrayBuffer, registry: Registry) {
    this.#box = box;
    this.#ram = ram;
    this.#registry = registry;
  }

  /** Takes the rings that have come. */
  find(): void {
    for (let cpu = 0; cpu < this.#box.info.cpus; cpu++) {
      const place = this.#registry.stream(cpu);
      const isKnown = this.all.some(({ stream }) => stream.cpu === cpu);
      if (isKnown || place === null || place.control === 0) continue;
      const memory = new RingMemory(
        this.#ram,
        place.control,
        (pfn, frames, use) => this.#box.claim(pfn, frames, use),
      );
      const reader = new RingReader(memory, new Int32Array(new SharedArrayBuffer(4 * (cpu + 1))));
      // The lock says that nobody else reads; one who is gone may have left the ring as his.
      reader.takeOver();
      const state = new StreamState(this.#ram, place.state);
      const isLast = cpu === this.#box.info.cpus - 1;
      const alsoLost = (): number => isLast ? this.#registry.unattached : 0;
      this.all.push({ stream: { cpu, reader, memory, state, alsoLost }, openSlots: 0 });
    }
  }

  /** Brings in order what writers left that are gone. */
  repair(): void {
    for (const ring of this.all) {
      const { memory, state, cpu } = ring.stream;
      ring.openSlots = openSlots(memory);
      const client = new StreamClient(this.#ram, state, this.#box.info.uuid, cpu);
      const writer = new RingWriter(memory, null, client);
      writer.takeOver();
      writer.flush("dead");
    }
  }

  /** What was found in them. */
  found(output: CountingOutput): RecoveredStream[] {
    return this.all.map(({ openSlots, stream }) => {
      const { cpu, memory, state, alsoLost } = stream;
      const lost = state.discardedNow(() => ringLost(memory)) + alsoLost();
      return { cpu, thread: state.thread, ...output.counts(cpu), openSlots, lost };
    }).filter(({ subbufs, lost }) => subbufs > 0 || lost > 0);
  }
}
