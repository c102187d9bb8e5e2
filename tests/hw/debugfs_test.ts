import { Debugfs, type ErrnoCode, KernelError, S_IFDIR, S_IFREG, S_IRUSR } from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

/** Fails unless `fn` throws a KernelError of that code. */
function assertCode(fn: () => unknown, code: ErrnoCode, what: string): void {
  assertStrictEquals(assertThrows(fn, KernelError, "", what).code, code, what);
}

const names = (debugfs: Debugfs): string[] => debugfs.root.children.map(({ name }) => name);

Deno.test("Debugfs.root is an empty directory named /, when it is new", () => {
  const { root } = new Debugfs();
  assertStrictEquals(root.name, "/");
  assertStrictEquals(root.parent, null);
  assert(root.isDirectory, "the root is a directory");
  assertEquals(root.children, []);
});

Deno.test("Debugfs.createFile() puts the file into the root, when the parent is null", () => {
  const debugfs = new Debugfs();
  const file = debugfs.createFile("cpu0", S_IRUSR, null);
  assertStrictEquals(file.parent, debugfs.root);
  assertStrictEquals(debugfs.root.child("cpu0"), file);
  assert(!file.isDirectory, "a file is no directory");
});

Deno.test("Debugfs.createFile() puts the file into its parent alone", () => {
  const debugfs = new Debugfs();
  const directory = debugfs.createDir("ltt");
  const file = debugfs.createFile("cpu0", S_IRUSR, directory);
  assertEquals(directory.children, [file]);
  assertEquals(names(debugfs), ["ltt"]);
});

Deno.test("Debugfs.createFile() keeps the permissions of the mode and makes it a regular file's", () => {
  const debugfs = new Debugfs();
  assertStrictEquals(debugfs.createFile("a", S_IRUSR, null).inode.mode, S_IFREG | 0o400);
  assertStrictEquals(debugfs.createFile("b", 0o7777, null).inode.mode, S_IFREG | 0o7777);
  assertStrictEquals(debugfs.createFile("c", S_IFDIR | 0o640, null).inode.mode, S_IFREG | 0o640);
});

Deno.test("Debugfs.createFile() hands data and operations to the inode", () => {
  const data = { buffer: 1 };
  const fops = { read: () => 0 };
  const { inode } = new Debugfs().createFile("cpu0", S_IRUSR, null, data, fops);
  assertStrictEquals(inode.private, data);
  assertStrictEquals(inode.fops, fops);
});

Deno.test("Debugfs.createFile() makes a file that reads as empty, when it is given no operations", () => {
  using file = new Debugfs().createFile("empty", S_IRUSR, null).open();
  const dest = new Uint8Array([7, 7]);
  assertStrictEquals(file.read(dest), 0);
  assertEquals(dest, new Uint8Array([7, 7]), "nothing is written");
});

Deno.test("Debugfs.createDir() makes a directory of mode 0755, in its parent or the root", () => {
  const debugfs = new Debugfs();
  const outer = debugfs.createDir("outer");
  const inner = debugfs.createDir("inner", outer);
  assertStrictEquals(outer.parent, debugfs.root);
  assertStrictEquals(inner.parent, outer);
  assertStrictEquals(inner.inode.mode, S_IFDIR | 0o755);
});

// deno-fmt-ignore
const badNames: [name: string, code: ErrnoCode, what: string][] = [
  ["", "EACCES", "an empty name"],
  ["a/b", "EACCES", "a name with a slash"],
  ["/", "EACCES", "a slash"],
  ["/".repeat(300), "EACCES", "300 slashes"],
  ["x".repeat(256), "ENAMETOOLONG", "256 bytes"],
  ["\u00e9".repeat(128), "ENAMETOOLONG", "256 bytes in 128 characters"],
];

for (const [name, code, what] of badNames) {
  Deno.test(`Debugfs makes nothing and is ${code}, when the name is ${what}`, () => {
    const debugfs = new Debugfs();
    assertCode(() => debugfs.createFile(name, S_IRUSR, null), code, `createFile() of ${what}`);
    assertCode(() => debugfs.createDir(name), code, `createDir() of ${what}`);
    assertEquals(names(debugfs), []);
  });
}

for (const name of ["x".repeat(255), "\u00e9".repeat(127) + "x", "...", " "]) {
  Deno.test(`Debugfs.createFile() takes a name of ${name.length} characters, when it starts with "${name[0]}"`, () => {
    const debugfs = new Debugfs();
    assertStrictEquals(debugfs.createFile(name, S_IRUSR, null), debugfs.lookup(name));
  });
}

Deno.test("Debugfs is EEXIST, when a file or directory has the name", () => {
  const debugfs = new Debugfs();
  const file = debugfs.createFile("file", S_IRUSR, null);
  debugfs.createDir("dir");
  assertCode(() => debugfs.createFile("file", S_IRUSR, null), "EEXIST", "file over file");
  assertCode(() => debugfs.createDir("file"), "EEXIST", "directory over file");
  assertCode(() => debugfs.createFile("dir", S_IRUSR, null), "EEXIST", "file over directory");
  assertCode(() => debugfs.createDir("dir"), "EEXIST", "directory over directory");
  assertEquals(names(debugfs), ["file", "dir"]);
  assertStrictEquals(debugfs.lookup("file"), file, "the first one is the one that is found");
});

