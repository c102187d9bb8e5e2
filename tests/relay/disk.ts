/** Disks of few bytes. */
import { assert } from "@std/assert";

/** A file system of so many bytes at a path, where a directory is made if there is none. */
export class Disk implements Disposable {
  readonly path: string;

  constructor(path: string, sizeBytes: number) {
    this.path = path;
    Deno.mkdirSync(path, { recursive: true });
    const isMounted = mount(["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", path]);
    assert(isMounted, `no disk of ${sizeBytes} bytes at ${path}`);
  }

  /** Lets nothing be written to it any more. */
  makeReadOnly(): void {
    assert(mount(["-o", "remount,ro", this.path]), `${this.path} can still be written`);
  }

  [Symbol.dispose](): void {
    new Deno.Command("umount", { args: ["-l", this.path], stderr: "null" }).outputSync();
  }
}

/** Whether no file system can be mounted here: for `{ ignore }`. */
export const CANNOT_MOUNT: boolean = !canMount();

function canMount(): boolean {
  const needed = ["run", "read", "write"] as const;
  const isForbidden = needed.some((name) =>
    Deno.permissions.querySync({ name }).state !== "granted"
  );
  if (Deno.build.os !== "linux" || isForbidden) return false;
  const path = Deno.makeTempDirSync({ prefix: "ltt-disk-" });
  try {
    new Disk(path, 2 ** 20)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(path);
  }
}

function mount(args: string[]): boolean {
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
