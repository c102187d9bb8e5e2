import { resolve } from "node:path";
import { formatLogEntry, KernelError, Machine, PAGE_SIZE } from "../../hw/mod.ts";
import { createBufFile, type RelayCallbacks, removeBufFile } from "../callbacks.ts";
import type { RelayChannel } from "../channel.ts";
import { Relay } from "../relay.ts";
import { assertNoneOverwritten, findInputs, type Input } from "./inputs.ts";
import { attempt, JobError } from "./job_error.ts";
import { Lane } from "./lane.ts";
import { parseRelayArguments, type RelayArguments, relayUsage } from "./relay_arguments.ts";
import { cpuTable, numastatTable, Progress, usage } from "./report.ts";
import { runCommand } from "./run_command.ts";

/** Name of the outputs, without the CPU number. */
const BASE = "relay";
/** Shape of a buffer: 4 sub-buffers of 64 KiB. */
const SUBBUF_SIZE = 65536;
const N_SUBBUFS = 4;

/** What ends the job early, and cleanly. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Relays files through the per-CPU buffers of a machine and says how it went: the main job. Answers
 * the exit code; everything that can go wrong ends in one line on standard error.
 */
export function relayFiles(args: readonly string[]): Promise<number> {
  const command = { usage: relayUsage, parse: parseRelayArguments };
  return runCommand(command, args, async (options) => {
    const progress = new Progress();
    try {
      await new Job(options, progress).run();
      return 0;
    } finally {
      progress.clear();
    }
  });
}

class Job {
  readonly #options: RelayArguments;
  readonly #progress: Progress;
  readonly #machine: Machine;
  readonly #lanes = new Map<number, Lane>();
  readonly #events: string[] = [];
  #interrupted = false;

