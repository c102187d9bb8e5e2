import { isFfiAllowed, openLibc } from "./libc.ts";

/** Opened for reading and writing. Linux and macOS, `fcntl.h`. */
const O_RDWR = 2;
/** Closed in the programs that this one starts, which would keep it locked. Linux, and macOS. */
const O_CLOEXEC = { linux: 0x80000, darwin: 0x1000000 };
/** `sys/mman.h`, of both. */
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
/** What mmap answers when it cannot. */
const MAP_FAILED = 2n ** 64n - 1n;
/** `sys/file.h`, of both: alone, and without waiting. */
const LOCK_EX_NB = 2 | 4;
const LOCK_UN = 8;
/** A call was interrupted by a signal. `errno.h`, of both. */
const EINTR = 4;
/** The user reads and writes, nobody else. */
const MODE = 0o600;

/** A file as memory: what is stored there is in the file, also when the process is killed. */
export interface MappedFile {
  /** Where it begins in the process's memory: every thread finds it there. */
  readonly address: bigint;
  /** All of it. It is no SharedArrayBuffer: `Atomics.wait` throws, and structured clone copies it. */
  readonly buffer: ArrayBuffer;
  /**
   * Takes room on the disk for a part of it; `false` where there is none. A store to a part without room
   * ends the process when the disk is full. On macOS no room can be taken, and the answer is `true`.
   */
  reserve(offset: number, length: number): boolean;
  /** Closes the file, which unlocks it; the memory stays until the process ends. */
  close(): void;
}

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  posix_fallocate: { parameters: ["i32", "i64", "i64"], result: "i32", optional: true },
  mmap: {
    parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"],
    result: "pointer",
  },
} as const;

/**
 * Makes a file of zeros and maps it, until the process ends. It is sparse: what was never stored or
 * reserved takes no room on the disk. It is locked (`flock`) until it is closed or the process ends. An
 * `AlreadyExists` error for a file that is there, and an `Error` without `--allow-ffi`, on another system
 * than Linux and macOS, and on a file system that cannot share a map; nothing is left then. Needs
 * `--allow-write`.
 */
export function mapNewFile(path: string, sizeBytes: number): MappedFile {
  assertMappable(path);
  Deno.openSync(path, { createNew: true, write: true, mode: MODE }).close();
  try {
    const file = openFile(path);
    // Whoever looks at it before that finds an empty file.
    if (file.libc.flock(file.fd, LOCK_EX_NB) !== 0) {
      file.libc.close(file.fd);
      throw new Error(`Cannot map ${path}: another process has locked it`);
    }
    Deno.truncateSync(path, sizeBytes);
    return map(file, path, sizeBytes);
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

/** Maps a file that is there, which another process may have mapped too. Errors as of {@linkcode mapNewFile}. */
export function mapFile(path: string): MappedFile {
  const { size } = Deno.statSync(path);
  return map(openFile(path), path, size);
}

/** Refuses with an `Error` to map files where that cannot be done at all. */
export function assertMappable(path: string): void {
  openMapping(path);
}

type Libc = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;

/** A file that is open, by the C library. */
interface OpenFile {
  readonly libc: Libc;
  readonly fd: number;
}

function openMapping(path: string): Libc {
  // Pointers take the whole permission, not that for one library.
  const libc = isFfiAllowed() ? openLibc(SYMBOLS) : null;
  if (libc !== null) return libc;
  throw new Error(`Cannot map ${path}: it takes --allow-ffi, and Linux or macOS`);
}

function openFile(path: string): OpenFile {
  const libc = openMapping(path);
  const flags = O_RDWR | (Deno.build.os === "darwin" ? O_CLOEXEC.darwin : O_CLOEXEC.linux);
  const fd = libc.open(new TextEncoder().encode(`${path}\0`), flags);
  if (fd < 0) throw new Error(`Cannot map ${path}: it cannot be opened`);
  return { libc, fd };
}

function map({ libc, fd }: OpenFile, path: string, sizeBytes: number): MappedFile {
  const pointer = libc.mmap(null, BigInt(sizeBytes), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  const address = Deno.UnsafePointer.value(pointer);
  if (pointer === null || address === MAP_FAILED) {
    libc.close(fd);
    throw new Error(`Cannot map ${path}: its file system cannot share ${sizeBytes} bytes`);
  }
  const { posix_fallocate: allocate } = libc;
  return {
    address,
    buffer: mappedMemory(address, sizeBytes),
    reserve: (offset, length) => {
      if (allocate === null) return true;
      for (;;) {
        const error = allocate(fd, BigInt(offset), BigInt(length));
        if (error !== EINTR) return error === 0;
      }
    },
    close: () => {
      // The map keeps the file open, and so locked.
      libc.flock(fd, LOCK_UN);
      libc.close(fd);
    },
  };
}

/** What this thread has looked at: the permission may be given up later. */
const known = new Map<bigint, ArrayBuffer>();

/** The memory at an address, which a thread of this process has mapped. Needs `--allow-ffi`, the first time. */
export function mappedMemory(address: bigint, length: number): ArrayBuffer {
  const found = known.get(address);
  if (found?.byteLength === length) return found;
  if (!isFfiAllowed()) throw new Error("Cannot look at mapped memory: it takes --allow-ffi");
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) throw new TypeError("Cannot look at memory at address 0");
  const buffer = Deno.UnsafePointerView.getArrayBuffer(pointer, length);
  known.set(address, buffer);
  return buffer;
}
