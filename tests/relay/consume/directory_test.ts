import { StreamFile } from "../../../relay/consume/stream_file.ts";
import { TraceFile } from "../../../relay/consume/trace_file.ts";
import { assertReplaceable, DirectoryLock, TraceDirectory } from "../../../relay/consume/mod.ts";
import { takeDirectory } from "../../../relay/consume/output_directory.ts";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";

const ignore = Deno.permissions.querySync({ name: "write" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

/** A disk with so much room: what is there can be written over, for more a write is cut, then fails. */
class SmallDisk implements Disposable {
  readonly #writeSync = Deno.FsFile.prototype.writeSync;

  constructor(bytes: number) {
    let room = bytes;
    const writeSync = this.#writeSync;
    Deno.FsFile.prototype.writeSync = function (this: Deno.FsFile, bytes: Uint8Array): number {
      const at = this.seekSync(0, Deno.SeekMode.Current);
      const { size } = this.statSync();
      const count = Math.min(bytes.length, Math.max(0, size - at + room));
      if (count === 0) throw new Error("No space left");
      room -= Math.max(0, at + count - size);
      return writeSync.call(this, bytes.subarray(0, count));
    };
  }

  [Symbol.dispose](): void {
    Deno.FsFile.prototype.writeSync = this.#writeSync;
  }
}

/** Empties a directory for a session. */
const empty = (path: string): void => takeDirectory(path, () => {});

/** Path of a new directory, removed in the end. */
class Directory implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "ltt-consume-" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A piece that is told from others by its byte. */
function piece(byte: number, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size).fill(byte);
}

/** What a file has: its bytes, with how often each comes in a row. */
function runs(bytes: Uint8Array): string {
  const found: [number, number][] = [];
  for (const byte of bytes) {
    const last = found.at(-1);
    if (last?.[0] === byte) last[1]++;
    else found.push([byte, 1]);
  }
  return found.map(([byte, count]) => `${byte}x${count}`).join(" ");
}

const step = fc.oneof(
  fc.record({ act: fc.constant("append" as const), size: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ act: fc.constant("appendTail" as const), size: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ act: fc.constant("dropTail" as const), size: fc.constant(0) }),
);

Deno.test("a TraceFile has whole pieces after any steps, also when the disk is full", {
  ignore,
}, () => {
  using directory = new Directory();
  const path = `${directory.path}/file`;
  const property = fc.property(
    fc.array(step, { maxLength: 12 }),
    fc.integer({ min: 0, max: 200 }),
    (steps, room) => {
      using _disk = new SmallDisk(room);
      const file = new TraceFile(path);
      const pieces: Uint8Array[] = [];
      let tail: Uint8Array = new Uint8Array(0);
      for (const [i, { act, size }] of steps.entries()) {
        const bytes = piece(i + 1, size);
        try {
          if (act === "append") {
            const half = size >> 1;
            file.append([bytes.subarray(0, half), bytes.subarray(half)]);
            pieces.push(bytes);
            tail = new Uint8Array(0);
          } else if (act === "appendTail") {
            file.appendTail(bytes);
            tail = bytes;
          } else {
            file.dropTail();
            tail = new Uint8Array(0);
          }
        } catch {
          // The disk is full.
        }
        const expected = runs(Uint8Array.from([...pieces, tail].flatMap((piece) => [...piece])));
        assertEquals(runs(Deno.readFileSync(path)), expected, `after step ${i}`);
        assertEquals(file.size, pieces.reduce((sum, { length }) => sum + length, 0));
      }
      file.close();
    },
  );
  fc.assert(property, { numRuns: 300 });
});

Deno.test("a StreamFile that is rotated has the newest pieces, each once, in files of their size", {
  ignore,
}, () => {
  using directory = new Directory();
  const path = `${directory.path}/stream`;
  const property = fc.property(
    fc.array(step, { maxLength: 30 }),
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 0, max: 4 }),
    fc.option(fc.integer({ min: 0, max: 400 })),
    (steps, maxFileSize, maxFiles, room) => {
      for (const { name } of [...Deno.readDirSync(directory.path)]) {
        Deno.removeSync(`${directory.path}/${name}`);
      }
      using _disk = room === null ? null : new SmallDisk(room);
      const file = new StreamFile(path, { maxFileSize, maxFiles });
      const pieces: Uint8Array[] = [];
      let tail: Uint8Array = new Uint8Array(0);
      for (const [i, { act, size }] of steps.entries()) {
        const bytes = piece(i + 1, size);
        try {
          if (act === "append") {
            file.append([bytes]);
            pieces.push(bytes);
            tail = new Uint8Array(0);
          } else if (act === "appendTail") {
            file.appendTail(bytes);
            tail = bytes;
          }
        } catch {
          // Then nothing more is to be written.
          break;
        }
      }
      file.close();
      const files = [...Deno.readDirSync(directory.path)].map(({ name }) =>
        Deno.readFileSync(`${directory.path}/${name}`)
      ).filter(({ length }) => length > 0).sort((a, b) => a[0] - b[0]);
      const found = files.map(runs).join(" ");
      const all = [...pieces, tail].filter(({ length }) => length > 0).map(runs).join(" ");
      if (room === null) assertEquals(found, all.slice(all.length - found.length));
      else assertEquals(all.includes(found), true, `${found} in ${all}`);
      if (maxFiles === 0) assertEquals(found, all);
      if (room === null && all !== "") assertEquals(found === "", false, "something is there");
      for (const { length } of files) {
        const isOne = files.length > 0 && steps.some(({ size }) => size === length);
        assertEquals(length <= maxFileSize || isOne, true, `${length} of ${maxFileSize} bytes`);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});

Deno.test("a StreamFile has one file open, however many there are", {
  ignore: ignore || Deno.build.os !== "linux",
}, () => {
  using directory = new Directory();
  const open = (): number =>
    [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(directory.path);
      } catch {
        return false;
      }
    }).length;
  for (const maxFiles of [0, 1, 2, 50]) {
    const file = new StreamFile(`${directory.path}/${maxFiles}`, { maxFileSize: 10, maxFiles });
    for (let i = 0; i < 120; i++) {
      file.append([piece(i, 10)]);
      file.appendTail(piece(i, 3));
      assertEquals(open(), 1, `of ${maxFiles}, after ${i}`);
    }
    file.close();
    assertEquals(open(), 0);
  }
});

