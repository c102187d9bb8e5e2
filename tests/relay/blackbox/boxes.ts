/** Black boxes of programs that are killed at a chosen moment, damaged in a chosen place, and recovered. */
import { openRam, PAGE_SIZE } from "@ltt/relay/hw";
import { claimCpu, type ClaimedCpu, RingMemory, type RingWriter } from "@ltt/relay/ring";
import type { SessionOptions, TraceSession } from "@ltt/relay/session";
import { Registry } from "../../../relay/trace/registry.ts";
import { StreamClient } from "../../../relay/trace/stream_client.ts";
import { StreamState } from "../../../relay/trace/stream_state.ts";
import { assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import {
  BoxFile,
  recover,
  type Recovered,
  type RecoveredStream,
  TraceCompletion,
} from "../../../relay/blackbox/mod.ts";
import { TraceDirectory, type TraceOutput } from "../../../relay/consume/mod.ts";
import { numbered, range, readTrace, TestWorker } from "../session/support.ts";
import { BoxDirectory } from "./support.ts";

/** Bytes before RAM. */
export const SUPERBLOCK = 4096;
/** Events with a number that a sub-buffer of a page holds. */
export const A_PAGE = 401;
/** What a program says of itself and its black box of 16 pages. */
export const INFO = {
  registryPfn: 1,
  cpus: 2,
  uuid: Uint8Array.from({ length: 16 }, (_, i) => i),
  facts: { pid: 7, startedAt: "today", mode: "continuous", output: null, nodes: [16] },
};
/** Word of the registry from which on it says where streams are, two words a CPU. */
const STREAMS = 256;

/** What a program leaves that is killed now: a copy of its black box, which nobody has locked. */
export function killedNow({ box, path }: BoxDirectory, name = "killed"): string {
  const copy = `${path}/${name}`;
  Deno.copyFileSync(box, copy);
  return copy;
}

/** A directory for a new trace. */
export function newTrace(path: string): TraceOutput {
  return new TraceDirectory(path, { maxFileSize: 0, maxFiles: 0, openFor: [] });
}

/** Recovers a black box to a directory. */
export function recoverTo(file: string, trace: string, isLive = false): Recovered {
  using box = new BoxFile(file, false);
  return recoverFrom(box, trace, isLive);
}

/** Recovers a black box that is open to a directory. */
export function recoverFrom(box: BoxFile, trace: string, isLive: boolean): Recovered {
  const output = newTrace(trace);
  try {
    return recover(box, output, isLive);
  } finally {
    output.close();
  }
}

/** What was found of a CPU; fails if nothing was. */
export function streamOf({ streams }: Recovered, cpu: number): RecoveredStream {
  const stream = streams.find((one) => one.cpu === cpu);
  if (stream === undefined) throw new Error(`Nothing of CPU ${cpu}: ${JSON.stringify(streams)}`);
  return stream;
}

/** The memory of a black box, to be damaged. */
export class BoxMemory {
  /** The superblock. */
  readonly superblock: DataView;
  /** RAM. */
  readonly ram: ArrayBuffer;
  readonly #file: Uint8Array<ArrayBuffer>;

  constructor(file: Uint8Array<ArrayBuffer>) {
    this.#file = file;
    this.superblock = new DataView(file.buffer, 0, SUPERBLOCK);
    this.ram = file.slice(SUPERBLOCK).buffer;
  }

  /** All bytes as they are now. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#file.set(new Uint8Array(this.ram), SUPERBLOCK);
    return this.#file;
  }

  /** Address of the registry. */
  get registry(): number {
    return this.superblock.getUint32(28, true) * PAGE_SIZE;
  }

  /** Words of RAM. */
  get words(): Int32Array {
    return new Int32Array(this.ram);
  }

  /** Word in which the frame of a stream's state is; that of its ring's control page is the next. */
  streamWord(cpu: number): number {
    return this.registry / 4 + STREAMS + 2 * cpu;
  }

  /** Address of a stream's state. */
  state(cpu: number): number {
    return this.words[this.streamWord(cpu)] * PAGE_SIZE;
  }

  /** Address of a ring's first control page. */
  control(cpu: number): number {
    return this.words[this.streamWord(cpu) + 1] * PAGE_SIZE;
  }

  /** A ring. */
  ring(cpu: number): RingMemory {
    return new RingMemory(this.ram, this.control(cpu));
  }
}

/** Damages a black box that nobody writes to; the checksum is made to fit, unless `checksum` is `false`. */
export function damage(
  file: string,
  body: (memory: BoxMemory) => void,
  { checksum = true }: { readonly checksum?: boolean } = {},
): void {
  const memory = new BoxMemory(Deno.readFileSync(file));
  body(memory);
  const { bytes } = memory;
  if (checksum) memory.superblock.setUint32(12, crc32(bytes.subarray(20, SUPERBLOCK)), true);
  Deno.writeFileSync(file, bytes);
}

/** A black box of a living program: does something each time before a part of it is read. */
export class WatchedBox extends BoxFile {
  /** What is done; told the address. */
  beforeRead: (address: number) => void = () => {};

  override read(address: number, into: Uint8Array): void {
    this.beforeRead(address);
    super.read(address, into);
  }
}

/** A CPU of a session whose slots are reserved and committed by hand. */
export class ManualCpu implements Disposable {
  readonly cpu: number;
  readonly writer: RingWriter;
  readonly state: StreamState;
  readonly #view: DataView;
  readonly #claimed: ClaimedCpu;

  /** Claims a CPU. */
  constructor({ handle }: TraceSession, thread = "by hand") {
    const ram = openRam(handle.pool.ram);
    const registry = new Registry(ram, handle.registry);
    const stateOf = (cpu: number): StreamState => new StreamState(ram, registry.stream(cpu)!.state);
    this.#claimed = claimCpu(handle.pool, {
      client: (_channel, cpu) => new StreamClient(ram, stateOf(cpu), handle.uuid, cpu),
      untilReleased: true,
    })!;
    this.cpu = this.#claimed.cpu;
    [this.writer] = this.#claimed.writers;
    this.state = stateOf(this.cpu);
    this.state.thread = thread;
    this.#view = new DataView(ram);
  }

  /** Reserves an event of tracepoint 0 that has one field, u32 n, and fills it. */
  reserve(n: number): void {
    const at = this.writer.reserve(18);
    assertEquals(at > 0, true, `no slot for event ${n}: ${at}`);
    this.state.times[0] += 10;
    this.#view.setUint16(at, 0xffff, true);
    this.#view.setUint32(at + 2, 0, true);
    this.#view.setBigUint64(at + 6, BigInt(this.state.times[0]), true);
    this.#view.setUint32(at + 14, n, true);
  }

  /** Records such an event. */
  event(n: number): void {
    this.reserve(n);
    this.writer.commit();
  }

  /** Commits what is open, and gives the CPU back. */
  [Symbol.dispose](): void {
    while (this.writer.hasOpenSlot) this.writer.commit();
    this.#claimed.release();
  }
}

