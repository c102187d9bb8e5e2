import type { FileOperations, Inode, Mapping, SpliceTarget } from "../../hw/dentry.ts";
import { KernelError } from "../../hw/errno.ts";
import type { OpenFile } from "../../hw/open_file.ts";
import { POLLHUP } from "../../hw/poll.ts";
import type { RelayBuffer } from "../buffer.ts";
import { relayFileOperations } from "../file_operations.ts";
import type { ReaderSnapshot, RingReader } from "./reader.ts";
import { RingBuffer } from "./ring_buffer.ts";
import type { Subbuf } from "./subbuf.ts";

/** Samples the positions. lttng-modules, `include/ringbuffer/vfs.h`, as all commands here. */
export const RING_BUFFER_SNAPSHOT: number = 0xf600;
/** Answers the sampled position of the reader. */
export const RING_BUFFER_SNAPSHOT_GET_CONSUMED: number = 0x8008_f601;
/** Answers the sampled position of the writer. */
export const RING_BUFFER_SNAPSHOT_GET_PRODUCED: number = 0x8008_f602;
/** Gets the sub-buffer at the position that is the argument. */
export const RING_BUFFER_GET_SUBBUF: number = 0x4008_f603;
/** Puts the sub-buffer without consuming it. */
export const RING_BUFFER_PUT_SUBBUF: number = 0xf604;
/** Gets the sub-buffer to be consumed next, and answers its position. */
export const RING_BUFFER_GET_NEXT_SUBBUF: number = 0xf605;
/** Puts the sub-buffer and consumes it. */
export const RING_BUFFER_PUT_NEXT_SUBBUF: number = 0xf606;
/** Answers the size of the data of the sub-buffer held. */
export const RING_BUFFER_GET_SUBBUF_SIZE: number = 0x8008_f607;
/** Answers that size rounded up to pages. */
export const RING_BUFFER_GET_PADDED_SUBBUF_SIZE: number = 0x8008_f608;
/** Answers the size of a sub-buffer. */
export const RING_BUFFER_GET_MAX_SUBBUF_SIZE: number = 0x8008_f609;
/** Answers how many bytes `mmap` shows. */
export const RING_BUFFER_GET_MMAP_LEN: number = 0x8008_f60a;
/** Answers where in the mapping the sub-buffer held starts. */
export const RING_BUFFER_GET_MMAP_READ_OFFSET: number = 0x8008_f60b;
/** Closes the writer's sub-buffer if it holds any slot: {@linkcode RingBuffer.flush} "active". */
export const RING_BUFFER_FLUSH: number = 0xf60c;
/** Closes the writer's sub-buffer in any case: {@linkcode RingBuffer.flush} "even-if-empty". */
export const RING_BUFFER_FLUSH_EMPTY: number = 0xf60f;

/** What an open file of a ring knows. */
class RingFile {
  readonly buffer: RelayBuffer;
  readonly ring: RingBuffer;
  readonly reader: RingReader;
  readonly name: string;
  /** The sub-buffer held, and how much of it was read; -1 when it was got by a command. */
  held: Subbuf | null = null;
  readAt = -1;
  sampled: ReaderSnapshot | null = null;

  constructor(buffer: RelayBuffer, ring: RingBuffer, name: string) {
    this.buffer = buffer;
    this.ring = ring;
    this.name = name;
    this.reader = ring.reader();
  }

  /** The sub-buffer got by a command; `EINVAL` when there is none. */
  got(what: string): Subbuf {
    if (this.held !== null && this.readAt < 0) return this.held;
    throw new KernelError("EINVAL", `Cannot ${what} of ${this.name}: no sub-buffer is held`);
  }

  get(get: () => Subbuf | null): Subbuf {
    if (this.held !== null) {
      throw new KernelError("EBUSY", `Cannot get a sub-buffer of ${this.name}: one is held`);
    }
    this.held = get();
    if (this.held !== null) return this.held;
    throw new KernelError("EAGAIN", `Cannot get a sub-buffer of ${this.name}: not delivered`);
  }

  put(consume: boolean): number {
    this.got("put a sub-buffer");
    this.held = null;
    if (consume) this.reader.putNextSubbuf();
    else this.reader.putSubbuf();
    return 0;
  }

  /** Copies the data that comes next, of one sub-buffer that has any; 0 at the end. */
  read(dest: Uint8Array): number {
    if (this.held !== null && this.readAt < 0) {
      throw new KernelError("EBUSY", `Cannot read ${this.name}: a sub-buffer is held`);
    }
    while (dest.length > 0) {
      if (this.held === null && this.reader.poll() & POLLHUP) break;
      const subbuf = this.held ?? this.get(() => this.reader.getNextSubbuf());
      const begin = Math.max(this.readAt, 0);
      const length = copyFrom(subbuf, begin, dest);
      this.readAt = begin + length;
      if (this.readAt === subbuf.dataSize) {
        this.held = null;
        this.readAt = -1;
        this.reader.putNextSubbuf();
      }
      if (length > 0) return length;
    }
    return 0;
  }
}

/**
 * Operations of a file that stands for a buffer with a ring, those that lttng-modules gives it: the
 * open file is the ring's one reader, a second one is `EBUSY`. `read` goes through the data of
 * sub-buffer after sub-buffer and consumes them; `EAGAIN` when there is nothing yet, 0 at the end.
 * `ioctl` takes the commands `RING_BUFFER_*` and answers what LTTng stores through the argument.
 * `spliceRead` writes the sub-buffer held, padded to pages, from RAM as it is; `mmap` shows all
 * sub-buffers, the reader's spare one last.
 */
