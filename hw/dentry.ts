import { KernelError } from "./errno.ts";
import { OpenFile } from "./open_file.ts";
import type { Address } from "./ram.ts";

/** The owner may read. Linux, include/linux/stat.h, as the two types below. */
export const S_IRUSR: number = 0o400;
/** Type of a regular file. */
export const S_IFREG: number = 0o100000;
/** Type of a directory. */
export const S_IFDIR: number = 0o40000;

/** What a file is spliced to: a `Deno.FsFile`, a `Deno.Conn`, anything that writes so. */
export interface SpliceTarget {
  /** Writes the start of `bytes`, which may be shared memory, and says how many; 0 ends it. */
  write(bytes: Uint8Array): Promise<number>;
}

/** A piece of RAM that a file shows. */
export interface Mapping {
  /** Where in the file it starts. */
  readonly offset: number;
  /** Where in RAM it starts. */
  readonly address: Address;
  /** Bytes. */
  readonly length: number;
}

/** What happens when a file is opened, used, and closed for the last time. */
export interface FileOperations {
  /** Called for each open file; by throwing it refuses. */
  open?(inode: Inode, file: OpenFile): void;
  /** Called when an open file is closed. */
  release?(inode: Inode, file: OpenFile): void;
  /** Fills the start of `dest` with what lies at `position` and says how many bytes that is. */
  read?(file: OpenFile, dest: Uint8Array, position: number): number;
  /** Says what can be had without waiting: bits `POLL*`. */
  poll?(file: OpenFile): number;
  /** Carries out a command and returns its answer. */
  ioctl?(file: OpenFile, command: number, argument: number): number;
  /** Writes `length` bytes from `position` on to `dest` straight from RAM, and says how many. */
  spliceRead?(
    file: OpenFile,
    dest: SpliceTarget,
    position: number,
    length: number,
  ): Promise<number>;
  /** Says where in RAM the file lies. */
  mmap?(file: OpenFile): readonly Mapping[];
}

/** Operations of a file that was made without any: it reads as empty. */
const defaultFileOperations: FileOperations = { read: () => 0 };

/** What a name stands for. */
export interface Inode {
  /** Type and permissions; kept, not enforced: whoever calls is root. */
  readonly mode: number;
  /** The maker's own value (`i_private`). */
  readonly private: unknown;
  /** What the file does. */
  readonly fops: FileOperations;
}

/** A regular file's inode. Only the permissions of `mode` count. */
export function regularInode(mode: number, data: unknown, fops?: FileOperations): Inode {
  return { mode: S_IFREG | mode & 0o7777, private: data, fops: fops ?? defaultFileOperations };
}

/**
 * A name of a file or directory. It need not lie in a directory: names are unique within a
 * directory, and a dentry without one is nobody's business.
 */
export class Dentry {
  /** Its name. */
  readonly name: string;
  /** What it stands for. */
  readonly inode: Inode;
  /** Directory it lies in, `null` for a root and for a dentry that stands alone. */
  readonly parent: Dentry | null;
  readonly #children: Map<string, Dentry> | null;
  #exists = true;
  #openFiles = 0;

  /** A file or directory, by `inode.mode`, entered into `parent` if there is one. */
  constructor(name: string, inode: Inode, parent: Dentry | null = null) {
    this.name = name;
    this.inode = inode;
    this.parent = parent;
    this.#children = inode.mode & S_IFDIR ? new Map() : null;
    if (parent) parent.#enter(this);
  }

  /** False once it was removed. Files open by then stay usable. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Files open on it. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Whether it can hold others. */
  get isDirectory(): boolean {
    return this.#children !== null;
  }

  /** What a directory holds, in order of making; nothing for a file. */
  get children(): Dentry[] {
    return [...this.#children?.values() ?? []];
  }

  /** The child of that name, `undefined` when there is none. */
  child(name: string): Dentry | undefined {
    return this.#children?.get(name);
  }

  /**
   * Opens the file for reading. `ENOENT` when it was removed, `EISDIR` for a directory, or whatever
   * the file's own `open` throws: then the file is not open and `release` not called.
   */
  open(): OpenFile {
    if (!this.#exists) throw new KernelError("ENOENT", `Cannot open ${this.name}: it was removed`);
    if (this.#children) throw new KernelError("EISDIR", `Cannot open ${this.name}: a directory`);
    const file = new OpenFile(this, () => void this.#openFiles--);
    this.#openFiles++;
    return file;
  }

  /**
   * Removes the name; it is free for reuse at once. A root and a directory that is not empty stay,
   * silently, as in debugfs. A `TypeError` for what was removed before.
   */
  remove(): void {
    if (!this.#exists) throw new TypeError(`Cannot remove ${this.name}: it was removed before`);
    if (this.#children && (this.#children.size > 0 || this.parent === null)) return;
    this.#exists = false;
    if (this.parent) this.parent.#children?.delete(this.name);
  }

  #enter(child: Dentry): void {
    const what = `Cannot make ${child.name} in ${this.name}`;
    if (!this.#children) throw new KernelError("ENOTDIR", `${what}: not a directory`);
    if (!this.#exists) throw new KernelError("ENOENT", `${what}: the directory was removed`);
    if (this.#children.has(child.name)) throw new KernelError("EEXIST", `${what}: it exists`);
    this.#children.set(child.name, child);
  }
}