/**
 * What a program leaves that is killed now, the directory it writes to included; `then` is what it has done
 * since the session wrote there.
 */
export async function killedWithTrace(
  directory: BoxDirectory,
  then: () => void | Promise<unknown> = () => {},
): Promise<{ readonly file: string; readonly trace: string }> {
  const trace = `${directory.path}/killed-trace`;
  Deno.mkdirSync(trace);
  for (const { name, isFile } of Deno.readDirSync(directory.trace)) {
    if (isFile) Deno.copyFileSync(`${directory.trace}/${name}`, `${trace}/${name}`);
  }
  await then();
  // What comes to the directory meanwhile is still in the memory that is copied now.
  return { file: killedNow(directory), trace };
}

/**
 * Starts a session whose memory is a black box, from which alone its events can be had unless the options say
 * otherwise, and records events 0 to `count - 1`.
 */
export async function recording(
  directory: BoxDirectory,
  count: number,
  options: SessionOptions = {},
): Promise<{ readonly session: TraceSession; readonly record: (n: number) => void }> {
  const session = await directory.start({ output: null, ...options });
  const record = numbered(session);
  for (const n of range(0, count)) record(n);
  return { session, record };
}

let ofTwoThreads: Uint8Array | null = null;

/** A black box of two threads with a thousand events each, on CPUs 0 and 1, whose program is gone. */
export async function twoThreads(directory: BoxDirectory): Promise<string> {
  ofTwoThreads ??= await recordTwoThreads();
  const file = `${directory.path}/killed`;
  Deno.writeFileSync(file, ofTwoThreads);
  return file;
}

async function recordTwoThreads(): Promise<Uint8Array> {
  using directory = new BoxDirectory();
  const { session } = await recording(directory, 1000);
  using worker = new TestWorker();
  assertEquals([session.cpu, await worker.attach(session)], [0, 1]);
  await worker.tell({ type: "record", from: 0, count: 1000 });
  const bytes = Deno.readFileSync(directory.box);
  await session.close();
  return bytes;
}

/** Completes the trace in a directory from a black box; how many packets were missing. */
export function complete(file: string, trace: string): Recovered & { readonly added: number } {
  using box = new BoxFile(file, false);
  const output = new TraceCompletion(trace, box.info.uuid);
  try {
    const found = recover(box, output, false);
    return { ...found, added: output.added };
  } finally {
    output.close();
  }
}

/** What a session leaves that has flushed `first` events, and is killed when it has recorded `then` more. */
export async function killedAfterFlush(
  directory: BoxDirectory,
  first: number,
  then: number,
): Promise<{ session: TraceSession; file: string; trace: string }> {
  const { session, record } = await recording(directory, first, { output: directory.trace });
  await session.flush();
  const killed = await killedWithTrace(directory, () => {
    for (const n of range(first, then)) record(n);
  });
  return { session, ...killed };
}

/** Numbers of the events of all CPUs of a trace, in order of time. */
export async function numbersIn(trace: string): Promise<number[]> {
  return (await readTrace(trace)).events.map(({ fields }) => fields.n as number);
}