Deno.test("a StreamFile without limits is one file of that name", { ignore }, () => {
  using directory = new Directory();
  const path = `${directory.path}/stream`;
  const file = new StreamFile(path, { maxFileSize: 0, maxFiles: 3 });
  for (let i = 0; i < 5; i++) file.append([piece(i, 1000)]);
  file.close();
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["stream"]);
  assertEquals(Deno.statSync(path).size, 5000);
});

Deno.test("a TraceDirectory counts the bytes that stay", { ignore }, () => {
  using directory = new Directory();
  const options = { maxFileSize: 0, maxFiles: 0, openFor: [] };
  const trace = new TraceDirectory(`${directory.path}/a/trace`, options);
  trace.metadata(piece(1, 10));
  trace.packet(0, [piece(2, 100), piece(3, 28)]);
  trace.provisional(0, piece(4, 50));
  trace.provisional(1, piece(5, 50));
  trace.close();
  const sizes = ["metadata", "channel0_0", "channel0_1"].map((name) =>
    Deno.statSync(`${trace.name}/${name}`).size
  );
  assertEquals(sizes, [10, 178, 50]);
  Deno.writeTextFileSync(`${trace.name}/else`, "");
  assertThrows(() => new TraceDirectory(trace.name, options), TypeError, 'it holds "else"');
  assertEquals(Deno.statSync(`${trace.name}/channel0_0`).size, 178);
});

