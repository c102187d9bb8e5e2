import { KernelError, Mutex } from "@ltt/relay/hw";
import { assertStrictEquals, assertThrows } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

Deno.test("Mutex() is not locked", () => {
  assertStrictEquals(new Mutex("m").locked, false, "locked of a new mutex");
});

Deno.test("Mutex.lock() takes the lock and unlock() gives it back, any number of times", () => {
  const mutex = new Mutex("m");
  for (const round of [1, 2, 3]) {
    mutex.lock();
    assertStrictEquals(mutex.locked, true, `locked after lock() number ${round}`);
    mutex.unlock();
    assertStrictEquals(mutex.locked, false, `locked after unlock() number ${round}`);
  }
});

Deno.test("Mutex.lock() answers EDEADLK and stays held, when it is held", () => {
  const mutex = new Mutex("relay_channels_mutex");
  mutex.lock();
  const error = assertThrows(() => mutex.lock(), KernelError, "relay_channels_mutex");
  assertStrictEquals(error.code, "EDEADLK", "code of locking twice");
  assertStrictEquals(error.errno, 35, "number of EDEADLK");
  assertStrictEquals(mutex.locked, true, "locked after the refused lock()");
});

Deno.test("Mutex.unlock() refuses, when nobody holds it", () => {
  const mutex = new Mutex("relay_channels_mutex");
  assertThrows(() => mutex.unlock(), TypeError, "relay_channels_mutex", "unlock of a new mutex");
  mutex.lock();
  mutex.unlock();
  assertThrows(() => mutex.unlock(), TypeError, "nobody holds it", "second unlock");
  assertStrictEquals(mutex.locked, false, "locked after the refused unlock()");
});

Deno.test("Mutex.hold() runs its section locked and hands on what that returns", () => {
  const mutex = new Mutex("m");
  assertStrictEquals(mutex.hold(() => mutex.locked), true, "locked seen by the section");
  assertStrictEquals(mutex.locked, false, "locked after hold()");
});

Deno.test("Mutex.hold() gives the lock back, when its section throws", () => {
  const mutex = new Mutex("m");
  const thrown = new Error("thrown by the section");
  const caught = assertThrows(() =>
    mutex.hold(() => {
      throw thrown;
    })
  );
  assertStrictEquals(caught, thrown, "what hold() should throw on");
  assertStrictEquals(mutex.locked, false, "locked after a section that threw");
});

Deno.test("Mutex.hold() answers EDEADLK and leaves the lock held, when it is held", () => {
  const mutex = new Mutex("m");
  const section = spy();
  mutex.lock();
  const error = assertThrows(() => mutex.hold(section), KernelError);
  assertStrictEquals(error.code, "EDEADLK", "code of a hold() within");
  assertSpyCalls(section, 0);
  assertStrictEquals(mutex.locked, true, "the outer lock after the refused hold()");
});

Deno.test("Mutex.lock() does not touch another mutex", () => {
  const [outer, inner] = [new Mutex("outer"), new Mutex("inner")];
  outer.hold(() => {
    inner.hold(() => {});
    assertStrictEquals(outer.locked, true, "outer after inner was given back");
  });
});
