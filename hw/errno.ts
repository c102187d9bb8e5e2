/** Error codes of the kernel that this machine can answer with. */
// deno-fmt-ignore
export type ErrnoCode =
  | "ENOENT" | "EIO" | "EBADF" | "EAGAIN" | "ENOMEM" | "EACCES" | "EBUSY" | "EEXIST" | "ENODEV"
  | "ENOTDIR" | "EISDIR" | "EINVAL" | "ENOTTY" | "ENOSPC" | "ESPIPE" | "EDEADLK" | "ENAMETOOLONG" | "ENOSYS";

/** Number of each code. Linux 2.6.29, include/asm-generic/errno-base.h and errno.h. */
// deno-fmt-ignore
export const ERRNO: Readonly<Record<ErrnoCode, number>> = {
  ENOENT: 2, EIO: 5, EBADF: 9, EAGAIN: 11, ENOMEM: 12, EACCES: 13, EBUSY: 16, EEXIST: 17,
  ENODEV: 19, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, ENOTTY: 25, ENOSPC: 28, ESPIPE: 29, EDEADLK: 35,
  ENAMETOOLONG: 36, ENOSYS: 38,
};

/** What the kernel reports as NULL or as a negative number, thrown. */
export class KernelError extends Error {
  /** Name of the error, as in `errno.h`. */
  readonly code: ErrnoCode;
  /** Number of the error, positive. */
  readonly errno: number;

  /** `options.cause` carries what led to the error, if anything is known of it. */
  constructor(code: ErrnoCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KernelError";
    this.code = code;
    this.errno = ERRNO[code];
  }
}
