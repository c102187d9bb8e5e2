import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import { formatLogEntry, KernelError, Machine, PAGE_SIZE } from "../../hw/mod.ts";
import { createBufFile, type RelayCallbacks, removeBufFile } from "../callbacks.ts";
import type { RelayChannel } from "../channel.ts";
import { Relay } from "../relay.ts";
import { parseArguments, type RelayArguments, usage as help } from "./arguments.ts";
import { attempt, JobError } from "./job_error.ts";
import { Lane } from "./lane.ts";
import { cpuTable, numastatTable, Progress, usage } from "./report.ts";

/** Name of the files, without the CPU number. */
const BASE = "relay";
/** Shape of a buffer: 4 sub-buffers of 64 KiB. */
const SUBBUF_SIZE = 65536;
const N_SUBBUFS = 4;

/** Something to relay. */
interface Input {
  readonly path: string;
  readonly size: number;
}

/**
 * Relays files through the per-CPU buffers of a machine and says how it went: the main job. Answers
 * the exit code; everything that can go wrong ends in one line on standard error.
 */
export async function relayFiles(args: readonly string[]): Promise<number> {
  try {
    const options = parseArguments(args);
    if (options) await new Job(options).run();
    else console.log(help);
    return 0;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    console.error(`error: ${error.message}`);
    return 1;
  }
}

class Job {
  readonly #options: RelayArguments;
  readonly #machine: Machine;
  readonly #lanes = new Map<number, Lane>();
  readonly #events: string[] = [];
  #progress = new Progress(0);
  #interrupted = false;

  constructor(options: RelayArguments) {
    this.#options = options;
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
    const inputs = await this.#inputs();
    const { out } = this.#options;
    const directory = this.#resolve(out);
    await attempt("make", out, () => Deno.mkdir(directory, { recursive: true }));
    const channel = this.#open();
    const interrupt = (): void => void (this.#interrupted = true);
    Deno.addSignalListener("SIGINT", interrupt);
    try {
      await this.#relay(channel, inputs, directory);
      for (const lane of this.#lanes.values()) await lane.finish();
      for (const lane of this.#lanes.values()) await lane.keep();
    } catch (error) {
      for (const lane of this.#lanes.values()) await lane.discard();
      if (!(error instanceof JobError)) throw error;
      throw new JobError(`${error.message}; no unfinished file is left in ${out}`);
    } finally {
      Deno.removeSignalListener("SIGINT", interrupt);
    }
    this.#report(channel);
  }

  /** What to relay, looked at before anything is written. */
  async #inputs(): Promise<Input[]> {
    const { files } = this.#options;
    const paths = files.length > 0 ? files.map((file) => this.#resolve(file)) : await ownSources();
    const inputs: Input[] = [];
    for (const [index, path] of paths.entries()) {
      const named = files[index] ?? path;
      const { isDirectory, size } = await attempt("read", named, () => Deno.stat(path));
      if (isDirectory) throw new JobError(`Cannot read ${named}: it is a directory`);
      await attempt("read", named, async () => (await Deno.open(path)).close());
      inputs.push({ path, size });
    }
    return inputs;
  }

  #open(): RelayChannel {
    const { failPage, failSlab } = this.#options;
    this.#machine.failPageAlloc.failNth(failPage);
    this.#machine.failslab.failNth(failSlab);
    const watched = failPage > 0 || failSlab > 0;
    try {
      return Relay.start(this.#machine, { checkRandomAccess: true }).open({
        baseFilename: BASE,
        subbufSize: SUBBUF_SIZE,
        nSubbufs: N_SUBBUFS,
        ...(watched ? { callbacks: this.#watchedCallbacks() } : {}),
      });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#sayUnwound();
      throw new JobError(`Cannot open the channel: ${error.code}, ${error.message}`);
    }
  }

  /** The files of debugfs, with a word as each one comes and goes. */
  #watchedCallbacks(): RelayCallbacks {
    return {
      createBufFile: (filename, parent, mode, buffer) => {
        this.#say(`made ${filename}: ${usage(this.#machine.snapshot())}`);
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
    this.#progress = new Progress(total);
    const chunk = new Uint8Array(SUBBUF_SIZE);
    const { cpus } = this.#options;
    const pending = [
      { at: total / 2, run: () => this.#hotplug("cpu_up", cpus) },
      { at: total * 3 / 4, run: () => this.#hotplug("cpu_down", cpus - 1) },
    ];
    const hotplugAt = async (bytes: number): Promise<void> => {
      while (pending.length > 0 && bytes >= pending[0].at) pending.shift()!.run();
      await this.#openLanes(channel, directory);
    };
    await this.#openLanes(channel, directory);
    let done = 0;
    let turn = 0;
    for (const { path } of inputs) {
      let lane = this.#laneOf(turn++);
      lane.files++;
      using file = await attempt("read", path, () => Deno.open(path));
      for (;;) {
        const length = await attempt("read", path, () => file.read(chunk));
        if (length === null) break;
        // A file whose CPU went down goes on on another one.
        if (!this.#machine.cpus.online.has(lane.buffer.cpu)) lane = this.#laneOf(turn++);
        await lane.write(chunk.subarray(0, length));
        done += length;
        this.#progress.show(done, `CPU ${lane.buffer.cpu}`);
        if (this.#interrupted) throw new JobError("Interrupted");
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
      this.#sayUnwound();
    }
  }

  #report(channel: RelayChannel): void {
    const { out, failPage, failSlab } = this.#options;
    console.log(cpuTable(this.#machine, this.#lanes.values()));
    console.log(`\n${numastatTable(this.#machine)}`);
    console.log(`\n  CPU hotplug: ${this.#events.join("; ")}`);
    console.log(`  checked: what is in ${out}/${BASE}* is what went in`);
    const { slab, nodes } = this.#machine.snapshot();
    const pages = nodes.reduce(
      (sum, { counters }) => sum + counters.numaHit + counters.numaMiss,
      0,
    );
    if (failPage > pages) {
      console.log(`  --fail-page ${failPage} never came: ${pages} pages were allocated`);
    }
    if (failSlab > slab.allocated) {
      console.log(`  --fail-slab ${failSlab} never came: ${slab.allocated} objects were allocated`);
    }
    channel.close();
  }

  #sayUnwound(): void {
    this.#say(`unwound: ${usage(this.#machine.snapshot())}`);
  }

  #say(text: string): void {
    this.#progress.clear();
    console.log(`  ${text}`);
  }

  #resolve(path: string): string {
    return resolve(this.#options.cwd, path);
  }
}

/** The files this package consists of. */
async function ownSources(): Promise<string[]> {
  const root = new URL("../../", import.meta.url);
  if (root.protocol !== "file:") throw new JobError("Cannot choose what to relay: no FILE given");
  const sources: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    for await (const entry of Deno.readDir(directory)) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory) await visit(path);
      else if (entry.name.endsWith(".ts")) sources.push(path);
    }
  };
  const base = fileURLToPath(root).replace(/\/$/, "");
  for (const directory of ["hw", "relay"]) await visit(`${base}/${directory}`);
  return [`${base}/mod.ts`, ...sources.sort()];
}
