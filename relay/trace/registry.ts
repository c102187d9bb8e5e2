import { type Address, KernelError, PAGE_SIZE } from "../../hw/mod.ts";
import { eventMetadata, type FieldLike, LOGLEVELS } from "../ctf/mod.ts";
import {
  ACTIVE,
  COUNT,
  FLAGS_AT,
  LOCK,
  MAGIC,
  MAX_TRACEPOINTS,
  NAMES_AT,
  NAMES_END,
  NAMES_SIZE,
  REGISTRY_MAGIC,
  REGISTRY_VERSION,
  RULES_AT,
  RULES_SIZE,
  RULES_WORD,
  STREAMS,
  TABLE_AT,
  TABLE_WORDS,
  TEXT_AT,
  TEXT_END,
  TEXT_SIZE,
  THREADS,
  UNATTACHED,
  VERSION,
} from "./registry_layout.ts";
import { EventRules } from "./event_rules.ts";
import { withLock } from "./shared_lock.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What is declared as a tracepoint. */
export interface Declaration {
  /** Its name, any text. */
  readonly name: string;
  /** How important its events are, 0 the most. */
  readonly loglevel: number;
  /** Fields of its events. */
  readonly fields: readonly FieldLike[];
  /** Bytes an event has at least, with a compact header. */
  readonly size: number;
}

/**
 * What all threads of a session know of its tracepoints: names, IDs, metadata, which are enabled. It
 * lies in RAM, drawn in `registry_layout.ts`. Any thread can declare a tracepoint, at once, while
 * every other one is busy: a lock is held for microseconds, and taken from a thread that died with it.
 */
export class Registry {
  /** A word a tracepoint: 0 while its events are not recorded. */
  readonly flags: Int32Array;
  readonly #words: Int32Array;
  readonly #table: Int32Array;
  readonly #rules: Uint8Array;
  readonly #names: Uint8Array;
  readonly #text: Uint8Array;
  /** IDs by name, of those that were looked at. */
  readonly #ids = new Map<string, number>();

  /** The registry at an address; a `TypeError` if there is none. */
  constructor(ram: ArrayBufferLike, address: Address) {
    this.#words = new Int32Array(ram, address, FLAGS_AT / 4);
    if (this.#words[MAGIC] !== REGISTRY_MAGIC || this.#words[VERSION] !== REGISTRY_VERSION) {
      throw new TypeError(`Cannot look at a registry at ${address}: there is none of this version`);
    }
    this.flags = new Int32Array(ram, address + FLAGS_AT, MAX_TRACEPOINTS);
    this.#table = new Int32Array(ram, address + TABLE_AT, TABLE_WORDS * MAX_TRACEPOINTS);
    this.#rules = new Uint8Array(ram, address + RULES_AT, 2 * RULES_SIZE);
    this.#names = new Uint8Array(ram, address + NAMES_AT, NAMES_SIZE);
    this.#text = new Uint8Array(ram, address + TEXT_AT, TEXT_SIZE);
  }

