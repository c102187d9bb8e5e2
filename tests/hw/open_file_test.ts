import {
  Dentry,
  type ErrnoCode,
  type FileOperations,
  KernelError,
  type Mapping,
  type OpenFile,
  POLLHUP,
  POLLIN,
  POLLRDNORM,
  regularInode,
  S_IRUSR,
  type SpliceTarget,
} from "@ltt/relay/hw";
import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

const target: SpliceTarget = { write: (bytes) => Promise.resolve(bytes.length) };

function openFile(fops: FileOperations): OpenFile {
  return new Dentry("cpu0", regularInode(S_IRUSR, null, fops)).open();
}

/** Fails unless `fn` throws a KernelError of that code. */
function assertCode(fn: () => unknown, code: ErrnoCode, what: string): void {
  assertStrictEquals(assertThrows(fn, KernelError, "", what).code, code, what);
}

/** Fails unless a promise rejects with a KernelError of that code. */
async function assertRejectsCode(promise: Promise<unknown>, code: ErrnoCode): Promise<void> {
  const error = await promise.then((value) => `fulfilled with ${value}`, (error) => error);
  assertInstanceOf(error, KernelError);
  assertStrictEquals(error.code, code);
}

Deno.test("OpenFile.poll() says that it can be read, when the file does not say anything", () => {
  using file = openFile({});
  assertStrictEquals(file.poll(), POLLIN | POLLRDNORM);
});

for (const bits of [0, POLLHUP]) {
  Deno.test(`OpenFile.poll() answers what the file says, when that is ${bits}`, () => {
    const poll = spy((_file: OpenFile) => bits);
    using file = openFile({ poll });
    assertStrictEquals(file.poll(), bits);
    assertStrictEquals(poll.calls[0].args[0], file);
  });
}

Deno.test("OpenFile.ioctl() hands the file, the command and the argument over, and answers", () => {
  const ioctl = spy((_file: OpenFile, _command: number, _argument: number) => 9);
  using file = openFile({ ioctl });
  assertStrictEquals(file.ioctl(0xf603, 4096), 9);
  assertEquals(ioctl.calls[0].args, [file, 0xf603, 4096]);
});

Deno.test("OpenFile.ioctl() hands 0 over, when there is no argument", () => {
  using file = openFile({ ioctl: (_file, _command, argument) => argument });
  assertStrictEquals(file.ioctl(1), 0);
});

Deno.test("OpenFile.ioctl() is ENOTTY, when the file takes no commands", () => {
  using file = openFile({});
  assertCode(() => file.ioctl(1), "ENOTTY", "ioctl()");
});

Deno.test("OpenFile.spliceRead() hands all over and resolves to what the file answers", async () => {
  const spliceRead = spy((
    _file: OpenFile,
    _dest: SpliceTarget,
    _position: number,
    _length: number,
  ) => Promise.resolve(7));
  using file = openFile({ spliceRead });
  assertStrictEquals(await file.spliceRead(target, 2, 30), 7);
  assertEquals(spliceRead.calls[0].args, [file, target, 2, 30]);
});

Deno.test("OpenFile.spliceRead() asks for all from the start, when nothing else is said", async () => {
  const asked: number[] = [];
  using file = openFile({
    spliceRead(_file, _dest, position, length) {
      asked.push(position, length);
      return Promise.resolve(0);
    },
  });
  await file.spliceRead(target);
  assertEquals(asked, [0, Infinity]);
});

Deno.test("OpenFile.spliceRead() rejects with EINVAL, when the file cannot be spliced", async () => {
  using file = openFile({});
  await assertRejectsCode(file.spliceRead(target), "EINVAL");
});

Deno.test("OpenFile.spliceRead() rejects, when the file's own throws at once", async () => {
  using file = openFile({
    spliceRead() {
      throw new KernelError("EIO", "Cannot splice: broken");
    },
  });
  await assertRejectsCode(file.spliceRead(target), "EIO");
});

Deno.test("OpenFile.mmap() answers where the file lies", () => {
  const mappings: Mapping[] = [{ offset: 0, address: 8192, length: 4096 }];
  const mmap = spy((_file: OpenFile) => mappings);
  using file = openFile({ mmap });
  assertStrictEquals(file.mmap(), mappings);
  assertStrictEquals(mmap.calls[0].args[0], file);
});

Deno.test("OpenFile.mmap() is ENODEV, when the file lies nowhere", () => {
  using file = openFile({});
  assertCode(() => file.mmap(), "ENODEV", "mmap()");
});

Deno.test("OpenFile is EBADF and asks the file nothing, when it is closed", async () => {
  const asked = spy(() => 0);
  const file = openFile({
    poll: asked,
    ioctl: asked,
    spliceRead: () => Promise.resolve(asked()),
    mmap: () => [asked()].map(() => ({ offset: 0, address: 0, length: 0 })),
  });
  file.close();
  assertCode(() => file.poll(), "EBADF", "poll()");
  assertCode(() => file.ioctl(1), "EBADF", "ioctl()");
  assertCode(() => file.mmap(), "EBADF", "mmap()");
  await assertRejectsCode(file.spliceRead(target), "EBADF");
  assertSpyCalls(asked, 0);
});

Deno.test("OpenFile is EBADF, when it is closed and the file takes nothing", async () => {
  const file = openFile({});
  file.close();
  assertCode(() => file.poll(), "EBADF", "poll()");
  assertCode(() => file.ioctl(1), "EBADF", "ioctl()");
  assertCode(() => file.mmap(), "EBADF", "mmap()");
  await assertRejectsCode(file.spliceRead(target), "EBADF");
});
