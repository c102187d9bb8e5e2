/**
 * The first page of a black box: what the rest is, so that it can be read without the program that wrote
 * it. All numbers are little-endian.
 *
 * ```text
 *  the file
 *
 *  byte      0  superblock, a page                      written before the first event, but for STATE
 *         4 Ki  RAM of the session's machine, FRAMES pages; addresses in it count from here
 *               ├─ the registry, at page REGISTRY: names and IDs of tracepoints, the metadata of the
 *               │  trace, and for each CPU where its stream's state and its ring's control page are
 *               │  (drawn in ../trace/registry_layout.ts)
 *               ├─ for each CPU the state of its stream: time of the last event, losses, names
 *               │  (../trace/stream_state.ts)
 *               └─ for each CPU a ring: control pages, which say where the pages of its sub-buffers are
 *                  (../ring/control.ts); a sub-buffer is a CTF packet (../ctf/packet.ts)
 *
 *  the superblock
 *
 *  byte      0  u8[8]   MAGIC      "LTTRELAY"
 *            8  u32     VERSION    1; a reader refuses a higher one
 *           12  u32     CHECKSUM   CRC-32 of bytes 20 to 4095
 *           16  u32     STATE      0 empty: nothing is in it that is not elsewhere
 *                                  1 holds a trace
 *                                  2 recovered: the trace was taken out
 *           20  u32     PAGE_SIZE  4,096
 *           24  u32     FRAMES     pages of RAM
 *           28  u32     REGISTRY   page of RAM in which the registry begins
 *           32  u32     CPUS       that the machine can have; their streams have numbers below
 *           36  u32     LENGTH     of TEXT, in bytes
 *           40  u8[16]  UUID       of the trace, as in its packets
 *           56          TEXT       JSON: what people want to know (BoxFacts)
 * ```
 *
 * STATE lies outside the checksum, for it changes while all else stays. It is 0 until all else is written:
 * a program that is killed before has recorded nothing.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { NR_CPUS } from "../../hw/cpus.ts";
import { PAGE_SIZE } from "../../hw/ram.ts";

/** Bytes before RAM. */
export const SUPERBLOCK_SIZE: number = PAGE_SIZE;
/** Version of this layout. */
const BOX_VERSION = 1;

const MAGIC = "LTTRELAY";
const VERSION_AT = 8;
const CHECKSUM_AT = 12;
/** Where STATE is. */
export const STATE_AT: number = 16;
const CHECKED_AT = 20;
const PAGE_SIZE_AT = 20;
const FRAMES_AT = 24;
const REGISTRY_AT = 28;
const CPUS_AT = 32;
const LENGTH_AT = 36;
const UUID_AT = 40;
const TEXT_AT = 56;

/** What is in a black box: nothing that is not elsewhere, a trace, or one that was taken out. */
export type BoxState = "empty" | "holds a trace" | "recovered";
const STATES: readonly BoxState[] = ["empty", "holds a trace", "recovered"];

/** What people want to know of a black box; nothing depends on it. */
export interface BoxFacts {
  /** The process that wrote it. */
  readonly pid: number;
  /** When it began, ISO 8601. */
  readonly startedAt: string;
  /** `"continuous"` or `"flight-recorder"`. */
  readonly mode: string;
  /** Where the trace goes while the program lives; `null` for nowhere else. */
  readonly output: string | null;
  /** Frames of each node of the machine. */
  readonly nodes: readonly number[];
}

/** What a superblock says. */
export interface BoxInfo {
  /** Pages of RAM. */
  readonly frames: number;
  /** Page of RAM in which the registry begins. */
  readonly registryPfn: number;
  /** CPUs that the machine can have. */
  readonly cpus: number;
  /** Tells the trace's packets. */
  readonly uuid: Uint8Array;
  /** For people. */
  readonly facts: BoxFacts;
}