  constructor(options: RelayArguments, progress: Progress) {
    this.#options = options;
    this.#progress = progress;
    const { cpus, nodes } = options;
    const buffersPerNode = Math.ceil((cpus + 1) / nodes);
    const frames = buffersPerNode * SUBBUF_SIZE * N_SUBBUFS / PAGE_SIZE;
    this.#machine = new Machine({
      nodes: new Array(nodes).fill(frames),
      cpus: cpus + 1,
      online: Array.from({ length: cpus }, (_, cpu) => cpu),
    });
    this.#machine.log.subscribe((entry) => this.#say(`kernel: ${formatLogEntry(entry)}`));
  }

  async run(): Promise<void> {
    const { files, cwd, out } = this.#options;
    const inputs = await findInputs(files, cwd);
    const channel = this.#open();
    const directory = resolve(cwd, out);
    await attempt("make", out, () => Deno.mkdir(directory, { recursive: true }));
    await assertNoneOverwritten(inputs, directory, channel.buf.map((_, cpu) => `${BASE}${cpu}`));

    const interrupt = (): void => void (this.#interrupted = true);
    for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
    try {
      await this.#relay(channel, inputs, directory);
      for (const lane of this.#lanes.values()) await lane.finish(() => this.#assertGoingOn());
      for (const lane of this.#lanes.values()) await lane.keep();
    } catch (error) {
      for (const lane of this.#lanes.values()) await lane.discard();
      if (!(error instanceof JobError)) throw error;
      throw new JobError(`${error.message}; no unfinished file is left in ${out}`);
    } finally {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
    }
    await this.#report(directory);
    channel.close();
    if (this.#watched) this.#say(`closed: ${usage(this.#machine.snapshot())}`);
  }

  get #watched(): boolean {
    return this.#options.failPage > 0 || this.#options.failSlab > 0;
  }

  #open(): RelayChannel {
    this.#machine.failPageAlloc.failNth(this.#options.failPage);
    this.#machine.failslab.failNth(this.#options.failSlab);
    try {
      return Relay.start(this.#machine, { checkRandomAccess: true }).open({
        baseFilename: BASE,
        subbufSize: SUBBUF_SIZE,
        nSubbufs: N_SUBBUFS,
        callbacks: this.#watched ? this.#watchedCallbacks() : null,
      });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#say(`unwound: ${usage(this.#machine.snapshot())}`);
      throw new JobError(`Cannot open the channel: ${error.code}, ${error.message}`);
    }
  }

  /** The files of debugfs, with a word as each one comes and goes. */
  #watchedCallbacks(): RelayCallbacks {
    return {
      createBufFile: (filename, parent, mode, buffer) => {
        this.#say(`making ${filename}: ${usage(this.#machine.snapshot())}`);
        return createBufFile(this.#machine, {}, filename, parent, mode, buffer);
      },
      removeBufFile: (dentry) => {
        this.#say(`removing ${dentry.name}: ${usage(this.#machine.snapshot())}`);
        removeBufFile({}, dentry);
      },
    };
  }

  /** Deals the files out to the online CPUs in turn; CPUs come and go on the way. */
  async #relay(channel: RelayChannel, inputs: Input[], directory: string): Promise<void> {
    const total = inputs.reduce((sum, input) => sum + input.size, 0);
    const { cpus } = this.#options;
    const hotplug = [
      { at: total / 2, run: () => this.#hotplug("cpu_up", cpus) },
      { at: total * 3 / 4, run: () => this.#hotplug("cpu_down", cpus - 1) },
    ];
    const hotplugAt = async (bytes: number): Promise<void> => {
      while (hotplug.length > 0 && bytes >= hotplug[0].at) hotplug.shift()!.run();
      await this.#openLanes(channel, directory);
    };
    await this.#openLanes(channel, directory);
    const chunk = new Uint8Array(SUBBUF_SIZE);
    let done = 0;
    let turn = 0;
    for (const { path, name } of inputs) {
      let lane = this.#laneOf(turn++);
      lane.files++;
      using file = await attempt("read", name, () => Deno.open(path));
      for (;;) {
        const length = await attempt("read", name, () => file.read(chunk));
        if (length === null) break;
        // A file whose CPU went down goes on on another one.
        if (!this.#machine.cpus.online.has(lane.buffer.cpu)) lane = this.#laneOf(turn++);
        await lane.write(chunk.subarray(0, length));
        done += length;
        this.#progress.show(done, total, `CPU ${lane.buffer.cpu}`);
        this.#assertGoingOn();
        if (done < total) await hotplugAt(done);
      }
    }
    await hotplugAt(Infinity);
    this.#progress.clear();
  }

  /** Makes the lanes of CPUs that have none yet. */
  async #openLanes(channel: RelayChannel, directory: string): Promise<void> {
    for (const buffer of channel.buf) {
      if (!buffer || this.#lanes.has(buffer.cpu)) continue;
      const lane = new Lane(this.#machine, buffer, `${directory}/${BASE}${buffer.cpu}`);
      this.#lanes.set(buffer.cpu, lane);
      await lane.open();
    }
  }

  /** The lane of the online CPU whose turn it is. */
  #laneOf(turn: number): Lane {
    const { online } = this.#machine.cpus;
    const lanes = [...this.#lanes.values()].filter((lane) => online.has(lane.buffer.cpu));
    return lanes[turn % lanes.length];
  }

  #hotplug(operation: "cpu_up" | "cpu_down", cpu: number): void {
    try {
      if (operation === "cpu_up") this.#machine.hotplug.cpuUp(cpu);
      else this.#machine.hotplug.cpuDown(cpu);
      this.#events.push(`${operation}(${cpu}): done`);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#events.push(`${operation}(${cpu}): ${error.code}, ${error.message}`);
      this.#say(`unwound: ${usage(this.#machine.snapshot())}`);
    }
  }

  #assertGoingOn(): void {
    if (this.#interrupted) throw new JobError("Interrupted");
  }

  async #report(directory: string): Promise<void> {
    const { out } = this.#options;
    const outputs = [...this.#lanes.keys()].map((cpu) => `${BASE}${cpu}`);
    console.log(cpuTable(this.#machine, this.#lanes.values()));
    console.log(`\n${numastatTable(this.#machine)}`);
    console.log(`\n  CPU hotplug: ${this.#events.join("; ")}`);
    console.log(`  checked: ${out}/${outputs.join(" ")} hold what went in`);
    const { failslab, failPageAlloc } = this.#machine;
    const never = { "--fail-page": failPageAlloc.nthFromNow, "--fail-slab": failslab.nthFromNow };
    for (const [option, missing] of Object.entries(never)) {
      if (missing > 0) console.log(`  ${option} came too late, by ${missing} allocations`);
    }
    const old: string[] = [];
    for await (const { name } of Deno.readDir(directory)) {
      if (/^relay\d+$/.test(name) && !outputs.includes(name)) old.push(name);
    }
    if (old.length > 0) console.log(`  from an earlier run, in ${out} as well: ${old.join(" ")}`);
  }

  #say(text: string): void {
    this.#progress.clear();
    console.log(`  ${text}`);
  }
}
