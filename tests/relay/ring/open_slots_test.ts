import { PAGE_SIZE } from "@ltt/relay/hw";
import { assertRepairable, openSlots } from "../../../relay/ring/stored_subbufs.ts";
import { assertEquals } from "@std/assert";
import { describedEvent } from "./bytes.ts";
import { HEADER, ringOf, seqs, write } from "./stored_support.ts";
import { MODES } from "./support.ts";

for (const mode of MODES) {
  Deno.test(`openSlots() counts what is reserved and not committed: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const { writer, memory } = test;
    const counts = [];
    for (let open = 1; open <= 4; open++) {
      writer.reserve(10);
      counts.push(openSlots(memory));
      assertRepairable(memory);
    }
    for (let open = 3; open >= 0; open--) {
      writer.commit();
      counts.push(openSlots(memory));
      assertRepairable(memory);
    }
    assertEquals(counts, [1, 2, 3, 4, 3, 2, 1, 0]);
  });

  Deno.test(`openSlots() counts one that fills its sub-buffer: ${mode} mode`, () => {
    using test = ringOf({ mode });
    test.writer.reserve(PAGE_SIZE - HEADER);
    assertEquals([openSlots(test.memory), seqs(test.memory)], [1, []]);
    assertRepairable(test.memory);
    test.writer.commit();
    assertEquals([openSlots(test.memory), seqs(test.memory)], [0, [0]]);
  });

  Deno.test(`storedSubbufs() leave out one with an open slot, not those behind it: ${mode} mode`, () => {
    using test = ringOf({ mode });
    const { writer, memory } = test;
    write(test, 0, 1000);
    const outer = writer.reserve(1000);
    for (let number = 2; number < 6; number++) {
      // Behind the first in its sub-buffer there is no room for two.
      if (number === 2) writer.flush("active");
      write(test, number, 1000);
    }
    writer.flush("active");
    assertEquals([openSlots(memory), seqs(memory)], [1, [1]], "sub-buffer 0 has an open slot");
    assertRepairable(memory);
    test.machine.ram.bytes.set(describedEvent(1000, 1), outer);
    writer.commit();
    assertEquals([openSlots(memory), seqs(memory)], [0, [0, 1]], "committed");
  });
}
