import { __GFP_ZERO, GFP_KERNEL, Machine, PAGE_SIZE, pageAddress } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { type RingBuffer, RingChannel, type RingReader, RingWriter } from "@ltt/relay/ring";
import { Consumer, TraceDirectory } from "../../../relay/consume/mod.ts";
import { type FieldLike, type PacketInfo, readPacketInfo, traceMetadata } from "@ltt/relay/ctf";
import type { Clock } from "@ltt/relay/trace";
import { Registry } from "../../../relay/trace/registry.ts";
import { REGISTRY_SIZE } from "../../../relay/trace/registry_layout.ts";
import { STREAM_STATE_SIZE, StreamState } from "../../../relay/trace/stream_state.ts";
import { StreamClient } from "../../../relay/trace/stream_client.ts";
import { Tracer } from "../../../relay/trace/tracer.ts";
import { type DecodedEvent, decodePacket, type Described } from "./decode.ts";

/** What trace to make; initially two sub-buffers of a page, in discard mode, without context. */
export interface TraceSetup {
  readonly subbufSize?: number;
  readonly nSubbufs?: number;
  readonly mode?: "discard" | "overwrite";
  /** Initially one that counts up from 1, `TestTrace.time`. */
  readonly now?: () => number;
  readonly contextFields?: readonly FieldLike[];
  readonly context?: readonly unknown[];
  readonly env?: Readonly<Record<string, string | number>>;
  readonly offsetNs?: bigint;
}

/** A packet that was read. */
export interface Packet {
  readonly info: PacketInfo;
  /** All of it, with padding. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Frames for registry and state, and the rest of a ring. */
const OTHER_FRAMES = 1024 + 32 + 128;

/** Tracepoints of one thread that write to a ring on a machine of its own. */
export class TestTrace {
  readonly machine: Machine;
  readonly ram: ArrayBufferLike;
  readonly uuid: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(16));
  readonly registry: Registry;
  readonly registryAddress: number;
  readonly state: StreamState;
  readonly ring: RingBuffer;
  readonly tracer: Tracer;
  /** Declares a tracepoint on this thread. */
  readonly tracepoint: Tracer["tracepoint"];
  /** What its own clock says next. */
  time = 1;
  readonly #channel: RingChannel;
  readonly #setup: TraceSetup;
  #reader: RingReader | null = null;

  constructor(setup: TraceSetup = {}) {
    const { subbufSize = PAGE_SIZE, nSubbufs = 2, mode = "discard", contextFields = [] } = setup;
    this.#setup = setup;
    const frames = subbufSize / PAGE_SIZE * (nSubbufs + 1);
    // Blocks are as large as powers of two: twice as many frames have room for any.
    this.machine = new Machine({ nodes: [2 * (OTHER_FRAMES + frames)] });
    this.ram = this.machine.ram.buffer;
    this.registryAddress = this.#allocate(REGISTRY_SIZE);
    this.registry = Registry.create(
      this.ram,
      this.registryAddress,
      traceMetadata({
        uuid: this.uuid,
        env: setup.env ?? { hostname: "testhost", domain: "ust", tracer_name: "ltt-relay-deno" },
        clock: { name: "monotonic", description: "A clock", offsetNs: setup.offsetNs ?? 0n },
        eventContext: contextFields,
      }),
    );
    this.state = new StreamState(this.ram, this.#allocate(STREAM_STATE_SIZE));
    const client = (cpu: number) => new StreamClient(this.ram, this.state, this.uuid, cpu);
    const options = { baseFilename: "t", subbufSize, nSubbufs, mode, client };
    this.#channel = RingChannel.open(Relay.start(this.machine), options);
    this.ring = this.#channel.buf[0]!;
    this.tracer = this.newTracer();
    this.tracepoint = this.tracer.tracepoint.bind(this.tracer);
    this.tracer.context.push(...setup.context ?? []);
    this.tracer.stream.attach(this.ring.writer, this.state);
    this.registry.active = true;
  }

  /** A tracer as another thread of the session has it, attached to no CPU. */
  newTracer(registry = this.registry): Tracer {
    const now = this.#setup.now ?? (() => this.time++);
    const clock: Clock = { name: "injected", now };
    const idle = new RingWriter(
      this.ring.memory,
      null,
      new StreamClient(this.ram, this.state, this.uuid, 0),
    );
    const { subbufSize = PAGE_SIZE, contextFields = [] } = this.#setup;
    return new Tracer({ ram: this.ram, registry, clock, subbufSize, contextFields, idle });
  }

  get reader(): RingReader {
    return this.#reader ??= this.ring.reader();
  }

  /** All packets there are; the sub-buffer that is open is closed if it holds an event. */
  packets(): Packet[] {
    // Reading first leaves a free sub-buffer to open.
    const packets = this.#delivered();
    this.ring.writer.flush("active");
    return [...packets, ...this.#delivered()];
  }

  #delivered(): Packet[] {
    const packets: Packet[] = [];
    for (let subbuf; (subbuf = this.reader.getNextSubbuf()) !== null;) {
      const bytes = new Uint8Array(subbuf.paddedSize);
      let at = 0;
      for (const view of subbuf.views(subbuf.paddedSize)) {
        bytes.set(view, at);
        at += view.length;
      }
      this.reader.putNextSubbuf();
      packets.push({ info: readPacketInfo(new DataView(bytes.buffer), 0), bytes });
    }
    return packets;
  }

  /** Events of all packets there are, of tracepoints that are described. */
  events(described: readonly Described[]): DecodedEvent[] {
    const context = this.#setup.contextFields ?? [];
    return this.packets().flatMap(({ bytes }) => decodePacket(bytes, context, described));
  }

  /** Begins to write what is read to a directory, the way sessions do. */
  consume(directory: string): { drain(): void; flush(): void; close(): void } {
    const options = { maxFileSize: 0, maxFiles: 0, openFor: [] };
    const consumer = new Consumer(new TraceDirectory(directory, options), {
      uuid: this.uuid,
      registry: this.registry,
    });
    const { reader, state } = this;
    const stream = { cpu: 0, reader, memory: this.ring.memory, state, alsoLost: () => 0 };
    const check = (): void => {
      if (consumer.failure !== null) throw new Error(consumer.failure);
    };
    return {
      drain: () => {
        consumer.drain(stream);
        check();
      },
      flush: () => {
        consumer.flush(stream);
        check();
      },
      close: () => {
        consumer.drain(stream);
        this.ring.writer.flush("final");
        // Also tells what was lost since the last packet was filled.
        consumer.flush(stream);
        consumer.close();
        check();
      },
    };
  }

  /** Events lost, by cause, those that were. */
  get lost(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.ring.lost).filter(([, count]) => count > 0));
  }

  [Symbol.dispose](): void {
    this.#reader?.close();
    this.#channel[Symbol.dispose]();
  }

  #allocate(size: number): number {
    const order = Math.log2(size / PAGE_SIZE);
    return pageAddress(this.machine.pages.allocPages(GFP_KERNEL | __GFP_ZERO, order)!);
  }
}

/** Makes a directory, and removes it with all that is in it. */
export async function withDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await body(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Runs of a property: so many, or as many as the environment's `TRACE_RUNS` says. */
export function runs(initially: number): number {
  const isAllowed =
    Deno.permissions.querySync({ name: "env", variable: "TRACE_RUNS" }).state === "granted";
  return Number((isAllowed && Deno.env.get("TRACE_RUNS")) || initially);
}
