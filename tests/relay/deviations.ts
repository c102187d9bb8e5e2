import { assert, assertEquals } from "@std/assert";
import { KernelError } from "@ltt/relay/hw";
import type { RelayBuffer } from "@ltt/relay/relay";
import { type Json, type Operation, pattern } from "./vector.ts";
import { describeOutcome, offsetOf, type Outcome, type World } from "./world.ts";

/**
 * What has to come of an operation where the design departs from the recording: each row of the
 * table in relay/mod.ts, told from the operation and from what this judge has seen before. It keeps
 * its own account of references and of the bytes written, so that nothing the code says of itself
 * is taken for granted.
 */
export class DeviationJudge {
  readonly #world: World;
  readonly #users = new Map<unknown, number>();
  readonly #bytes = new Map<RelayBuffer, Uint8Array>();
  readonly #closed = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether the operation still means something here: what it names came to be. */
  applies(op: Operation): boolean {
    const { channels, dentries, files } = this.#world;
    if (op.op === "file_open") return dentries[op.dentry] !== undefined && !files.has(op.file);
    if (op.op === "file_release") return files.has(op.file);
    if (op.op === "open" || op.chan === undefined || op.chan === null) return true;
    if (!channels.has(op.chan)) return false;
    return op.cpu === undefined || this.#world.buffer(op) !== null;
  }

  /**
   * Judges an operation that did not come out as recorded. `faultFired`: whether it met the
   * allocation that was to fail.
   */
  judge(op: Operation, outcome: Outcome, before: Json, after: Json, faultFired: boolean): void {
    const got = `${op.op} ${JSON.stringify({ ...op, expect: undefined })} ${
      describeOutcome(outcome)
    }`;
    const refusal = this.#refusal(op);
    if (refusal !== null) {
      const code = outcome.error instanceof KernelError ? outcome.error.code : null;
      const name = code ?? (outcome.error as Error | null)?.constructor.name;
      assertEquals(name, refusal, `${refusal} was due: ${got}`);
      assertEquals(after, before, `refused, and yet something changed: ${got}`);
      assertEquals(outcome.log, [], `refused, and yet something was said: ${got}`);
    } else if (op.op === "open") {
      this.#judgeOpen(op, outcome, before, after, faultFired, got);
    } else if (op.op.startsWith("cpu_")) {
      this.#judgeCpu(op, outcome, got);
    } else {
      assertEquals(outcome.error, null, `nothing stands against it: ${got}`);
      if (op.op === "write" || op.op === "read") assertEquals(outcome.ret, op.len, got);
    }
  }

