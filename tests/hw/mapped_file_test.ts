import { type Backing, Machine, openRam, PAGE_SIZE, Ram } from "@ltt/relay/hw";
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
