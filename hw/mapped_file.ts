import { openLibc } from "./libc.ts";

/** Opened for reading and writing. Linux and macOS, `fcntl.h`. */
const O_RDWR = 2;
/** `sys/mman.h`, of both. */
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
/** What mmap answers when it cannot. */
const MAP_FAILED = 2n ** 64n - 1n;
/** The user reads and writes, nobody else. */
const MODE = 0o600;

/** A file as memory: what is stored there is in the file, also when the process is killed. */
export interface MappedFile {
  /** Where it begins in the process's memory: every thread finds it there. */
  readonly address: bigint;
  /** All of it. It is no SharedArrayBuffer: `Atomics.wait` throws, and structured clone copies it. */
  readonly buffer: ArrayBuffer;
}

/**
 * Makes a file of zeros and maps it, until the process ends. It is sparse: what was never stored takes no
 * room on the disk; a disk that is full when it would ends the process. An `AlreadyExists` error for a file
 * that is there, and an `Error` without `--allow-ffi`, on another system than Linux and macOS, and on a
 * file system that cannot share a map; nothing is left then. Needs `--allow-write` and `--allow-read`.
 */
export function mapNewFile(path: string, sizeBytes: number): MappedFile {
  const libc = openLibc({
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    mmap: {
      parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"],
      result: "pointer",
    },
  });
  if (libc === null) {
    throw new Error(`Cannot map ${path}: it takes --allow-ffi, and Linux or macOS`);
  }
  Deno.openSync(path, { createNew: true, write: true, mode: MODE }).close();
  try {
    Deno.truncateSync(path, sizeBytes);
    const fd = libc.open(new TextEncoder().encode(`${path}\0`), O_RDWR);
    if (fd < 0) throw new Error(`Cannot map ${path}: it cannot be opened`);
    const pointer = libc.mmap(null, BigInt(sizeBytes), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
    libc.close(fd);
    const address = Deno.UnsafePointer.value(pointer);
    if (pointer === null || address === MAP_FAILED) {
      throw new Error(`Cannot map ${path}: its file system cannot share ${sizeBytes} bytes`);
    }
    return { address, buffer: Deno.UnsafePointerView.getArrayBuffer(pointer, sizeBytes) };
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

/** The memory at an address, which another thread of this process has mapped. Needs `--allow-ffi`. */
export function mappedMemory(address: bigint, length: number): ArrayBuffer {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) throw new TypeError("Cannot look at memory at address 0");
  return Deno.UnsafePointerView.getArrayBuffer(pointer, length);
}
