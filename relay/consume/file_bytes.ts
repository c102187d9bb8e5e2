// The system may write and read less than it is asked to.

/** Writes all of some bytes where a file stands. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Reads at a place in a file; says how many bytes were there. */
export function readAt(file: Deno.FsFile, at: number, into: Uint8Array): number {
  file.seekSync(at, Deno.SeekMode.Start);
  let length = 0;
  while (length < into.length) {
    const read = file.readSync(into.subarray(length));
    if (read === null) break;
    length += read;
  }
  return length;
}