  /** Takes note of what came of an operation. */
  note(op: Operation, outcome: Outcome): void {
    if (outcome.error !== null) return;
    const buffer = this.#world.buffer(op);
    const holder = op.op.endsWith("_chan") ? this.#world.channels.get(op.chan) : buffer;
    if (op.op.startsWith("get_")) this.#users.set(holder, (this.#users.get(holder) ?? 0) + 1);
    if (op.op === "put_chan" || (op.op === "put_buf" && holder !== null)) {
      this.#users.set(holder, (this.#users.get(holder) ?? 0) - 1);
    }
    if (op.op === "close" && op.chan !== null) this.#closed.add(op.chan);
    if (!buffer) return;
    const bytes = this.#bytes.get(buffer) ?? new Uint8Array(buffer.chan.allocSize);
    this.#bytes.set(buffer, bytes);
    if (op.op === "write") bytes.set(pattern(op.len, op.seed), this.#begin(op, buffer));
    if (op.poke) bytes.set(pattern(op.poke.len, op.poke.seed), this.#begin(op, buffer));
    this.#assertBytes(buffer, bytes);
  }

  /** Gives back every reference this judge knows of. */
  releaseAll(): void {
    for (const [holder, count] of this.#users) {
      for (let i = 0; i < count; i++) (holder as RelayBuffer).put();
    }
  }

  /** Error that is due: a kernel code or the name of an error class; `null` when there is none. */
  #refusal(op: Operation): string | null {
    const { world, users } = { world: this.#world, users: this.#users };
    const channel = world.channels.get(op.chan);
    switch (op.op) {
      case "open":
        return this.#openRefusal(op);
      case "close":
        return this.#closed.has(op.chan) ? "TypeError" : null;
      case "get_chan":
        return channel!.kref === 0 ? "TypeError" : null;
      case "put_chan":
        return (users.get(channel) ?? 0) === 0 ? "TypeError" : null;
      case "get_buf":
        return world.buffer(op)!.kref === 0 ? "TypeError" : null;
      case "put_buf":
        return (users.get(world.buffer(op)) ?? 0) === 0 ? "TypeError" : null;
      case "file_open":
        return world.dentries[op.dentry].exists ? null : "ENOENT";
      case "write":
      case "read":
      case "read_get_page":
      case "offset_address": {
        const buffer = world.buffer(op)!;
        const length = op.len ?? 1;
        const end = this.#begin(op, buffer) + length;
        const outside = end > buffer.chan.allocSize || buffer.kref === 0;
        return outside && length > 0 ? "RangeError" : null;
      }
      default:
        return null;
    }
  }

  #openRefusal(op: Operation): string | null {
    const sizes = [BigInt(op.subbuf_size), BigInt(op.n_subbufs)];
    const [subbufSize, nSubbufs] = sizes;
    const product = subbufSize * nSubbufs;
    const powers = sizes.every((size) => size > 0n && (size & (size - 1n)) === 0n);
    if (op.base === null || !powers || product < 4096n || product > 2n ** 30n) return "EINVAL";
    const longest = `${op.base}${this.#world.machine.cpus.nrCpuIds - 1}`;
    return longest.length > 254 ? "ENAMETOOLONG" : null;
  }

  /** As recorded, unless it hangs on buffers that one side made and the other did not. */
  #judgeCpu(op: Operation, outcome: Outcome, got: string): void {
    assert(outcome.error === null || outcome.error instanceof KernelError, got);
    const recorded = op.expect.log ?? [];
    const relayFailed = (log: readonly Json[]): boolean =>
      JSON.stringify(log).includes("buffer creation failed");
    if (relayFailed(outcome.log) || relayFailed(recorded)) return;
    assertEquals(outcome.ret, op.expect.ret, `nothing of relay's is in it: ${got}`);
    const told = (log: readonly Json[]): Json[] =>
      log.filter((entry) => ["notify", "printk"].includes((entry as string[])[0]));
    assertEquals(told(outcome.log), told(recorded), `nothing of relay's is in it: ${got}`);
  }

  #judgeOpen(
    op: Operation,
    outcome: Outcome,
    before: Json,
    after: Json,
    faultFired: boolean,
    got: string,
  ): void {
    if (outcome.error === null) return;
    assert(outcome.error instanceof KernelError, got);
    // Channels that the original refused and we did not can be in the way.
    const excused = faultFired || this.#isShort(op) ||
      (outcome.error.code === "EEXIST" && this.#nameIsTaken(op));
    assert(op.expect.ret === null || excused, `open should have worked: ${got}`);
    assert(op.cb !== null || excused, `files in debugfs were due: ${got}`);
    assertEquals(after, before, `a failed open left something behind: ${got}`);
    const count = (kind: string): number =>
      outcome.log.filter((entry) =>
        (entry as Json[])[0] === kind && (entry as Json[]).at(-1) !== -1
      )
        .length;
    assertEquals(count("remove"), count("create"), `files made and files removed differ: ${got}`);
  }

  /** Whether there are fewer free frames than the channel needs. */
  #isShort(op: Operation): boolean {
    const { machine } = this.#world;
    const free = machine.pages.zones.reduce((sum, zone) => sum + zone.nrFreePages, 0);
    const pages = Number(op.subbuf_size) * Number(op.n_subbufs) / 4096;
    return free < pages * machine.cpus.online.size;
  }

  #nameIsTaken(op: Operation): boolean {
    return [...this.#world.channels.values()].some((channel) =>
      channel.kref > 0 && channel.baseFilename === op.base &&
      (channel.parent?.name ?? null) === op.parent
    );
  }

  #assertBytes(buffer: RelayBuffer, expected: Uint8Array): void {
    const { bytes } = this.#world.machine.ram;
    for (const page of buffer.pages) {
      const actual = bytes.subarray(page.address, page.address + 4096);
      const wanted = expected.subarray(page.offset, page.offset + 4096);
      assert(actual.every((byte, i) => byte === wanted[i]), `bytes of the page at ${page.offset}`);
    }
  }

  #begin(op: Operation, buffer: RelayBuffer): number {
    return Number(BigInt(offsetOf(op, buffer)) % BigInt(buffer.chan.allocSize));
  }
}