/** Makes files, and directories for those whose name ends in a slash. */
function make(path: string, names: readonly string[]): void {
  for (const name of names) {
    const directory = `${path}/${name}`.replace(/[^/]*$/, "");
    Deno.mkdirSync(directory, { recursive: true });
    if (!name.endsWith("/")) Deno.writeTextFileSync(`${path}/${name}`, "old");
  }
}

/** Names of all that is in a directory, at any depth. */
function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? [`${name}/`, ...namesIn(`${path}/${name}`).map((one) => `${name}/${one}`)]
      : [name]
  ).sort();
}

const OURS = [
  ".statistics.json",
  "channel0_0",
  "channel0_12_3",
  "metadata",
  "snapshot-0/metadata",
  "snapshot-0/channel0_0",
  "snapshot-12-Slow-request/channel0_0_1",
  "snapshot-13/",
];

Deno.test("takeDirectory() takes away traces and snapshots, whatever was written last", {
  ignore,
}, () => {
  using directory = new Directory();
  const path = `${directory.path}/trace`;
  empty(path);
  assertEquals(namesIn(path), [], "it is made");
  make(path, OURS);
  empty(path);
  assertEquals(namesIn(path), []);
});

for (
  const foreign of [
    "notes.txt",
    "snapshot-0/notes.txt",
    "snapshot-0/.statistics.json",
    "snapshot-0/snapshot-0/metadata",
    "snapshot-x/metadata",
    "snapshot-1 2/metadata",
    "snapshot-1-a.b/metadata",
    "metadata-1/metadata",
    "snapshot-5",
    "channel0_1/",
  ]
) {
  Deno.test(`takeDirectory() refuses a directory with ${foreign}, and changes nothing`, {
    ignore,
  }, () => {
    using directory = new Directory();
    const { path } = directory;
    make(path, [...OURS, foreign]);
    const before = namesIn(path);
    const told = /^snapshot-0.(notes|.stat|snapshot-0)/.test(foreign)
      ? foreign.split("/").slice(0, 2).join("/")
      : foreign.split("/")[0];
    const message = `Cannot write a trace to ${path}: it holds "${told}"`;
    for (const refuse of [assertReplaceable, empty]) {
      assertThrows(() => refuse(path), TypeError, message);
    }
    assertEquals(namesIn(path), before);
  });
}

Deno.test("takeDirectory() refuses a snapshot that is a link, and what it leads to stays", {
  ignore,
}, () => {
  using directory = new Directory();
  make(directory.path, ["mine/metadata", "trace/metadata"]);
  Deno.symlinkSync(`${directory.path}/mine`, `${directory.path}/trace/snapshot-0`);
  const message = 'it holds "snapshot-0"';
  assertThrows(() => empty(`${directory.path}/trace`), TypeError, message);
  assertEquals(namesIn(`${directory.path}/mine`), ["metadata"]);
});

Deno.test("a DirectoryLock keeps a directory from others until it is closed, and leaves nothing", {
  ignore,
}, () => {
  using directory = new Directory();
  const { path } = directory;
  const lock = new DirectoryLock(path);
  const message = `Cannot write a trace to ${path}: another session does`;
  assertThrows(() => new DirectoryLock(path), TypeError, message);
  for (const refuse of [assertReplaceable, empty]) {
    assertThrows(() => refuse(path), TypeError, message);
  }
  const options = { maxFileSize: 0, maxFiles: 0, openFor: [] };
  assertThrows(() => new TraceDirectory(path, options), TypeError, message);
  assertEquals(Deno.readTextFileSync(`${path}/.ltt-relay.lock`), `vpid = ${Deno.pid};\n`);
  assertEquals(Deno.statSync(`${path}/.ltt-relay.lock`).mode! & 0o777, 0o600);
  lock.close();
  assertEquals(namesIn(path), []);
  make(path, [".ltt-relay.lock"]);
  empty(path);
  const trace = new TraceDirectory(path, options);
  assertThrows(() => new DirectoryLock(path), TypeError, message);
  trace.close();
});