/** Writes a superblock over zeros, its state `"empty"`; `null` leaves it at what tells that it is one. */
export function writeSuperblock(page: Uint8Array, info: BoxInfo | null): void {
  const view = new DataView(page.buffer, page.byteOffset, SUPERBLOCK_SIZE);
  if (info !== null) {
    const text = new TextEncoder().encode(JSON.stringify(info.facts));
    if (text.length > SUPERBLOCK_SIZE - TEXT_AT) {
      throw new RangeError(`Cannot write a superblock: its text has ${text.length} bytes`);
    }
    const { frames, registryPfn, cpus } = info;
    const words = [PAGE_SIZE, frames, registryPfn, cpus, text.length];
    for (const [i, word] of words.entries()) view.setUint32(PAGE_SIZE_AT + 4 * i, word, true);
    page.set(info.uuid, UUID_AT);
    page.set(text, TEXT_AT);
  }
  view.setUint32(CHECKSUM_AT, checksum(page), true);
  view.setUint32(VERSION_AT, BOX_VERSION, true);
  page.set(new TextEncoder().encode(MAGIC));
}

/** The state in a superblock; `null` if it is none of a version that is known. */
export function readState(page: Uint8Array): BoxState | null {
  if (page.length < SUPERBLOCK_SIZE || !hasMagic(page)) return null;
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  if (view.getUint32(VERSION_AT, true) !== BOX_VERSION) return null;
  return stateOf(view.getUint32(STATE_AT, true));
}

/** What STATE says; `null` for something else than a state. */
export function stateOf(word: number): BoxState | null {
  return STATES[word] ?? null;
}

/** What STATE is for a state. */
export function stateWord(state: BoxState): number {
  return STATES.indexOf(state);
}

/**
 * Reads the superblock of a file with so many bytes, and believes nothing of it that it has not checked. A
 * `TypeError` that says what is wrong.
 */
export function readSuperblock(path: string, page: Uint8Array, fileSize: number): BoxInfo {
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot read black box ${path}: ${why}`);
  };
  if (page.length < SUPERBLOCK_SIZE || !hasMagic(page)) refuse("it is none");
  const view = new DataView(page.buffer, page.byteOffset, SUPERBLOCK_SIZE);
  const word = (at: number): number => view.getUint32(at, true);
  const version = word(VERSION_AT);
  if (version !== BOX_VERSION) {
    refuse(`it has version ${version}, and this module knows ${BOX_VERSION}`);
  }
  if (word(CHECKSUM_AT) !== checksum(page)) refuse("its superblock is damaged");
  const [pageSize, frames, registryPfn, cpus, length] = [
    word(PAGE_SIZE_AT),
    word(FRAMES_AT),
    word(REGISTRY_AT),
    word(CPUS_AT),
    word(LENGTH_AT),
  ];
  if (pageSize === 0) refuse("its program has recorded nothing");
  if (pageSize !== PAGE_SIZE) refuse(`its pages have ${pageSize} bytes, not ${PAGE_SIZE}`);
  if (frames === 0 || frames >= 2 ** 31 / PAGE_SIZE) refuse(`it says it has ${frames} pages`);
  const size = SUPERBLOCK_SIZE + frames * PAGE_SIZE;
  if (size !== fileSize) refuse(`it has ${fileSize} bytes, and says ${size}`);
  if (cpus === 0 || cpus > NR_CPUS) refuse(`it says it has ${cpus} CPUs`);
  if (length > SUPERBLOCK_SIZE - TEXT_AT) refuse(`it says its text has ${length} bytes`);
  const facts = readFacts(page.subarray(TEXT_AT, TEXT_AT + length)) ?? refuse("its text is none");
  const uuid = page.slice(UUID_AT, UUID_AT + 16);
  return { frames, registryPfn, cpus, uuid, facts };
}

function hasMagic(page: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(page.subarray(0, MAGIC.length)) === MAGIC;
}

function checksum(page: Uint8Array): number {
  return crc32(page.subarray(CHECKED_AT, SUPERBLOCK_SIZE));
}

function readFacts(bytes: Uint8Array): BoxFacts | null {
  try {
    const { pid, startedAt, mode, output, nodes } = JSON.parse(new TextDecoder().decode(bytes));
    const isNumbers = Array.isArray(nodes) && nodes.every((frames) => typeof frames === "number");
    const isRight = typeof pid === "number" && typeof startedAt === "string" &&
      typeof mode === "string" && (typeof output === "string" || output === null) && isNumbers;
    return isRight ? { pid, startedAt, mode, output, nodes } : null;
  } catch {
    return null;
  }
}
