import { type Address, PAGE_SIZE } from "../../hw/ram.ts";
import { LOGLEVELS } from "../ctf/loglevel.ts";
import type { EventRules } from "./event_rules.ts";
import {
  ACTIVE,
  FLAGS_AT,
  LOCK,
  MAGIC,
  MAX_TRACEPOINTS,
  REGISTRY_MAGIC,
  REGISTRY_VERSION,
  RULES_AT,
  RULES_SIZE,
  RULES_WORD,
  STREAMS,
  TEXT_AT,
  TEXT_SIZE,
  THREADS,
  UNATTACHED,
  VERSION,
} from "./registry_layout.ts";
import { withLock } from "./shared_lock.ts";
import { SharedRules } from "./shared_rules.ts";
import { type Declaration, TracepointTable } from "./tracepoint_table.ts";

/**
 * What all threads of a session know of its tracepoints: names, IDs, metadata, which are enabled. It
 * lies in RAM, drawn in `registry_layout.ts`. Any thread can declare a tracepoint, at once, while
 * every other one is busy: a lock is held for microseconds, and taken from a thread that died with it.
 */
export class Registry {
  /** A word a tracepoint: 0 while its events are not recorded. */
  readonly flags: Int32Array;
  readonly #words: Int32Array;
  /** One number of 64 bits, which threads count up at once. */
  readonly #unattached: BigUint64Array;
  readonly #tracepoints: TracepointTable;
  readonly #rules: SharedRules;

  /** The registry at an address; a `TypeError` if there is none. */
  constructor(ram: ArrayBufferLike, address: Address) {
    this.#words = new Int32Array(ram, address, FLAGS_AT / 4);
    if (this.#words[MAGIC] !== REGISTRY_MAGIC || this.#words[VERSION] !== REGISTRY_VERSION) {
      throw new TypeError(`Cannot look at a registry at ${address}: there is none of this version`);
    }
    this.#unattached = new BigUint64Array(ram, address + 4 * UNATTACHED, 1);
    this.flags = new Int32Array(ram, address + FLAGS_AT, MAX_TRACEPOINTS);
    this.#tracepoints = new TracepointTable(ram, address, this.#words);
    const halves = new Uint8Array(ram, address + RULES_AT, 2 * RULES_SIZE);
    this.#rules = new SharedRules(this.#words, RULES_WORD, halves);
  }

  /** Makes an empty registry of zeroed memory. `metadata` is the part that comes before all events. */
  static create(ram: ArrayBufferLike, address: Address, metadata: string): Registry {
    const words = new Int32Array(ram, address, FLAGS_AT / 4);
    words[VERSION] = REGISTRY_VERSION;
    words[MAGIC] = REGISTRY_MAGIC;
    const registry = new Registry(ram, address);
    registry.#tracepoints.begin(metadata);
    return registry;
  }

  /**
   * The registry of memory that comes from elsewhere, of which `load` brings parts before they are read. A
   * `TypeError` if there is none, or what it says cannot be.
   */
  static checked(
    ram: ArrayBufferLike,
    address: Address,
    load: (address: Address, length: number) => void,
  ): Registry {
    load(address, FLAGS_AT);
    const registry = new Registry(ram, address);
    const { metadataLength, unattached } = registry;
    if (metadataLength < 0 || metadataLength > TEXT_SIZE || !Number.isSafeInteger(unattached)) {
      throw new TypeError(`Cannot look at the registry at ${address}: it is damaged`);
    }
    load(address + TEXT_AT, metadataLength);
    return registry;
  }

  /** Tracepoints declared so far; their IDs are below. */
  get count(): number {
    return this.#tracepoints.count;
  }

  /** Whether events are recorded, of those tracepoints that are enabled. */
  get active(): boolean {
    return Atomics.load(this.#words, ACTIVE) === 1;
  }

  /** Begins or stops to record. */
  set active(active: boolean) {
    this.#locked(() => {
      Atomics.store(this.#words, ACTIVE, active ? 1 : 0);
      this.#setFlags();
    });
  }

