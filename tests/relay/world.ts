import {
  Dentry,
  KernelError,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
  NOTIFY_STOP,
  type OpenFile,
  PAGE_SIZE,
  regularInode,
  S_IFDIR,
} from "@ltt/relay/hw";
import {
  type BufferPage,
  Relay,
  type RelayBuffer,
  type RelayCallbacks,
  type RelayChannel,
  relayFileOperations,
} from "@ltt/relay/relay";
import { fnv1a, type Json, type Operation, pattern } from "./vector.ts";

/** What an operation did. */
export interface Outcome {
  readonly ret: Json;
  /** `data`, `fnv` and `nonseekable`, where the operation has them. */
  readonly extra: Record<string, Json>;
  readonly log: Json[];
  /** What it threw, which `ret` tells in the way of C. */
  readonly error: unknown;
}

interface ScriptNotifier {
  bad: [number, number][];
  stop: [number, number][];
}

/** A machine and a relay layer on it, driven by the operations of a vector. */
export class World {
  machine!: Machine;
  relay!: Relay;
  readonly channels = new Map<string, RelayChannel>();
  readonly files = new Map<string, OpenFile>();
  readonly dentries: Dentry[] = [];
  /** The callbacks made, by name. */
  readonly callbacks = new Map<string, RelayCallbacks>();
  readonly #checkRandomAccess: boolean;
  readonly #lastBuffers = new Map<string, RelayBuffer>();
  readonly #parents = new Map<string, Dentry>();
  readonly #failCpus = new Map<string, number[]>();
  readonly #notifiers = new Map<string, ScriptNotifier>();
  #log: Json[] = [];

  constructor(checkRandomAccess: boolean) {
    this.#checkRandomAccess = checkRandomAccess;
  }

  /** Carries an operation out. */
  apply(op: Operation): Outcome {
    this.#log = [];
    const extra: Record<string, Json> = {};
    let ret: Json;
    let error: unknown = null;
    try {
      ret = this.#run(op, extra);
    } catch (thrown) {
      error = thrown;
      ret = thrown instanceof KernelError && op.op !== "open" ? -thrown.errno : null;
    }
    return { ret, extra, log: this.#log, error };
  }

  /** Closes a channel whose name the script uses again: where it was recorded it never came to be. */
  forget(name: string): void {
    this.channels.get(name)?.[Symbol.dispose]();
    this.channels.delete(name);
    for (const key of this.#lastBuffers.keys()) {
      if (key.startsWith(`${name} `)) this.#lastBuffers.delete(key);
    }
  }

  /** Whether an allocation is to fail yet. */
  get faultPending(): boolean {
    const { failslab, failPageAlloc } = this.machine;
    return failslab.nthFromNow > 0 || failPageAlloc.nthFromNow > 0;
  }

  /** The buffer an operation is about: the channel's, or the one it had last; `null` for none. */
  buffer(op: Operation): RelayBuffer | null {
    const key = `${op.chan} ${op.cpu}`;
    const buffer = this.channels.get(op.chan)?.buf[op.cpu];
    if (buffer) this.#lastBuffers.set(key, buffer);
    return buffer ?? this.#lastBuffers.get(key) ?? null;
  }

  #run(op: Operation, extra: Record<string, Json>): Json {
    const chan = this.channels.get(op.chan)!;
    switch (op.op) {
      case "machine":
        return this.#boot(op);
      case "init":
        this.relay.init();
        return 0;
      case "notifier":
        this.#notifiers.set(op.name, { bad: op.bad ?? [], stop: op.stop ?? [] });
        this.machine.hotplug.registerCpuNotifier({
          priority: op.priority,
          notifierCall: (action, cpu) => this.#notified(op.name, action, cpu),
        });
        return 0;
      case "notifier_set":
        this.#notifiers.set(op.name, { bad: op.bad ?? [], stop: op.stop ?? [] });
        return 0;
      case "callbacks":
        this.#failCpus.set(op.cb, op.fail_cpus);
        this.callbacks.set(op.cb, this.#makeCallbacks(op));
        return null;
      case "callbacks_set":
        this.#failCpus.set(op.cb, op.fail_cpus);
        return null;
      case "fail_slab":
        this.machine.failslab.failNth(op.k);
        return null;
      case "fail_page":
        this.machine.failPageAlloc.failNth(op.k);
        return null;
      case "open":
        this.channels.set(op.chan, this.#open(op));
        return "ok";
      case "close":
        chan?.close();
        return null;
      case "get_chan":
        chan.get();
        return null;
      case "put_chan":
        chan.put();
        return null;
      case "get_buf":
        this.buffer(op)!.get();
        return null;
      case "put_buf":
        this.buffer(op)!.put();
        return null;
      case "file_open": {
        const file = this.dentries[op.dentry].open();
        this.files.set(op.file, file);
        extra.nonseekable = (file.mode & (4 | 8 | 16)) === 0;
        return 0;
      }
      case "file_release":
        this.files.get(op.file)!.close();
        this.files.delete(op.file);
        return 0;
      case "cpu_up":
        this.machine.hotplug.cpuUp(op.cpu);
        return 0;
      case "cpu_down":
        this.machine.hotplug.cpuDown(op.cpu);
        return 0;
      case "cpu_up_frozen":
        this.machine.hotplug.cpuUpFrozen(op.cpu);
        return 0;
      case "cpu_down_frozen":
        this.machine.hotplug.cpuDownFrozen(op.cpu);
        return 0;
      default:
        return this.#access(op, this.buffer(op)!, extra);
    }
  }

  #access(op: Operation, buffer: RelayBuffer, extra: Record<string, Json>): Json {
    const indexOf = (page: BufferPage): number => page.offset / PAGE_SIZE;
    switch (op.op) {
      case "write":
        return buffer.write(offsetOf(op, buffer), pattern(op.len, op.seed));
      case "read": {
        const dest = new Uint8Array(op.len);
        const ret = buffer.read(offsetOf(op, buffer), dest);
        if (op.len <= 64) extra.data = dest.toHex();
        else extra.fnv = fnv1a(dest);
        return ret;
      }
      case "read_get_page": {
        const page = buffer.readGetPage(offsetOf(op, buffer));
        return [indexOf(page), page.offset, page.page.nid];
      }
      case "offset_address": {
        const address = buffer.offsetAddress(offsetOf(op, buffer));
        const page = buffer.pages.find((page) =>
          Math.floor(address / PAGE_SIZE) === page.page.pfn
        )!;
        if (op.poke) this.machine.ram.bytes.set(pattern(op.poke.len, op.poke.seed), address);
        return [indexOf(page), address - page.address];
      }
      case "digest": {
        const bytes = (page: BufferPage): Uint8Array =>
          this.machine.ram.bytes.subarray(page.address, page.address + PAGE_SIZE);
        return {
          pages: buffer.pages.map((page) =>
            bytes(page).every((byte) => byte === 0) ? 0 : fnv1a(bytes(page))
          ),
          private_ok: buffer.pages.every((page) => page.page.private === page),
        };
      }
      default:
        throw new Error(`unknown operation ${op.op}`);
    }
  }

  #boot(op: Operation): Json {
    this.machine = new Machine({
      nodes: op.nodes,
      possible: op.possible,
      present: op.present,
      online: op.online,
      cpuToNode: op.cpu_node,
      ...(op.distance ? { distance: op.distance } : {}),
    });
    this.relay = new Relay(this.machine, { checkRandomAccess: this.#checkRandomAccess });
    this.machine.log.subscribe((entry) =>
      this.#log.push(
        entry.type === "printk"
          ? ["printk", entry.level, entry.text]
          : ["warn", entry.function, entry.condition],
      )
    );
    return {
      fallback: op.nodes.map((_: number, nid: number) => [...this.machine.numa.zonelist(nid)]),
    };
  }

  #notified(name: string, action: number, cpu: number): number {
    this.#log.push(["notify", name, action, cpu]);
    const { bad, stop } = this.#notifiers.get(name)!;
    const listed = (list: [number, number][]): boolean =>
      list.some(([a, c]) => a === action && c === cpu);
    return listed(bad) ? NOTIFY_BAD : listed(stop) ? NOTIFY_STOP : NOTIFY_OK;
  }