export const ringFileOperations: FileOperations = {
  open(inode: Inode, file: OpenFile): void {
    const buffer = inode.private as RelayBuffer;
    relayFileOperations.open!(inode, file);
    try {
      const ring = RingBuffer.of(buffer);
      if (ring === undefined) {
        throw new KernelError("ENODEV", `Cannot open ${file.dentry.name}: there is no ring yet`);
      }
      file.privateData = new RingFile(buffer, ring, file.dentry.name);
    } catch (error) {
      buffer.references.put("file");
      throw error;
    }
  },

  release(_inode: Inode, file: OpenFile): void {
    const { buffer, reader } = ringFileOf(file);
    reader.close();
    buffer.references.put("file");
  },

  poll: (file: OpenFile): number => ringFileOf(file).reader.poll(),

  read: (file: OpenFile, dest: Uint8Array): number => ringFileOf(file).read(dest),

  ioctl(file: OpenFile, command: number, argument: number): number {
    const ringFile = ringFileOf(file);
    const { ring, reader } = ringFile;
    const { subbufSize } = ring.memory.geometry;
    switch (command) {
      case RING_BUFFER_SNAPSHOT:
        ringFile.sampled = reader.snapshot();
        return 0;
      case RING_BUFFER_SNAPSHOT_GET_CONSUMED:
        return sampled(ringFile).consumed;
      case RING_BUFFER_SNAPSHOT_GET_PRODUCED:
        return sampled(ringFile).produced;
      case RING_BUFFER_GET_SUBBUF:
        return ringFile.get(() => reader.getSubbuf(argument)).position;
      case RING_BUFFER_PUT_SUBBUF:
        return ringFile.put(false);
      case RING_BUFFER_GET_NEXT_SUBBUF:
        return ringFile.get(() => reader.getNextSubbuf()).position;
      case RING_BUFFER_PUT_NEXT_SUBBUF:
        return ringFile.put(true);
      case RING_BUFFER_GET_SUBBUF_SIZE:
        return ringFile.got("tell the size").dataSize;
      case RING_BUFFER_GET_PADDED_SUBBUF_SIZE:
        return ringFile.got("tell the size").paddedSize;
      case RING_BUFFER_GET_MAX_SUBBUF_SIZE:
        return subbufSize;
      case RING_BUFFER_GET_MMAP_LEN:
        return ring.memory.runs.length * subbufSize;
      case RING_BUFFER_GET_MMAP_READ_OFFSET:
        return ringFile.got("tell the place").index * subbufSize;
      case RING_BUFFER_FLUSH:
        ring.flush("active");
        return 0;
      case RING_BUFFER_FLUSH_EMPTY:
        ring.flush("even-if-empty");
        return 0;
      default: {
        const number = `0x${(command >>> 0).toString(16)}`;
        throw new KernelError("ENOTTY", `Cannot command ${ringFile.name}: ${number} is unknown`);
      }
    }
  },

  async spliceRead(
    file: OpenFile,
    dest: SpliceTarget,
    position: number,
    length: number,
  ): Promise<number> {
    const subbuf = ringFileOf(file).got("splice from a sub-buffer");
    if (!(position >= 0)) {
      throw new KernelError("EINVAL", `Cannot splice ${file.dentry.name} at ${position}`);
    }
    const end = Math.min(subbuf.paddedSize, position + length);
    let at = 0;
    let written = 0;
    for (const view of subbuf.views(Math.max(end, 0))) {
      let from = Math.max(position - at, 0);
      at += view.length;
      while (from < view.length) {
        const count = await dest.write(view.subarray(from));
        if (count === 0) return written;
        from += count;
        written += count;
      }
    }
    return written;
  },

  mmap(file: OpenFile): Mapping[] {
    const { runs, geometry } = ringFileOf(file).ring.memory;
    const mappings: Mapping[] = [];
    for (const [i, subbuf] of runs.entries()) {
      let begin = 0;
      for (const { end, base } of subbuf) {
        const offset = i * geometry.subbufSize + begin;
        const address = base + begin;
        const last = mappings.at(-1);
        if (last !== undefined && last.address + last.length === address) {
          mappings[mappings.length - 1] = { ...last, length: last.length + end - begin };
        } else {
          mappings.push({ offset, address, length: end - begin });
        }
        begin = end;
      }
    }
    return mappings;
  },
};

function ringFileOf(file: OpenFile): RingFile {
  return file.privateData as RingFile;
}

function sampled({ sampled, name }: RingFile): ReaderSnapshot {
  if (sampled !== null) return sampled;
  throw new KernelError("EAGAIN", `Cannot tell positions of ${name}: none were sampled`);
}

/** Copies data of a sub-buffer from `begin` on, as much as there is room for; says how much. */
function copyFrom(subbuf: Subbuf, begin: number, dest: Uint8Array): number {
  const end = Math.min(subbuf.dataSize, begin + dest.length);
  let at = 0;
  for (const view of subbuf.views(end)) {
    const from = Math.max(begin - at, 0);
    if (from < view.length) dest.set(view.subarray(from), at + from - begin);
    at += view.length;
  }
  return end - begin;
}
