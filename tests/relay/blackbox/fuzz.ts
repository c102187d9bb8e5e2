/**
 * Damages black boxes in every way it can think of, and recovers them, or drains them as
 * `recover --attach` does: `deno task fuzz [--inputs N] [--seed N]`. Initially 1,000,000. Each input must end
 * in a trace, in parts left out by name, or in an error that says what is wrong; soon, and with no more
 * bytes than the file has.
 */
import { BoxFile, drain, DrainLock, recover, type Recovered } from "../../../relay/blackbox/mod.ts";
import type { TraceOutput } from "../../../relay/consume/mod.ts";
import { CtfError } from "../../../relay/ctf/mod.ts";
import { assert } from "@std/assert";
import { crc32 } from "node:zlib";
import { afterKill, type KillCase } from "./kills.ts";
import { random32 } from "../../../hw/fault_inject.ts";

const PAGE = 4096;
/** Milliseconds that an input may take, on a machine that does a lot else. */
const MOST_MS = 5000;
/** Of so many inputs one is drained: each stays mapped, and a process may have 65,530 maps. */
const DRAINED = 25;

/** How an input ended. */
type Ended = "trace" | "parts" | "error";

/** A file of zeros but for some pages, kept by those alone. */
export interface SparseFile {
  readonly size: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** Reads a file, of which most is zeros. */
export function readSparse(path: string): SparseFile {
  const bytes = Deno.readFileSync(path);
  const pages = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; at += PAGE) {
    const page = bytes.slice(at, at + PAGE);
    if (new Int32Array(page.buffer).some((word) => word !== 0)) pages.set(at / PAGE, page);
  }
  return { size: bytes.length, pages };
}

/** A black box whose memory costs what is touched of it: most inputs are refused before much is. */
class TouchedBox extends BoxFile {
  #touched: ArrayBuffer | null = null;

  override get ram(): ArrayBuffer {
    const size = this.info.frames * PAGE;
    // A buffer that could be resized is not cleared before it is used.
    return this.#touched ??= new ArrayBuffer(size, { maxByteLength: size });
  }
}

/** Numbers that programs stumble over. */
const ODD = [
  0,
  1,
  2,
  -1,
  -2,
  2 ** 31 - 1,
  -(2 ** 31),
  4096,
  -4096,
  0xffff,
  65536,
  255,
  256,
  1 << 30,
];

/** Damages files, each time another way, and undoes it. */
export class Fuzzer {
  readonly #path: string;
  readonly #base: SparseFile;
  readonly #file: Deno.FsFile;
  readonly #random: () => number;
  /** Pages that are not as in the base. */
  readonly #changed = new Set<number>();
  readonly #used: readonly number[];
  #size: number;
  /** Whether who drained it has stored to it. */
  #isWritten = false;

  /** Writes the base to `path`, to be damaged there. */
  constructor(path: string, base: SparseFile, random: () => number) {
    this.#path = path;
    this.#base = base;
    this.#random = random;
    this.#used = [...base.pages.keys()];
    this.#file = Deno.openSync(path, { read: true, write: true, create: true, truncate: true });
    this.#file.truncateSync(base.size);
    this.#size = base.size;
    for (const [page, bytes] of base.pages) this.#write(page * PAGE, bytes);
  }

  /** Damages the file; says how. */
  damage(): string {
    this.#restore();
    const how: string[] = [];
    const times = 1 + this.#below(4);
    for (let i = 0; i < times; i++) how.push(this.#damageOnce());
    // Behind a checksum that does not fit nothing else would be looked at.
    if (this.#below(8) > 0) this.#fixChecksum();
    return how.join("; ");
  }

  /** Recovers the damaged file; fails for anything but what is promised. */
  recover(how: string): Promise<Ended> {
    const isLive = this.#below(4) === 0;
    return this.#ended(how, (output) => {
      using box = new TouchedBox(this.#path, false);
      return recover(box, output, isLive);
    });
  }

  /** Drains the damaged file, whose program is dead; fails for anything but what is promised. */
  drain(how: string): Promise<Ended> {
    this.#isWritten = true;
    return this.#ended(how, async (output) => {
      using box = new BoxFile(this.#path, true);
      using lock = new DrainLock(box);
      return await drain(lock, output);
    });
  }

