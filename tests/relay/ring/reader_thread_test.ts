import { KernelError, Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel } from "@ltt/relay/ring";
import { assertEquals, assertThrows } from "@std/assert";
import { writeEvents } from "./events.ts";
import { answerOf, ignore } from "./workers.ts";

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(`a reader blocks a thread of its own until the end (${mode})`, { ignore }, async () => {
    const channel = RingChannel.open(Relay.start(new Machine()), {
      baseFilename: "trace",
      subbufSize: 4096,
      nSubbufs: 16,
      mode,
    });
    const ring = channel.buf[0]!;
    const worker = new Worker(new URL("./reader_program.ts", import.meta.url), { type: "module" });
    assertEquals(await answerOf<string>(worker), "started");
    worker.postMessage(ring.descriptor);
    assertEquals(await answerOf<string>(worker), "reading");
    assertThrows(() => ring.reader(), KernelError, "somebody does");

    const read = answerOf<number[]>(worker);
    const written: number[] = [];
    for (let from = 0; from < 3000; from += 300) {
      writeEvents(ring.writer, from, 300);
      for (let i = from; i < from + 300; i++) written.push(i);
      // Lets the reader fall asleep in between, and keeps the writer from coming round.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    ring.flush("final");
    assertEquals(await read, written);
    worker.terminate();
    channel.close();
  });
}
