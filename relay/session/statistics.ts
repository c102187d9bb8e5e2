import { openRam } from "../../hw/ram.ts";
import { LOST_NAMES, type LostCounts, sumLost } from "../ring/lost.ts";
import { ringLost } from "../ring/peek.ts";
import { RingMemory } from "../ring/ring_memory.ts";
import { Registry } from "../trace/registry.ts";
import { StreamState } from "../trace/stream_state.ts";
import type { SessionHandle } from "./handle.ts";

/** What is known of a CPU's stream. */
export interface CpuStatistics {
  /** Its CPU. */
  readonly cpu: number;
  /** Name of the thread that had the CPU last. */
  readonly thread: string;
  /** Name of that thread's clock. */
  readonly clock: string;
  /** Events recorded. */
  readonly events: number;
  /** Their bytes, with headers. */
  readonly bytes: number;
  /** Events lost, of all causes. */
  readonly lost: number;
  /** The same, by cause. */
  readonly lostByCause: LostCounts;
}

/** What is known of a tracepoint. */
export interface TracepointStatistics {
  /** Its name. */
  readonly name: string;
  /** Events recorded. */
  readonly events: number;
  /** Their bytes, with headers. */
  readonly bytes: number;
  /** Events lost. */
  readonly lost: number;
}

/** How many events of a session were lost, by cause. */
export interface SessionLost extends LostCounts {
  /** Of threads that had no CPU: more than the session has, or the thread had left it. */
  readonly unattached: number;
}

/** What a session has recorded so far. */
export interface SessionStatistics {
  /** Where the trace goes: a directory, or `net://HOST:CONTROL:DATA/` and the path below the daemon's output. */
  readonly output: string;
  /** Events recorded. */
  readonly events: number;
  /** Their bytes, with headers. */
  readonly bytes: number;
  /** Events lost, by cause. */
  readonly lost: SessionLost;
  /** Streams that anything was recorded or lost in, by CPU. */
  readonly cpus: readonly CpuStatistics[];
  /** All tracepoints declared, in the order of their IDs. */
  readonly tracepoints: readonly TracepointStatistics[];
}

/** Reads the figures of a session, on any thread; those of others may be late by an event. */
export function readStatistics(handle: SessionHandle): SessionStatistics {
  const ram = openRam(handle.pool.ram);
  const registry = new Registry(ram, handle.registry);
  const tracepoints = Array.from({ length: registry.count }, (_, id) => ({
    name: registry.nameOf(id),
    size: registry.sizeOf(id),
    events: 0,
    bytes: 0,
    lost: 0,
  }));
  const cpus: CpuStatistics[] = [];
  const lost = { full: 0, wrap: 0, big: 0, nested: 0, torn: 0, offline: 0 };
  for (let cpu = 0; cpu < handle.cpus; cpu++) {
    const stream = registry.stream(cpu);
    if (stream === null || stream.control === 0) continue;
    const state = new StreamState(ram, stream.state);
    const { thread, clock } = state;
    const total = { cpu, thread, clock, events: 0, bytes: 0 };
    for (const [id, tracepoint] of tracepoints.entries()) {
      const events = state.events[id];
      const bytes = events * tracepoint.size + state.bytes[id];
      tracepoint.events += events;
      tracepoint.bytes += bytes;
      tracepoint.lost += state.lost[id];
      total.events += events;
      total.bytes += bytes;
    }
    const memory = new RingMemory(ram, stream.control);
    const lostByCause = state.lostNow(() => ringLost(memory));
    for (const cause of LOST_NAMES) lost[cause] += lostByCause[cause];
    const lostHere = sumLost(lostByCause);
    if (total.events > 0 || lostHere > 0) cpus.push({ ...total, lost: lostHere, lostByCause });
  }
  return {
    output: handle.output,
    events: cpus.reduce((n, { events }) => n + events, 0),
    bytes: cpus.reduce((n, { bytes }) => n + bytes, 0),
    lost: { ...lost, unattached: registry.unattached },
    cpus,
    tracepoints: tracepoints.map(({ name, events, bytes, lost }) => ({
      name,
      events,
      bytes,
      lost,
    })),
  };
}
