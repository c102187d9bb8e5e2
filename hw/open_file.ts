import type { Dentry, Mapping, SpliceTarget } from "./dentry.ts";
import { KernelError } from "./errno.ts";
import { POLLIN, POLLRDNORM } from "./poll.ts";

/** The file can be read. Linux 2.6.29, include/linux/fs.h, as all modes of a file. */
export const FMODE_READ: number = 1;
/** The file has a position that can be moved. */
export const FMODE_LSEEK: number = 4;
/** The file can be read at any place. */
export const FMODE_PREAD: number = 8;
/** The file can be written at any place. */
export const FMODE_PWRITE: number = 16;

/** A file while it is open (`struct file`). */
export class OpenFile {
  /** Name it was opened by. */
  readonly dentry: Dentry;
  /** What may be done with it: bits `FMODE_*`. */
  mode: number = FMODE_READ | FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
  /** For the file operations to use. */
  privateData: unknown = null;
  #position = 0;
  #closed: (() => void) | null;

  /** @ignore Made by {@linkcode Dentry.open}; `closed` is called once, when it is closed. */
  constructor(dentry: Dentry, closed: () => void) {
    this.dentry = dentry;
    this.#closed = closed;
    try {
      dentry.inode.fops.open?.(dentry.inode, this);
    } catch (error) {
      this.#closed = null;
      throw error;
    }
  }

  /** Reads on from where the last read ended. `EINVAL` for a file that cannot be read. */
  read(dest: Uint8Array): number {
    const length = this.#readAt(dest, this.#position);
    this.#position += length;
    return length;
  }

  /** Reads at `position`. `ESPIPE` when the file knows none, `EINVAL` below 0 and as `read`. */
  pread(dest: Uint8Array, position: number): number {
    this.#assertOpen();
    if (!(this.mode & FMODE_PREAD)) {
      throw new KernelError("ESPIPE", `Cannot read ${this.dentry.name} at ${position}: no seeking`);
    }
    if (position < 0) {
      throw new KernelError("EINVAL", `Cannot read ${this.dentry.name} at ${position}`);
    }
    return this.#readAt(dest, position);
  }

  /** What can be had without waiting: bits `POLL*`. A file that does not say is always ready. */
  poll(): number {
    this.#assertOpen();
    return this.dentry.inode.fops.poll?.(this) ?? (POLLIN | POLLRDNORM);
  }

  /** Carries out a command and returns its answer. `ENOTTY` for one the file does not know. */
  ioctl(command: number, argument: number = 0): number {
    this.#assertOpen();
    const { fops } = this.dentry.inode;
    if (!fops.ioctl) {
      throw new KernelError("ENOTTY", `Cannot command ${this.dentry.name}: it takes none`);
    }
    return fops.ioctl(this, command, argument);
  }

  /**
   * Writes up to `length` bytes from `position` on to `dest` straight from RAM, and resolves to how
   * many. `EINVAL` for a file that cannot do that. The file must stay open meanwhile.
   */
  // deno-lint-ignore require-await
  async spliceRead(
    dest: SpliceTarget,
    position: number = 0,
    length: number = Infinity,
  ): Promise<number> {
    this.#assertOpen();
    const { fops } = this.dentry.inode;
    if (!fops.spliceRead) {
      throw new KernelError("EINVAL", `Cannot splice ${this.dentry.name}: it cannot be`);
    }
    return fops.spliceRead(this, dest, position, length);
  }

  /** Where in RAM the file lies, in order. `ENODEV` for a file that lies nowhere. */
  mmap(): readonly Mapping[] {
    this.#assertOpen();
    const { fops } = this.dentry.inode;
    if (!fops.mmap) throw new KernelError("ENODEV", `Cannot map ${this.dentry.name}: not in RAM`);
    return fops.mmap(this);
  }

  /** Closes the file, calling its `release`. `EBADF` when it was closed before. */
  close(): void {
    const closed = this.#assertOpen();
    this.#closed = null;
    try {
      this.dentry.inode.fops.release?.(this.dentry.inode, this);
    } finally {
      closed();
    }
  }

  /** Closes the file unless that was done. */
  [Symbol.dispose](): void {
    if (this.#closed) this.close();
  }

  #readAt(dest: Uint8Array, position: number): number {
    this.#assertOpen();
    const { fops } = this.dentry.inode;
    if (!fops.read) {
      throw new KernelError("EINVAL", `Cannot read ${this.dentry.name}: it has no read operation`);
    }
    return fops.read(this, dest, position);
  }

  #assertOpen(): () => void {
    if (this.#closed) return this.#closed;
    throw new KernelError("EBADF", `Cannot use ${this.dentry.name}: the file is closed`);
  }
}

/** Makes an open file one without positions (`nonseekable_open`). */
export function nonseekableOpen(file: OpenFile): void {
  file.mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
}