  async #ended(
    how: string,
    take: (output: TraceOutput) => Recovered | Promise<Recovered>,
  ): Promise<Ended> {
    const begin = performance.now();
    let result: Ended;
    try {
      const { faultCount } = await take(new CheckedOutput(this.#base.size));
      result = faultCount === 0 ? "trace" : "parts";
    } catch (error) {
      const isNamed = (error instanceof Error && /^Cannot [a-z]/.test(error.message)) ||
        error instanceof CtfError;
      if (!isNamed) throw new Error(`not a named error for: ${how}`, { cause: error });
      result = "error";
    }
    const ms = performance.now() - begin;
    assert(ms < MOST_MS, `took ${ms} ms: ${how}`);
    return result;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #below(limit: number): number {
    return this.#random() % limit;
  }

  #page(): number {
    // Most of the file is zeros that nobody looks at, and the first pages say what is where.
    const places = [
      0,
      this.#used[this.#below(this.#used.length)],
      this.#used[this.#below(Math.min(8, this.#used.length))],
      this.#used[this.#below(this.#used.length)],
      this.#used[this.#below(this.#used.length)],
      this.#below(this.#base.size / PAGE),
    ];
    return places[this.#below(places.length)];
  }

  #damageOnce(): string {
    const page = this.#page();
    const word = this.#below(3) === 0 ? this.#below(1024) : this.#below(64);
    const at = page * PAGE + 4 * word;
    switch (this.#below(9)) {
      case 0: {
        const bit = this.#below(8);
        const byte = this.#read(at, 1);
        byte[0] ^= 1 << bit;
        this.#change(at, byte);
        return `bit ${bit} of byte ${at}`;
      }
      case 1:
      case 2: {
        const value = ODD[this.#below(ODD.length)];
        this.#change(at, bytesOf(value));
        return `word ${at} is ${value}`;
      }
      case 3: {
        const value = this.#random() | 0;
        this.#change(at, bytesOf(value));
        return `word ${at} is ${value}`;
      }
      case 4: {
        const by = this.#below(2) === 0 ? 1 : -1;
        const [value] = new Int32Array(this.#read(at, 4).buffer);
        this.#change(at, bytesOf(value + by));
        return `word ${at} is ${value} and ${by}`;
      }
      case 5: {
        const other = this.#page();
        const [a, b] = [this.#read(page * PAGE, PAGE), this.#read(other * PAGE, PAGE)];
        this.#change(page * PAGE, b);
        this.#change(other * PAGE, a);
        return `pages ${page} and ${other} exchanged`;
      }
      case 6: {
        const from = this.#page();
        this.#change(page * PAGE, this.#read(from * PAGE, PAGE));
        return `page ${page} is page ${from}`;
      }
      case 7: {
        const noise = Uint8Array.from({ length: 1 + this.#below(64) }, () => this.#random());
        const begin = page * PAGE + this.#below(PAGE - noise.length);
        this.#change(begin, noise);
        return `${noise.length} bytes of noise at ${begin}`;
      }
      default: {
        if (this.#below(4) > 0) {
          this.#change(page * PAGE, new Uint8Array(PAGE));
          return `page ${page} is zeros`;
        }
        const size = this.#below(2) === 0 ? this.#below(this.#base.size) : this.#base.size + at;
        this.#file.truncateSync(size);
        this.#size = size;
        return `${size} bytes long`;
      }
    }
  }

  #fixChecksum(): void {
    const page = this.#read(0, PAGE);
    this.#change(12, bytesOf(crc32(page.subarray(20)) | 0));
  }

  /** Brings the file back to the base. */
  #restore(): void {
    if (this.#isWritten) {
      this.#file.truncateSync(0);
      this.#size = 0;
      this.#isWritten = false;
    }
    if (this.#size !== this.#base.size) {
      // What was cut off is zeros now.
      const first = Math.floor(Math.min(this.#size, this.#base.size) / PAGE);
      for (const page of this.#used) if (page >= first) this.#changed.add(page);
      this.#file.truncateSync(this.#base.size);
      this.#size = this.#base.size;
    }
    for (const page of this.#changed) {
      this.#write(page * PAGE, this.#base.pages.get(page) ?? new Uint8Array(PAGE));
    }
    this.#changed.clear();
  }

  #change(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.#size) return;
    for (let page = Math.floor(at / PAGE); page * PAGE < at + bytes.length; page++) {
      this.#changed.add(page);
    }
    this.#write(at, bytes);
  }

  #read(at: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#file.seekSync(at, Deno.SeekMode.Start);
    this.#file.readSync(bytes);
    return bytes;
  }

  #write(at: number, bytes: Uint8Array): void {
    this.#file.seekSync(at, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
  }
}

/** Takes a trace nowhere, and fails if it is larger than what it comes from. */
class CheckedOutput implements TraceOutput {
  readonly name = "nowhere";
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    // Metadata is not taken from the file a second time, but packets of losses are.
    this.#most = most + PAGE * 256;
  }

  metadata(bytes: Uint8Array): void {
    this.#add(bytes.length);
  }

  packet(_cpu: number, pieces: readonly Uint8Array[]): void {
    for (const { length } of pieces) this.#add(length);
  }

  provisional(cpu: number, packet: Uint8Array): void {
    this.packet(cpu, [packet]);
  }

  close(): void {}

  #add(bytes: number): void {
    this.#bytes += bytes;
    assert(this.#bytes <= this.#most, `${this.#bytes} bytes of a file of ${this.#most}`);
  }
}

/** Black boxes of programs that were killed, in both modes, whole and wrapped around. */
export async function killedBoxes(): Promise<SparseFile[]> {
  const bases: SparseFile[] = [];
  for (const mode of ["continuous", "flight-recorder"] as const) {
    for (const [threads, nSubbufs, afterMs] of [[1, 2, 30], [2, 8, 20], [2, 64, 1]]) {
      const one = { mode, output: "none", threads, subbufSize: 4096, nSubbufs, burst: 0, afterMs };
      bases.push(await afterKill(one as KillCase, ({ box }) => readSparse(box)));
    }
  }
  return bases;
}

function bytesOf(word: number): Uint8Array {
  return new Uint8Array(new Int32Array([word]).buffer);
}

/** Damages each base in turn, and counts how it ended; how those did that were drained, too. */
export async function fuzz(
  bases: readonly SparseFile[],
  inputs: number,
  seed: number,
): Promise<{ recovered: Record<Ended, number>; drained: Record<Ended, number> }> {
  const isShm = Deno.build.os === "linux";
  const directory = Deno.makeTempDirSync(isShm ? { dir: "/dev/shm" } : {});
  const random = random32(seed);
  const recovered = { trace: 0, parts: 0, error: 0 };
  const drained = { ...recovered };
  const fuzzers = bases.map((base, i) => new Fuzzer(`${directory}/${i}`, base, random));
  try {
    for (let i = 0; i < inputs; i++) {
      const fuzzer = fuzzers[i % fuzzers.length];
      const how = `input ${i} of seed ${seed}: ${fuzzer.damage()}`;
      if (i % DRAINED === 0) drained[await fuzzer.drain(how)]++;
      else recovered[await fuzzer.recover(how)]++;
    }
  } finally {
    for (const fuzzer of fuzzers) fuzzer.close();
    Deno.removeSync(directory, { recursive: true });
  }
  return { recovered, drained };
}

if (import.meta.main) {
  const option = (name: string, initial: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? initial : Number(Deno.args[at + 1]);
  };
  const inputs = option("inputs", 1_000_000);
  const ended = await fuzz(await killedBoxes(), inputs, option("seed", 1));
  console.log(`${inputs} inputs: ${JSON.stringify(ended)}`);
}
