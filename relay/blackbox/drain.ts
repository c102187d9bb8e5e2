import { mapFile, mappedMemory } from "../../hw/mapped_file.ts";
import { PAGE_SIZE } from "../../hw/ram.ts";
import { type ConsumedStream, Consumer } from "../consume/consumer.ts";
import type { TraceOutput } from "../consume/trace_output.ts";
import { ringLost } from "../ring/peek.ts";
import { RingReader } from "../ring/reader.ts";
import { assertRepairable, openSlots } from "../ring/stored_subbufs.ts";
import { RingWriter } from "../ring/writer.ts";
import { Registry } from "../trace/registry.ts";
import { REGISTRY_SIZE } from "../trace/registry_layout.ts";
import { StreamClient } from "../trace/stream_client.ts";
import type { BoxFile } from "./box_file.ts";
import type { DrainLock } from "./drain_lock.ts";
import { Faults } from "./faults.ts";
import { CountingOutput } from "./packet_counts.ts";
import type { Recovered, RecoveredStream } from "./recovery.ts";
import { streamParts } from "./stream_parts.ts";
import { SUPERBLOCK_SIZE } from "./superblock.ts";

/** Milliseconds between two looks at rings that had nothing. */
const LOOK_MS = 20;
/** Milliseconds after which what is not delivered is written too. */
const FLUSH_MS = 200;

/**
 * Takes the events of a living program out of its black box as it records them, as the consumer of its
 * rings, until it ends or `signal` is aborted; when it has ended also what {@linkcode recover} takes. So a
 * program is drained whose own threads do nothing else. A stream that is damaged is left out and told;
 * an `Error` when the output fails, or a packet is damaged. Needs `--allow-ffi`.
 */
export async function drain(
  { box }: DrainLock,
  output: TraceOutput,
  signal?: AbortSignal,
): Promise<Recovered> {
  const { uuid, registryPfn, frames } = box.info;
  const { address } = mapFile(box.path);
  const ram = mappedMemory(address + BigInt(SUPERBLOCK_SIZE), frames * PAGE_SIZE);
  box.claim(registryPfn, REGISTRY_SIZE / PAGE_SIZE, "registry");
  const registry = Registry.checked(ram, registryPfn * PAGE_SIZE, () => {});
  const counting = new CountingOutput(output);
  const consumer = new Consumer(counting, { uuid, registry });
  const rings = new DrainedRings(box, ram, registry);
  const flush = (): void => {
    for (const { stream } of rings.all) consumer.flush(stream);
    if (consumer.failure !== null) {
      throw new Error(`Cannot write to ${output.name}: ${consumer.failure}`);
    }
  };
  let flushed = performance.now();
  let hasEnded = false;
  while (!hasEnded && !signal?.aborted) {
    hasEnded = box.tryLock();
    rings.find();
    if (hasEnded) rings.leaveOutDamaged();
    const packets = rings.all.reduce((sum, { stream }) => sum + consumer.drain(stream), 0);
    if (performance.now() - flushed > FLUSH_MS) {
      flush();
      flushed = performance.now();
    }
    const waitMs = packets === 0 && !hasEnded ? LOOK_MS : 0;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  if (hasEnded) rings.repair();
  flush();
  const { told: faults, count: faultCount } = rings.faults;
  return { streams: rings.found(counting), faults, faultCount, isAll: hasEnded };
}

/** A ring, as its consumer has it. */
interface DrainedRing {
  readonly stream: ConsumedStream;
  /** Slots that were open when its writer was gone. */
  openSlots: number;
}

/** The rings of a black box that is mapped. */
class DrainedRings {
  readonly faults: Faults = new Faults();
  /** Those that are not damaged. */
  all: readonly DrainedRing[] = [];
  readonly #known = new Set<number>();
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
      if (this.#known.has(cpu) || place === null || place.control === 0) continue;
      this.#known.add(cpu);
      this.faults.sparing(cpu, () => {
        const { memory, state } = streamParts(this.#box, this.#ram, cpu, place, () => {});
        const reader = new RingReader(memory, new Int32Array(new SharedArrayBuffer(4 * (cpu + 1))));
        // The lock says that nobody else reads; one who is gone may have left the ring as his.
        reader.takeOver();
        const isLast = cpu === this.#box.info.cpus - 1;
        const alsoLost = (): number => isLast ? this.#registry.unattached : 0;
        const ring = { stream: { cpu, reader, memory, state, alsoLost }, openSlots: 0 };
        this.all = [...this.all, ring];
      });
    }
  }

  /** Leaves out the rings that no writer leaves like this. */
  leaveOutDamaged(): void {
    this.all = this.all.filter(({ stream: { cpu, memory } }) =>
      this.faults.sparing(cpu, () => assertRepairable(memory))
    );
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
