import { assertEquals, assertThrows } from "@std/assert";
import { BlackBox, BoxFile } from "../../../relay/blackbox/mod.ts";
import { damage, INFO, SUPERBLOCK } from "./boxes.ts";
import { BoxDirectory, ignore } from "./support.ts";

Deno.test("BoxFile() reads what describe() wrote", { ignore }, () => {
  using directory = new BoxDirectory();
  const box = new BlackBox(directory.box, 16);
  box.describe(INFO);
  using file = new BoxFile(directory.box, false);
  assertEquals(file.info, { ...INFO, frames: 16 });
  assertEquals(file.state, "holds a trace");
  assertEquals(file.tryLock(), false, "locked by its maker");
  box.close();
  assertEquals(file.tryLock(), true);
});

/** A black box of which the program is gone, its superblock damaged. */
function superblock(
  { box: file }: BoxDirectory,
  body: (view: DataView) => void,
  options: { readonly checksum?: boolean } = {},
): string {
  const box = new BlackBox(file, 16);
  box.describe(INFO);
  box.close();
  damage(file, ({ superblock }) => body(superblock), options);
  return file;
}

const FRAMES = 24;
const refused: [string, (view: DataView) => void, string, boolean?][] = [
  ["that is none", (view) => view.setUint8(0, 0x58), "it is none"],
  [
    "of a higher version",
    (view) => view.setUint32(8, 2, true),
    "it has version 2, and this module knows 1",
  ],
  [
    "whose checksum is wrong",
    (view) => view.setUint32(32, 1, true),
    "its superblock is damaged",
    false,
  ],
  ["without a superblock", (view) => clear(view), "its program has recorded nothing"],
  [
    "with other pages",
    (view) => view.setUint32(20, 8192, true),
    "its pages have 8192 bytes, not 4096",
  ],
  ["without pages", (view) => view.setUint32(FRAMES, 0, true), "it says it has 0 pages"],
  [
    "with pages beyond 2 GiB",
    (view) => view.setUint32(FRAMES, 2 ** 19, true),
    "it says it has 524288 pages",
  ],
  ["without CPUs", (view) => view.setUint32(32, 0, true), "it says it has 0 CPUs"],
  [
    "with CPUs there cannot be",
    (view) => view.setUint32(32, 4000, true),
    "it says it has 4000 CPUs",
  ],
  [
    "with a text beyond its page",
    (view) => view.setUint32(36, 4041, true),
    "it says its text has 4041 bytes",
  ],
  ["whose text is no JSON", (view) => view.setUint8(56, 0x5b), "its text is none"],
  ["whose text lacks something", (view) => view.setUint32(36, 2, true), "its text is none"],
];

/** Leaves what a program leaves that is killed before it has described its box. */
function clear(view: DataView): void {
  for (let at = 16; at < SUPERBLOCK; at++) view.setUint8(at, 0);
}

for (const [what, body, why, checksum = true] of refused) {
  Deno.test(`BoxFile() refuses a file ${what}`, { ignore }, () => {
    using directory = new BoxDirectory();
    const file = superblock(directory, body, { checksum });
    const error = assertThrows(() => new BoxFile(file, false), TypeError);
    assertEquals(error.message, `Cannot read black box ${file}: ${why}`);
  });
}

for (const [frames, size] of [[-1, "less"], [1, "more"]] as const) {
  Deno.test(`BoxFile() refuses a file that says it has ${size} pages than there are`, {
    ignore,
  }, () => {
    using directory = new BoxDirectory();
    let says = 0;
    const file = superblock(directory, (view) => {
      says = view.getUint32(FRAMES, true) + frames;
      view.setUint32(FRAMES, says, true);
    });
    const { size } = Deno.statSync(file);
    const error = assertThrows(() => new BoxFile(file, false), TypeError);
    const why = `it has ${size} bytes, and says ${SUPERBLOCK + 4096 * says}`;
    assertEquals(error.message, `Cannot read black box ${file}: ${why}`);
  });
}

for (const size of [0, 100, 4095]) {
  Deno.test(`BoxFile() refuses a file that was cut off at ${size} bytes`, { ignore }, () => {
    using directory = new BoxDirectory();
    const file = superblock(directory, () => {});
    Deno.truncateSync(file, size);
    const error = assertThrows(() => new BoxFile(file, false), TypeError);
    assertEquals(error.message, `Cannot read black box ${file}: it is none`);
  });
}

Deno.test("BoxFile() refuses a file that was cut off in RAM", { ignore }, () => {
  using directory = new BoxDirectory();
  const file = superblock(directory, () => {});
  const { size } = Deno.statSync(file);
  Deno.truncateSync(file, 100_000);
  const error = assertThrows(() => new BoxFile(file, false), TypeError);
  const why = `it has 100000 bytes, and says ${size}`;
  assertEquals(error.message, `Cannot read black box ${file}: ${why}`);
});

Deno.test("BoxFile() refuses a directory", { ignore }, () => {
  using directory = new BoxDirectory();
  const error = assertThrows(() => new BoxFile(directory.path, false), TypeError);
  assertEquals(error.message, `Cannot read black box ${directory.path}: it is no file`);
});

Deno.test("BoxFile() refuses a pipe, and does not wait for somebody at its other end", {
  ignore,
}, () => {
  using directory = new BoxDirectory();
  new Deno.Command("mkfifo", { args: [directory.box] }).outputSync();
  assertThrows(() => new BoxFile(directory.box, false), TypeError, "it is no file");
});