  /** Makes an empty registry of zeroed memory. `metadata` is the part that comes before all events. */
  static create(ram: ArrayBufferLike, address: Address, metadata: string): Registry {
    const words = new Int32Array(ram, address, FLAGS_AT / 4);
    words[VERSION] = REGISTRY_VERSION;
    words[MAGIC] = REGISTRY_MAGIC;
    const registry = new Registry(ram, address);
    const end = registry.#append(registry.#text, 0, encoder.encode(metadata), "the metadata");
    Atomics.store(registry.#words, TEXT_END, end);
    return registry;
  }

  /** Tracepoints declared so far; their IDs are below. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
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
    // As it is read back, by any thread.
    const wellFormed = { ...declaration, name: declaration.name.toWellFormed() };
    return this.#locked(() => {
      this.#finish();
      return this.#find(wellFormed) ?? this.#add(wellFormed);
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
    const [at, length] = this.#table.subarray(TABLE_WORDS * id);
    return decoder.decode(this.#names.slice(at, at + length));
  }

  /** Bytes an event of a tracepoint has at least. */
  sizeOf(id: number): number {
    return this.#table[TABLE_WORDS * id + 5];
  }

  /** Bytes of metadata there are. */
  get metadataLength(): number {
    return Atomics.load(this.#words, TEXT_END);
  }

  /** A copy of the metadata from byte `from` on, whole declarations. */
  metadata(from: number): Uint8Array<ArrayBuffer> {
    return this.#text.slice(from, this.metadataLength);
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

  /** Events of threads without a CPU, all lost. */
  get unattached(): number {
    return Atomics.load(this.#words, UNATTACHED) >>> 0;
  }

  /** Counts an event of a thread without a CPU. */
  countUnattached(): void {
    Atomics.add(this.#words, UNATTACHED, 1);
  }

  /** A number for a thread, which no other thread of the session gets. */
  countThread(): number {
    return Atomics.add(this.#words, THREADS, 1);
  }

  /** Counts the tracepoint of a thread that died when it had published the text, and nothing else was left to do. */
  #finish(): void {
    const id = this.count;
    const [, , at, length] = this.#table.subarray(TABLE_WORDS * id);
    if (id < MAX_TRACEPOINTS && length > 0 && at + length === this.metadataLength) {
      Atomics.store(this.#words, COUNT, id + 1);
    }
  }

  #find({ name, loglevel, fields }: Declaration): number | null {
    while (this.#ids.size < this.count) this.#ids.set(this.nameOf(this.#ids.size), this.#ids.size);
    const id = this.#ids.get(name);
    if (id === undefined) return null;
    const [, , at, length] = this.#table.subarray(TABLE_WORDS * id);
    const text = decoder.decode(this.#text.slice(at, at + length));
    if (text === eventMetadata({ name, id, loglevel, fields }).toWellFormed()) return id;
    const what = "with other fields or another log level";
    throw new TypeError(`Cannot declare tracepoint "${name}": it is declared ${what}`);
  }

  #add({ name, loglevel, fields, size }: Declaration): number {
    const id = this.count;
    const what = `tracepoint "${name}"`;
    if (id === MAX_TRACEPOINTS) throw noRoom(`declare ${what}`, `there are ${id} already`);
    const nameAt = this.#words[NAMES_END];
    const textAt = this.#words[TEXT_END];
    const nameBytes = encoder.encode(name);
    const text = encoder.encode(eventMetadata({ name, id, loglevel, fields }));
    const namesEnd = this.#append(this.#names, nameAt, nameBytes, what);
    const textEnd = this.#append(this.#text, textAt, text, what);
    this.#table.set(
      [nameAt, nameBytes.length, textAt, text.length, loglevel, size],
      TABLE_WORDS * id,
    );
    this.flags[id] = this.active && this.#rulesInForce.enabled(name, loglevel) ? 1 : 0;
    this.#words[NAMES_END] = namesEnd;
    Atomics.store(this.#words, TEXT_END, textEnd);
    Atomics.store(this.#words, COUNT, id + 1);
    return id;
  }

  #append(area: Uint8Array, at: number, bytes: Uint8Array, what: string): number {
    if (at + bytes.length > area.length) throw noRoom(`declare ${what}`, "the registry is full");
    area.set(bytes, at);
    return at + bytes.length;
  }

  get #rulesInForce(): EventRules {
    const word = Atomics.load(this.#words, RULES_WORD);
    const at = (word & 1) * RULES_SIZE;
    return EventRules.parse(decoder.decode(this.#rules.slice(at, at + (word >>> 1))));
  }

  #changeRules(change: (rules: EventRules) => void): void {
    this.#locked(() => {
      const rules = this.#rulesInForce;
      change(rules);
      const text = encoder.encode(`${rules}`);
      if (text.length > RULES_SIZE) {
        throw noRoom("add a rule", `rules have ${RULES_SIZE} bytes`);
      }
      const half = ~Atomics.load(this.#words, RULES_WORD) & 1;
      this.#rules.set(text, half * RULES_SIZE);
      Atomics.store(this.#words, RULES_WORD, text.length << 1 | half);
      this.#setFlags();
    });
  }

  /** Brings the flags up to date with the rules. */
  #setFlags(): void {
    const rules = this.#rulesInForce;
    const { active } = this;
    for (let id = 0; id < this.count; id++) {
      const loglevel = this.#table[TABLE_WORDS * id + 4];
      const enabled = active && rules.enabled(this.nameOf(id), loglevel);
      Atomics.store(this.flags, id, enabled ? 1 : 0);
    }
  }

  #locked<T>(body: () => T): T {
    return withLock(this.#words, LOCK, body);
  }
}

function noRoom(action: string, why: string): KernelError {
  return new KernelError("ENOSPC", `Cannot ${action}: ${why}`);
}

/** Rules are read by all threads: what is no text must not get among them. */
function assertPattern(pattern: string): void {
  if (typeof pattern === "string") return;
  throw new TypeError(`Cannot tell which events are meant: ${pattern} is no pattern`);
}