  #makeCallbacks(op: Operation): RelayCallbacks {
    const createBufFile: RelayCallbacks["createBufFile"] = (filename, parent, mode, buffer) => {
      const refused = this.#failCpus.get(op.cb)!.includes(buffer.cpu);
      const number = refused ? -1 : this.dentries.length;
      this.#log.push(["create", filename, parent?.name ?? "", mode, buffer.cpu, number]);
      if (refused) return null;
      const dentry = new Dentry(filename, regularInode(mode, buffer, relayFileOperations));
      this.dentries.push(dentry);
      return dentry;
    };
    const removeBufFile: RelayCallbacks["removeBufFile"] = (dentry) => {
      this.#log.push(["remove", this.dentries.indexOf(dentry), dentry.name]);
      dentry.remove();
    };
    return {
      ...(op.create ? { createBufFile } : {}),
      ...(op.remove ? { removeBufFile } : {}),
    };
  }

  #open(op: Operation): RelayChannel {
    let parent: Dentry | null = null;
    if (op.parent !== null) {
      const inode = { mode: S_IFDIR | 0o755, private: null, fops: {} };
      parent = this.#parents.get(op.parent) ?? new Dentry(op.parent, inode);
      this.#parents.set(op.parent, parent);
    }
    return this.relay.open({
      baseFilename: op.base,
      parent,
      subbufSize: Number(op.subbuf_size),
      nSubbufs: Number(op.n_subbufs),
      callbacks: op.cb === null ? null : this.callbacks.get(op.cb)!,
      privateData: op.private,
    });
  }
}

/** An offset as a number; one above 2^53 is reduced by the size of the buffer first. */
export function offsetOf(op: Operation, buffer: RelayBuffer): number {
  if (typeof op.off === "number") return op.off;
  return Number(BigInt(op.off) % BigInt(buffer.chan.allocSize));
}

/** An outcome for a failure message. */
export function describeOutcome({ ret, log, error }: Outcome): string {
  const thrown = error === null ? "" : `, threw ${error}`;
  return `answered ${JSON.stringify(ret)}${thrown}, log ${JSON.stringify(log)}`;
}
