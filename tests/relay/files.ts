/** What is in files and directories. */
import { assert } from "@std/assert";

/** Bytes of a file, 0 if it is not there. */
export function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** Names and contents of the files in a directory. */
export function filesIn(path: string): Map<string, Uint8Array> {
  const names = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => name);
  return new Map(names.sort().map((name) => [name, Deno.readFileSync(`${path}/${name}`)]));
}

/** Fails unless a file is what it was. */
export function assertUnchanged(path: string, before: Uint8Array): void {
  const now = Deno.readFileSync(path);
  const isSame = now.length === before.length && now.every((byte, i) => byte === before[i]);
  assert(isSame, `${path} is not what it was`);
}
