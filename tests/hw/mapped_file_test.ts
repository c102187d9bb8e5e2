import {
  type Backing,
  GFP_KERNEL,
  KernelError,
  Machine,
  openRam,
  PAGE_SIZE,
  Ram,
} from "@ltt/relay/hw";
import { mapFile, mapNewFile } from "../../hw/mapped_file.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const needed = ["ffi", "read", "write", "run"] as const;
const ignore = Deno.build.os === "windows" ||
  needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** A name for a file in a directory of its own. */
class TempFile implements Disposable {
  readonly directory: string = Deno.makeTempDirSync({ prefix: "ltt-map-" });
  readonly path: string = `${this.directory}/ram`;

  get backing(): Backing {
    return { file: this.path };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}

Deno.test("Ram() of a file is zeroed memory, and what is stored is in the file", { ignore }, () => {
  using file = new TempFile();
  const ram = new Ram(64 * PAGE_SIZE, file.backing);
  assertEquals([ram.buffer.byteLength, ram.bytes.every((byte) => byte === 0)], [262_144, true]);
  ram.view.setUint32(5 * PAGE_SIZE, 0x01020304, true);
  ram.bytes.set([9, 8], 63 * PAGE_SIZE);
  const bytes = Deno.readFileSync(file.path);
  assertEquals(bytes.length, 262_144);
  assertEquals([...bytes.subarray(5 * PAGE_SIZE, 5 * PAGE_SIZE + 4)], [4, 3, 2, 1]);
  assertEquals([...bytes.subarray(63 * PAGE_SIZE, 63 * PAGE_SIZE + 2)], [9, 8]);
});

Deno.test("the file of Ram() is the user's alone, and takes room only for what is stored", {
  ignore,
}, () => {
  using file = new TempFile();
  const mask = Deno.umask(0);
  const { bytes } = new Ram(2 ** 30, file.backing);
  Deno.umask(mask);
  bytes[2 ** 29] = 1;
  const { size, mode, blocks } = Deno.statSync(file.path);
  assertEquals([size, mode! & 0o777], [2 ** 30, 0o600]);
  assert(blocks! * 512 < 2 ** 20, `${blocks} blocks`);
});

Deno.test("Atomics work on a Ram() of a file", { ignore }, () => {
  using file = new TempFile();
  const words = new Int32Array(new Ram(PAGE_SIZE, file.backing).buffer);
  assertEquals(Atomics.add(words, 3, 7), 0);
  assertEquals(Atomics.compareExchange(words, 3, 7, -1), 7);
  assertEquals([Atomics.load(words, 3), words[3]], [-1, -1]);
});

Deno.test("openRam() of a Ram() of a file shows the same memory, in another thread too", {
  ignore,
}, async () => {
  using file = new TempFile();
  const ram = new Ram(PAGE_SIZE, file.backing);
  const worker = new Worker(new URL("./mapped_program.ts", import.meta.url), { type: "module" });
  const answer = new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
  ram.bytes[100] = 41;
  worker.postMessage(ram.handle);
  assertEquals(await answer, 41);
  assertEquals(ram.bytes[100], 42);
  worker.terminate();
  assertEquals(new Uint8Array(openRam(ram.handle!))[100], 42);
});

Deno.test("Machine() refuses a file that is there, and leaves it as it is", { ignore }, () => {
  using file = new TempFile();
  Deno.writeTextFileSync(file.path, "mine");
  const boot = (): Machine => new Machine({ nodes: [16], backing: file.backing });
  assertThrows(boot, Deno.errors.AlreadyExists);
  assertEquals(Deno.readTextFileSync(file.path), "mine");
});

Deno.test("Machine() refuses a file in a directory that is not there", { ignore }, () => {
  using file = new TempFile();
  const backing = { file: `${file.path}/none` };
  assertThrows(() => new Machine({ nodes: [16], backing }), Deno.errors.NotFound);
});

Deno.test("Machine() refuses a file of no bytes, and leaves none", { ignore }, () => {
  using file = new TempFile();
  assertThrows(() => new Ram(0, file.backing), Error, "cannot share 0 bytes");
  assertEquals([...Deno.readDirSync(file.directory)], []);
});

Deno.test("Machine() of a file says which permission it misses, and leaves no file", {
  ignore,
}, async () => {
  using file = new TempFile();
  const program = new URL("./mapped_machine_program.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", program, file.path],
  }).output();
  const message = `Cannot map ${file.path}: it takes --allow-ffi, and Linux or macOS`;
  assertEquals(new TextDecoder().decode(stdout).trim(), message);
  assertEquals([...Deno.readDirSync(file.directory)], []);
});

Deno.test(
  "PageAllocator() takes room for the frames it hands out; without room that is ENOMEM, and nothing is taken",
  {
    ignore,
  },
  () => {
    using file = new TempFile();
    const { address } = mapNewFile(file.path, 1024 * PAGE_SIZE);
    const reserved: [number, number][] = [];
    let room = 2;
    const backing = {
      address,
      length: 1024 * PAGE_SIZE,
      reserve: (offset: number, length: number) => {
        reserved.push([offset, length]);
        return room-- > 0;
      },
    };
    const machine = new Machine({ nodes: [1024], backing });
    const before = machine.snapshot();
    for (let i = 0; i < 3; i++) machine.pages.allocPages(GFP_KERNEL, 0);
    assertEquals(reserved, [[0, 2 ** 20]], "a stretch once");
    machine.pages.allocPages(GFP_KERNEL, 8);
    assertEquals(reserved, [[0, 2 ** 20], [2 ** 20, 2 ** 20]]);
    const used = machine.snapshot();
    assertThrows(
      () => machine.pages.allocPages(GFP_KERNEL, 9),
      KernelError,
      "the disk has no room",
    );
    assertEquals(machine.snapshot().nodes, used.nodes);
    assertEquals(before.nodes[0].free - used.nodes[0].free, 3 + 256);
  },
);

Deno.test("Machine() refuses mapped memory of another size than its nodes have", { ignore }, () => {
  using file = new TempFile();
  const { address } = mapNewFile(file.path, 4 * PAGE_SIZE);
  const backing = { address, length: 4 * PAGE_SIZE, reserve: () => true };
  assertThrows(
    () => new Machine({ nodes: [8], backing }),
    RangeError,
    "Cannot boot with 32768 bytes of RAM on 16384 mapped ones",
  );
});

Deno.test("mapNewFile() locks the file until it is closed, and reserves room on the disk", {
  ignore,
}, () => {
  using file = new TempFile();
  const mapped = mapNewFile(file.path, 2 ** 24);
  using other = Deno.openSync(file.path, { read: true });
  assertEquals(other.tryLockSync(true), false);
  assertEquals(mapped.reserve(2 ** 20, 2 ** 20), true);
  if (Deno.build.os === "linux") assertEquals(Deno.statSync(file.path).blocks! * 512, 2 ** 20);
  mapped.close();
  assertEquals(other.tryLockSync(true), true);
  new Uint8Array(mapped.buffer)[0] = 7;
  assertEquals(Deno.readFileSync(file.path)[0], 7, "the memory stays");
});

Deno.test("mapFile() shows what another map of the file stores", { ignore }, () => {
  using file = new TempFile();
  const one = new Int32Array(mapNewFile(file.path, PAGE_SIZE).buffer);
  const other = new Int32Array(mapFile(file.path).buffer);
  Atomics.store(one, 5, 3);
  assertEquals(Atomics.add(other, 5, 4), 3);
  assertEquals(Atomics.load(one, 5), 7);
});
