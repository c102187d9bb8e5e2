import type { Dentry } from "../hw/dentry.ts";
import { KernelError } from "../hw/errno.ts";
import { PAGE_SIZE } from "../hw/ram.ts";
import type { RelayCallbacks } from "./callbacks.ts";

/** Most bytes a buffer can have: 1 GiB. */
export const MAX_ALLOC_SIZE: number = 2 ** 30;

/** Longest file name, in bytes; the patch makes names in 255 bytes and a zero. */
const LONGEST_NAME = 254;

/** What channel to open. */
export interface OpenOptions {
  /** Name of the files; each has its CPU's number appended. */
  readonly baseFilename: string;
  /** Directory of the files. Initially `null`, the root. */
  readonly parent?: Dentry | null;
  /** Bytes of a sub-buffer, a power of two. */
  readonly subbufSize: number;
  /** Sub-buffers of a buffer, a power of two; times `subbufSize` it is 4,096 bytes to 1 GiB. */
  readonly nSubbufs: number;
  /** What happens as buffers come and go. Initially files in the machine's debugfs. */
  readonly callbacks?: RelayCallbacks | null;
  /** The client's to use. */
  readonly privateData?: unknown;
}

/** Refuses what cannot be opened with `EINVAL`, or `ENAMETOOLONG`, on up to `nrCpuIds` CPUs. */
export function assertOpenOptions(options: OpenOptions, nrCpuIds: number): void {
  const { baseFilename, subbufSize, nSubbufs } = options;
  const refuse = (why: string): KernelError =>
    new KernelError("EINVAL", `Cannot open channel "${baseFilename}": ${why}`);
  if (typeof baseFilename !== "string") throw refuse("baseFilename is no string");
  if (!isPowerOfTwo(subbufSize)) throw refuse(`subbufSize ${subbufSize} is no power of two`);
  if (!isPowerOfTwo(nSubbufs)) throw refuse(`nSubbufs ${nSubbufs} is no power of two`);
  const size = subbufSize * nSubbufs;
  if (size < PAGE_SIZE || size > MAX_ALLOC_SIZE) {
    throw refuse(`${size} bytes a buffer are not between ${PAGE_SIZE} and ${MAX_ALLOC_SIZE}`);
  }
  const longest = `${baseFilename}${nrCpuIds - 1}`;
  const bytes = new TextEncoder().encode(longest).length;
  if (bytes > LONGEST_NAME) {
    throw new KernelError(
      "ENAMETOOLONG",
      `Cannot open channel "${baseFilename}": a file name of ${bytes} bytes is above ${LONGEST_NAME}`,
    );
  }
}

function isPowerOfTwo(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
}
