import {
  Dentry,
  type ErrnoCode,
  type FileOperations,
  FMODE_LSEEK,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  type Inode,
  KernelError,
  nonseekableOpen,
  type OpenFile,
  regularInode,
  S_IFDIR,
  S_IRUSR,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

/** A file that lies in no directory. */
function fileOf(fops?: FileOperations, data: unknown = null): Dentry {
  return new Dentry("cpu0", regularInode(S_IRUSR, data, fops));
}

function directory(name: string, parent: Dentry | null = null): Dentry {
  return new Dentry(name, { mode: S_IFDIR | 0o755, private: null, fops: {} }, parent);
}

/** Operations that read `text`. */
function reading(text: string): FileOperations {
  const bytes = new TextEncoder().encode(text);
  return {
    read(_file, dest, position) {
      const part = bytes.subarray(position, position + dest.length);
      dest.set(part);
      return part.length;
    },
  };
}

function readText(file: OpenFile, length: number, position?: number): string {
  const dest = new Uint8Array(length);
  const count = position === undefined ? file.read(dest) : file.pread(dest, position);
  return new TextDecoder().decode(dest.subarray(0, count));
}

/** An open or release that does nothing but remember its calls. */
function operation() {
  return spy((_inode: Inode, _file: OpenFile): void => {});
}

/** Fails unless `fn` throws a KernelError of that code. */
function assertCode(fn: () => unknown, code: ErrnoCode, what: string): void {
  assertStrictEquals(assertThrows(fn, KernelError, "", what).code, code, what);
}

Deno.test("Dentry stands alone, when it is given no parent", () => {
  const file = fileOf();
  assertStrictEquals(file.parent, null);
  assert(file.exists, "it exists");
  assertEquals([file.isDirectory, file.children, file.openFiles], [false, [], 0]);
});

Deno.test("Dentry takes a name that another one has, when both stand alone", () => {
  const [one, two] = [fileOf(), fileOf()];
  one.remove();
  assert(two.exists, "its namesake was removed, not it");
});

Deno.test("Dentry.open() calls the file's own open with its inode and the file", () => {
  const open = operation();
  const dentry = fileOf({ open }, "data");
  using file = dentry.open();
  assertSpyCalls(open, 1);
  assertStrictEquals(open.calls[0].args[0], dentry.inode);
  assertStrictEquals(open.calls[0].args[0].private, "data");
  assertStrictEquals(open.calls[0].args[1], file);
  assertStrictEquals(file.dentry, dentry);
});

Deno.test("Dentry.openFiles counts files open, each opened for itself", () => {
  const dentry = fileOf();
  const [one, two] = [dentry.open(), dentry.open()];
  assertStrictEquals(dentry.openFiles, 2);
  one.close();
  assertStrictEquals(dentry.openFiles, 1, "one is closed");
  two.close();
  assertStrictEquals(dentry.openFiles, 0, "both are closed");
});

Deno.test("Dentry.open() lets through what the file's open throws, and release is not called", () => {
  const refusal = new KernelError("EBUSY", "Cannot open: busy");
  const release = operation();
  const open = () => {
    throw refusal;
  };
  const dentry = fileOf({ open, release });
  assertStrictEquals(assertThrows(() => dentry.open()), refusal);
  assertSpyCalls(release, 0);
  assertStrictEquals(dentry.openFiles, 0, "files open");
});

Deno.test("Dentry.open() leaves a file that is closed, when its own open threw", () => {
  const kept: OpenFile[] = [];
  const release = operation();
  const dentry = fileOf({
    open(_inode, file) {
      kept.push(file);
      throw new KernelError("EBUSY", "Cannot open: busy");
    },
    release,
  });
  assertCode(() => dentry.open(), "EBUSY", "open()");
  assertCode(() => kept[0].close(), "EBADF", "close() of the file that was refused");
  assertSpyCalls(release, 0);
  assertStrictEquals(dentry.openFiles, 0, "files open");
});

Deno.test("Dentry.open() is EISDIR, when it is a directory", () => {
  assertCode(() => directory("dir").open(), "EISDIR", "open() of a directory");
});

Deno.test("OpenFile.read() goes on where the last read ended, and stops at the end", () => {
  using file = fileOf(reading("abcdefg")).open();
  const parts = [3, 3, 3, 3].map((length) => readText(file, length));
  assertEquals(parts, ["abc", "def", "g", ""], "seven bytes, three at a time");
});

Deno.test("OpenFile.read() keeps a position for each open file", () => {
  const dentry = fileOf(reading("abcd"));
  using one = dentry.open();
  using two = dentry.open();
  assertEquals([readText(one, 3), readText(two, 2), readText(one, 3)], ["abc", "ab", "d"]);
});

Deno.test("OpenFile.read() hands the operation the file, the destination and the position", () => {
  const read = spy((_file: OpenFile, _dest: Uint8Array, _position: number) => 2);
  using file = fileOf({ read }).open();
  const dest = new Uint8Array(4);
  file.read(dest);
  file.read(dest);
  assertSpyCalls(read, 2);
  assertStrictEquals(read.calls[1].args[0], file);
  assertStrictEquals(read.calls[1].args[1], dest);
  assertStrictEquals(read.calls[1].args[2], 2, "the operation said it had filled 2 bytes");
});

Deno.test("OpenFile.pread() reads at the place and leaves the position", () => {
  using file = fileOf(reading("abcdef")).open();
  const seen = [readText(file, 2), readText(file, 3, 3), readText(file, 9, 9), readText(file, 2)];
  assertEquals(seen, ["ab", "def", "", "cd"], "read 2, pread 3 at 3, pread 9 at 9, read 2");
});

Deno.test("OpenFile is EINVAL, when there is no read operation", () => {
  using file = fileOf({}).open();
  assertCode(() => file.read(new Uint8Array(1)), "EINVAL", "read()");
  assertCode(() => file.pread(new Uint8Array(1), 0), "EINVAL", "pread()");
});

Deno.test("nonseekableOpen() leaves a file that can only be read on", () => {
  const seekable = FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
  using file = fileOf({
    ...reading("abc"),
    open(_inode, file) {
      assertStrictEquals(file.mode, FMODE_READ | seekable, "as it is opened");
      nonseekableOpen(file);
    },
  }).open();
  assertStrictEquals(file.mode, FMODE_READ, "afterwards");
  assertCode(() => file.pread(new Uint8Array(1), 0), "ESPIPE", "pread()");
  assertEquals([readText(file, 2), readText(file, 2)], ["ab", "c"]);
});

Deno.test("OpenFile.pread() is ESPIPE, when bit FMODE_PREAD alone is clear", () => {
  using file = fileOf(reading("abc")).open();
  file.mode &= ~FMODE_PREAD;
  assertCode(() => file.pread(new Uint8Array(1), 0), "ESPIPE", "pread()");
});

Deno.test("OpenFile.close() calls release once, while the file still counts as open", () => {
  const counts: number[] = [];
  const dentry = fileOf({ release: (_inode, file) => void counts.push(file.dentry.openFiles) });
  dentry.open().close();
  assertEquals(counts, [1], "files open, as release saw it");
  assertStrictEquals(dentry.openFiles, 0);
});

Deno.test("OpenFile is EBADF, when it is closed", () => {
  const release = operation();
  const dentry = fileOf({ ...reading("abc"), release });
  const file = dentry.open();
  file.close();
  assertCode(() => file.close(), "EBADF", "close()");
  assertCode(() => file.read(new Uint8Array(1)), "EBADF", "read()");
  assertCode(() => file.pread(new Uint8Array(1), 0), "EBADF", "pread()");
  assertSpyCalls(release, 1);
  assertStrictEquals(dentry.openFiles, 0, "files open");
});

Deno.test("OpenFile.pread() is EBADF, when a file without positions is closed", () => {
  const file = fileOf({ open: (_inode, file) => nonseekableOpen(file) }).open();
  file.close();
  assertCode(() => file.pread(new Uint8Array(1), 0), "EBADF", "pread() of a closed file");
});

Deno.test("OpenFile.close() closes, when release throws", () => {
  const thrown = new Error("release");
  const release = () => {
    throw thrown;
  };
  const dentry = fileOf({ release });
  const file = dentry.open();
  assertStrictEquals(assertThrows(() => file.close()), thrown);
  assertStrictEquals(dentry.openFiles, 0, "files open");
  assertCode(() => file.close(), "EBADF", "closed all the same");
});

Deno.test("OpenFile closes at the end of its block, when it is declared with using", () => {
  const dentry = fileOf();
  {
    using _file = dentry.open();
    assertStrictEquals(dentry.openFiles, 1, "within the block");
  }
  assertStrictEquals(dentry.openFiles, 0, "after the block");
});

Deno.test("OpenFile is left alone at the end of its block, when it was closed there", () => {
  const release = operation();
  {
    using file = fileOf({ release }).open();
    file.close();
  }
  assertSpyCalls(release, 1);
});

Deno.test("Dentry.remove() leaves files usable, when they are open", () => {
  const parent = directory("dir");
  const dentry = new Dentry("cpu0", regularInode(S_IRUSR, null, reading("abc")), parent);
  const file = dentry.open();
  dentry.remove();
  assertEquals([dentry.exists, parent.children], [false, []], "the name is gone");
  assertStrictEquals(readText(file, 3), "abc", "the file can be read");
  assertStrictEquals(dentry.openFiles, 1);
  file.close();
  assertStrictEquals(dentry.openFiles, 0, "and be closed");
});

Deno.test("Dentry.remove() frees the name at once, when the file is open", () => {
  const parent = directory("dir");
  const [old, young] = ["old", "young"].map((text) => {
    const dentry = new Dentry("cpu0", regularInode(S_IRUSR, null, reading(text)), parent);
    const file = dentry.open();
    if (text === "old") dentry.remove();
    return file;
  });
  assertEquals([readText(old, 9), readText(young, 9)], ["old", "young"]);
  old.close();
  assertEquals(parent.children, [young.dentry], "closing the old one does not touch the new one");
});

Deno.test("Dentry.open() is ENOENT, when it was removed", () => {
  const dentry = fileOf();
  dentry.remove();
  assertCode(() => dentry.open(), "ENOENT", "open() of a removed file");
});

Deno.test("Dentry.remove() may be called by release of the file itself", () => {
  const dentry = fileOf({ release: (_inode, file) => file.dentry.remove() });
  dentry.open().close();
  assertEquals([dentry.exists, dentry.openFiles], [false, 0]);
});

Deno.test("Dentry.remove() refuses, when it was removed before", () => {
  const dentry = fileOf();
  dentry.remove();
  assertThrows(() => dentry.remove(), TypeError, "Cannot remove cpu0: it was removed before");
});

Deno.test("OpenFile.pread() is EINVAL, below the start of the file", () => {
  using file = fileOf(reading("abc")).open();
  assertCode(() => file.pread(new Uint8Array(1), -1), "EINVAL", "pread() at -1");
});