  /**
   * Declares a tracepoint, and returns its ID: the same for the same declaration, whichever thread
   * makes it. A `TypeError` when the name has other fields or another log level already, `ENOSPC`
   * when there is no room for another tracepoint.
   */
  declare(declaration: Declaration): number {
    const { loglevel } = declaration;
    // As it is read back, by any thread.
    const name = declaration.name.toWellFormed();
    return this.#locked(() => {
      this.#tracepoints.finish();
      const found = this.#tracepoints.find({ ...declaration, name });
      if (found !== null) return found;
      const id = this.count;
      // Before it is published: who sees it then also sees whether it is enabled.
      this.flags[id] = this.active && this.#rules.inForce.enabled(name, loglevel) ? 1 : 0;
      this.#tracepoints.add({ ...declaration, name });
      return id;
    });
  }

  /**
   * Records the events of tracepoints that match a pattern and are as important as `loglevel` or
   * more; initially of all. `ENOSPC` when there are too many rules: some 200.
   */
  enable(pattern: string, loglevel: number = LOGLEVELS.debug): void {
    assertPattern(pattern);
    this.#changeRules((rules) => rules.enable(pattern, loglevel));
  }

  /** Does not record the events of tracepoints that match a pattern, from now on. */
  disable(pattern: string): void {
    assertPattern(pattern);
    this.#changeRules((rules) => rules.disable(pattern));
  }

  /** Name of a tracepoint. */
  nameOf(id: number): string {
    return this.#tracepoints.nameOf(id);
  }

  /** Bytes an event of a tracepoint has at least. */
  sizeOf(id: number): number {
    return this.#tracepoints.sizeOf(id);
  }

  /** Bytes of metadata there are. */
  get metadataLength(): number {
    return this.#tracepoints.metadataLength;
  }

  /** A copy of the metadata from byte `from` on, whole declarations. */
  metadata(from: number): Uint8Array<ArrayBuffer> {
    return this.#tracepoints.metadata(from);
  }

  /** Addresses of the state of a CPU's stream, and of its ring's control page; `null` before it has one. */
  stream(cpu: number): { readonly state: Address; readonly control: Address } | null {
    const state = Atomics.load(this.#words, STREAMS + 2 * cpu) * PAGE_SIZE;
    const control = Atomics.load(this.#words, STREAMS + 2 * cpu + 1) * PAGE_SIZE;
    return state === 0 ? null : { state, control };
  }

  /** Says where they are; the control page may not be known yet. */
  setStream(cpu: number, state: Address, control: Address): void {
    Atomics.store(this.#words, STREAMS + 2 * cpu + 1, control / PAGE_SIZE);
    Atomics.store(this.#words, STREAMS + 2 * cpu, state / PAGE_SIZE);
  }

  /** Events of threads without a CPU, all lost; exact up to 2^53. */
  get unattached(): number {
    return Number(Atomics.load(this.#unattached, 0));
  }

  /** Counts an event of a thread without a CPU. */
  countUnattached(): void {
    Atomics.add(this.#unattached, 0, 1n);
  }

  /** A number for a thread, which no other thread of the session gets. */
  countThread(): number {
    return Atomics.add(this.#words, THREADS, 1);
  }

  #changeRules(change: (rules: EventRules) => void): void {
    this.#locked(() => {
      const rules = this.#rules.inForce;
      change(rules);
      this.#rules.set(rules);
      this.#setFlags();
    });
  }

  /** Brings the flags up to date with the rules. */
  #setFlags(): void {
    const rules = this.#rules.inForce;
    const { active } = this;
    for (let id = 0; id < this.count; id++) {
      const enabled = active && rules.enabled(this.nameOf(id), this.#tracepoints.loglevelOf(id));
      Atomics.store(this.flags, id, enabled ? 1 : 0);
    }
  }

  #locked<T>(body: () => T): T {
    return withLock(this.#words, LOCK, body);
  }
}

/** Rules are read by all threads: what is no text must not get among them. */
function assertPattern(pattern: string): void {
  if (typeof pattern === "string") return;
  throw new TypeError(`Cannot tell which events are meant: ${pattern} is no pattern`);
}
