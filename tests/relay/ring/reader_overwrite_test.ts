import { PAGE_SIZE } from "@ltt/relay/hw";
import { RingWriter } from "@ltt/relay/ring";
import { assert, assertEquals } from "@std/assert";
import { ID, NOREF } from "../../../relay/ring/control.ts";
import { describedEvent, describedEvents } from "./bytes.ts";
import { dataOf, NOTHING_LOST, pageEvent, readAll, TestRing } from "./support.ts";
import { watchAtomics, watchStores } from "./watched_words.ts";

Deno.test("RingReader keeps what it holds while the writer goes round, in overwrite mode", () => {
  using test = new TestRing({ mode: "overwrite" });
  test.fillSubbufs(2);
  const reader = test.reader();
  const held = reader.getNextSubbuf()!;
  test.fillSubbufs(7, 2);
  assertEquals(dataOf(held), pageEvent(0));
  reader.putNextSubbuf();
  assertEquals(readAll(reader).map(({ data }) => data), [pageEvent(7), pageEvent(8)]);
  assertEquals(reader.missed, 6);
});

Deno.test("RingReader keeps what it holds when it has put it back before, in overwrite mode", () => {
  using test = new TestRing({ mode: "overwrite" });
  test.fillSubbufs(2);
  const reader = test.reader();
  reader.getNextSubbuf();
  reader.putSubbuf();
  const held = reader.getNextSubbuf()!;
  test.fillSubbufs(4, 2);
  assertEquals(dataOf(held), pageEvent(0));
});

Deno.test("RingReader.putSubbuf() drops what was overwritten meanwhile", () => {
  using test = new TestRing({ mode: "overwrite" });
  test.fillSubbufs(2);
  const reader = test.reader();
  reader.getNextSubbuf();
  test.fillSubbufs(1, 2);
  reader.putSubbuf();
  assertEquals(readAll(reader).map(({ data }) => data), [pageEvent(1), pageEvent(2)]);
  assertEquals(reader.missed, 1);
});

Deno.test("RingReader.putSubbuf() does not put back what is a whole 2^32 bytes old", () => {
  using test = new TestRing({ mode: "overwrite", firstSeq: 4 });
  test.fillSubbufs(1);
  const reader = test.reader();
  const held = reader.getNextSubbuf()!;
  const { memory } = test;
  const place = memory.records[0] + ID;
  const id = memory.words[place];
  test.fillSubbufs(2, 1);
  // The writer has gone on until the place says the same as when it was left.
  memory.words[place] = id;
  reader.putSubbuf();
  assertEquals(memory.words[place], id, `sub-buffer ${held.index} is not in its place again`);
  assertEquals(id & NOREF, NOREF);
});

Deno.test("RingReader gets and puts whole sub-buffers at any store of the writer", () => {
  const test = new TestRing({ mode: "overwrite", headerSize: 4, firstSeq: 2 ** 20 - 3 });
  const reader = test.reader();
  let last = 0;
  let got = 0;
  const getAndPut = () => {
    const subbuf = reader.getNextSubbuf();
    if (subbuf === null) return;
    got++;
    const numbers = describedEvents(dataOf(subbuf), 4);
    assertEquals(numbers.length, 2, `events in sub-buffer ${subbuf.seq}`);
    assert(numbers[0] >= last, `event ${numbers[0]} comes behind event ${last}`);
    last = numbers[0];
    reader.putSubbuf();
  };
  using _watch = watchAtomics();
  const memory = watchStores(test.memory, getAndPut);
  const writer = new RingWriter(memory, null, { headerSize: 4 });
  writer.attach();
  for (let number = 1; number <= 16; number++) {
    test.machine.ram.bytes.set(describedEvent(2000, number), writer.reserve(2000));
    writer.commit();
  }
  assert(got > 20, "some could be had");
  assertEquals(last, 13);
});

Deno.test("RingReader.getSubbuf() gives no sub-buffer that was overwritten", () => {
  using test = new TestRing({ mode: "overwrite" });
  test.fillSubbufs(3);
  const reader = test.reader();
  assertEquals(reader.getSubbuf(0), null);
  assertEquals(reader.getSubbuf(PAGE_SIZE)!.seq, 1);
});

Deno.test("RingReader.getNextSubbuf() gives nothing while the writer is in the oldest place", () => {
  using test = new TestRing({ mode: "overwrite" });
  test.fillSubbufs(2);
  test.event(8, 2);
  const reader = test.reader();
  assertEquals(reader.getNextSubbuf()!.seq, 1);
  reader.putNextSubbuf();
  assertEquals(reader.getNextSubbuf(), null);
});

Deno.test("RingReader.missed counts what was overwritten before this reader came", () => {
  using test = new TestRing({ mode: "overwrite" });
  test.fillSubbufs(5);
  const first = test.reader();
  assertEquals(first.missed, 0, "nothing was read yet");
  first.getNextSubbuf();
  assertEquals(first.missed, 0, "nor consumed");
  first.putNextSubbuf();
  assertEquals(first.missed, 3);
  first.close();
  test.fillSubbufs(2, 5);
  const second = test.reader();
  readAll(second);
  assertEquals(second.missed, 1, "number 4 only");
});

Deno.test("RingReader.missed does not count events that were refused", () => {
  using test = new TestRing();
  test.fillSubbufs(2);
  assert(test.event(8) < 0);
  const reader = test.reader();
  readAll(reader);
  test.fillSubbufs(1, 2);
  readAll(reader);
  assertEquals([reader.missed, reader.lost], [0, { ...NOTHING_LOST, full: 1 }]);
});