Deno.test("Debugfs.createFile() takes a name in two directories", () => {
  const debugfs = new Debugfs();
  const directory = debugfs.createDir("dir");
  const outer = debugfs.createFile("cpu0", S_IRUSR, null);
  const inner = debugfs.createFile("cpu0", S_IRUSR, directory);
  assertStrictEquals(debugfs.lookup("cpu0"), outer);
  assertStrictEquals(debugfs.lookup("dir/cpu0"), inner);
});

Deno.test("Debugfs.createFile() is ENOTDIR, when the parent is a file", () => {
  const debugfs = new Debugfs();
  const file = debugfs.createFile("file", S_IRUSR, null);
  assertCode(() => debugfs.createFile("inner", S_IRUSR, file), "ENOTDIR", "a file in a file");
});

Deno.test("Debugfs.createFile() is ENOENT, when the parent was removed", () => {
  const debugfs = new Debugfs();
  const directory = debugfs.createDir("dir");
  debugfs.remove(directory);
  assertCode(() => debugfs.createFile("inner", S_IRUSR, directory), "ENOENT", "a removed parent");
});

Deno.test("Debugfs.lookup() finds the root, when the path names nothing", () => {
  const debugfs = new Debugfs();
  for (const path of ["", "/", "//"]) assertStrictEquals(debugfs.lookup(path), debugfs.root, path);
});

Deno.test("Debugfs.lookup() goes down directories, whatever the number of slashes", () => {
  const debugfs = new Debugfs();
  const file = debugfs.createFile("f", S_IRUSR, debugfs.createDir("b", debugfs.createDir("a")));
  for (const path of ["a/b/f", "/a/b/f", "a//b/f/"]) {
    assertStrictEquals(debugfs.lookup(path), file, path);
  }
});

for (const path of ["b", "a/b", "f/g", "a/b/c"]) {
  Deno.test(`Debugfs.lookup() is ENOENT, when there is no ${path}`, () => {
    const debugfs = new Debugfs();
    debugfs.createDir("a");
    debugfs.createFile("f", S_IRUSR, null);
    assertCode(() => debugfs.lookup(path), "ENOENT", `lookup("${path}")`);
  });
}

Deno.test("Debugfs.remove() takes the name away, and lookup() no longer finds it", () => {
  const debugfs = new Debugfs();
  debugfs.createFile("a", S_IRUSR, null);
  debugfs.remove(debugfs.createFile("b", S_IRUSR, null));
  assertCode(() => debugfs.lookup("b"), "ENOENT", "a removed file");
  assertEquals(names(debugfs), ["a"]);
});

Deno.test("Debugfs.remove() does nothing, when it is given null or the root", () => {
  const debugfs = new Debugfs();
  debugfs.remove(null);
  debugfs.remove(debugfs.root);
  assert(debugfs.root.exists, "the root stays");
  debugfs.createFile("a", S_IRUSR, null);
  assertEquals(names(debugfs), ["a"], "and can be used");
});

Deno.test("Debugfs.remove() leaves a directory silently, when it is not empty", () => {
  const debugfs = new Debugfs();
  const directory = debugfs.createDir("dir");
  const file = debugfs.createFile("f", S_IRUSR, directory);
  debugfs.remove(directory);
  assert(directory.exists, "the directory stays");
  assertStrictEquals(debugfs.lookup("dir/f"), file, "and so does what it holds");
  debugfs.remove(file);
  debugfs.remove(directory);
  assertEquals(names(debugfs), [], "empty, it can be removed");
});

Deno.test("Debugfs.remove() refuses, when the dentry was removed, and spares who has its name now", () => {
  const debugfs = new Debugfs();
  const old = debugfs.createFile("cpu0", S_IRUSR, null);
  debugfs.remove(old);
  const young = debugfs.createFile("cpu0", S_IRUSR, null);
  assertThrows(() => debugfs.remove(old), TypeError, "Cannot remove cpu0: it was removed before");
  assertStrictEquals(debugfs.lookup("cpu0"), young);
});

Deno.test("Debugfs keeps its files apart from another's", () => {
  const [one, two] = [new Debugfs(), new Debugfs()];
  one.createFile("cpu0", S_IRUSR, null);
  assertEquals(names(two), []);
});

Deno.test("Dentry.children lists in the order of making, a name that is used again last", () => {
  const debugfs = new Debugfs();
  const made = ["c", "a", "b"].map((name) => debugfs.createFile(name, S_IRUSR, null));
  debugfs.remove(made[0]);
  debugfs.createFile("c", S_IRUSR, null);
  assertEquals(names(debugfs), ["a", "b", "c"], "c, a, b made, c removed and made again");
});

Deno.test("Dentry.child() is undefined, when there is none of the name or it is asked of a file", () => {
  const debugfs = new Debugfs();
  assertStrictEquals(debugfs.root.child("cpu0"), undefined);
  assertStrictEquals(debugfs.createFile("f", S_IRUSR, null).child("cpu0"), undefined);
});

Deno.test("Debugfs keeps its root, whoever removes it", () => {
  const debugfs = new Debugfs();
  debugfs.remove(debugfs.root);
  debugfs.root.remove();
  debugfs.createFile("still", S_IRUSR, null);
  assertStrictEquals(debugfs.root.children.length, 1, "files in the root");
});
