import {
  PAGE_SIZE,
  POLLHUP,
  POLLIN,
  POLLPRI,
  POLLRDBAND,
  POLLRDHUP,
  POLLRDNORM,
} from "@ltt/relay/hw";
import { assertEquals } from "@std/assert";
import { MODES, TestRing } from "./support.ts";

const READY = POLLIN | POLLRDNORM;
const URGENT = POLLPRI | POLLRDBAND;

for (const mode of MODES) {
  Deno.test(`RingReader.poll() tells what can be had, in ${mode} mode`, () => {
    using test = new TestRing({ mode });
    const reader = test.reader();
    const states = [reader.poll()];
    test.event(8, 0);
    states.push(reader.poll());
    test.event(PAGE_SIZE - 8, 0);
    states.push(reader.poll());
    test.fillSubbufs(1, 1);
    states.push(reader.poll());
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    states.push(reader.poll());
    test.event(8, 2);
    test.writer.flush("final");
    states.push(reader.poll());
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    states.push(reader.poll());
    reader.getNextSubbuf();
    reader.putNextSubbuf();
    states.push(reader.poll());
    assertEquals(states, [
      0,
      0,
      READY,
      READY | URGENT,
      READY,
      READY | URGENT | POLLRDHUP,
      READY | POLLRDHUP,
      POLLHUP,
    ]);
  });
}

Deno.test("RingReader.poll() says urgent but not ready when the oldest slot is open", () => {
  using test = new TestRing();
  test.writer.reserve(PAGE_SIZE);
  const slot = test.writer.openSlot();
  test.fillSubbufs(1, 1);
  const reader = test.reader();
  assertEquals(reader.poll(), URGENT);
  test.writer.flush("final");
  assertEquals(reader.poll(), URGENT | POLLRDHUP);
  test.writer.commit(slot);
  assertEquals(reader.poll(), URGENT | POLLRDHUP | READY);
});

Deno.test("RingReader.poll() says the end of a ring nobody has written to", () => {
  using test = new TestRing();
  const reader = test.reader();
  test.ring.flush("final");
  assertEquals(reader.poll(), POLLHUP);
  assertEquals([...reader], []);
});
