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
import { afterKill, type KillCase } from "./kills.ts";
import { DamagedBox, readSparse, type SparseFile } from "./damaged_box.ts";
import { random32 } from "../../../hw/fault_inject.ts";

const PAGE = 4096;
/** Milliseconds that an input may take, on a machine that does a lot else. */
const MOST_MS = 5000;
/** Of so many inputs one is drained: each stays mapped, and a process may have 65,530 maps. */
const DRAINED = 25;

/** How an input ended. */
type Ended = "trace" | "parts" | "error";

/** A black box whose memory costs what is touched of it: most inputs are refused before much is. */
class TouchedBox extends BoxFile {
  #touched: ArrayBuffer | null = null;

  override get ram(): ArrayBuffer {
    const size = this.info.frames * PAGE;
    // A buffer that could be resized is not cleared before it is used.
    return this.#touched ??= new ArrayBuffer(size, { maxByteLength: size });
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

/** Recovers a damaged black box; fails for anything but what is promised. */
function recovered(box: DamagedBox, isLive: boolean, how: string): Promise<Ended> {
  return endOf(box, how, (output) => {
    using file = new TouchedBox(box.path, false);
    return recover(file, output, isLive);
  });
}

/** Drains a damaged black box, whose program is dead; fails for anything but what is promised. */
function drained(box: DamagedBox, how: string): Promise<Ended> {
  box.isWritten = true;
  return endOf(box, how, async (output) => {
    using file = new BoxFile(box.path, true);
    using lock = new DrainLock(file);
    return await drain(lock, output);
  });
}

/** Whether an error says what is wrong with a black box; what a program throws that has a fault does not. */
export function isNamed(error: unknown): boolean {
  // V8 begins its own like this too: "Cannot read properties of undefined".
  if (error instanceof TypeError) return /^Cannot [a-z].*: /.test(error.message);
  if (error instanceof CtfError) return true;
  // The output has thrown: at damage, or because it came to be too large.
  return error instanceof Error && error.message.startsWith("Cannot write to nowhere: CtfError: ");
}

async function endOf(
  { sizeBytes }: DamagedBox,
  how: string,
  take: (output: TraceOutput) => Recovered | Promise<Recovered>,
): Promise<Ended> {
  const begin = performance.now();
  let result: Ended;
  try {
    const { faultCount } = await take(new CheckedOutput(sizeBytes));
    result = faultCount === 0 ? "trace" : "parts";
  } catch (error) {
    if (!isNamed(error)) throw new Error(`not a named error for: ${how}`, { cause: error });
    result = "error";
  }
  const ms = performance.now() - begin;
  assert(ms < MOST_MS, `took ${ms} ms: ${how}`);
  return result;
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
  const counts = {
    recovered: { trace: 0, parts: 0, error: 0 },
    drained: { trace: 0, parts: 0, error: 0 },
  };
  const boxes = bases.map((base, i) => new DamagedBox(`${directory}/${i}`, base, random));
  try {
    for (let i = 0; i < inputs; i++) {
      const box = boxes[i % boxes.length];
      const how = `input ${i} of seed ${seed}: ${box.damage()}`;
      if (i % DRAINED === 0) counts.drained[await drained(box, how)]++;
      else counts.recovered[await recovered(box, random() % 4 === 0, how)]++;
    }
  } finally {
    for (const box of boxes) box.close();
    Deno.removeSync(directory, { recursive: true });
  }
  return counts;
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
