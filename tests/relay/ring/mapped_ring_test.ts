import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { claimCpu, CpuPool, RingChannel, RingMemory } from "@ltt/relay/ring";
import { peekOpenSubbuf } from "../../../relay/ring/peek.ts";
import { assertEquals } from "@std/assert";
import { drainEvents, readEvents, upTo, writeEvents } from "./events.ts";

const needed = ["ffi", "read", "write", "run"] as const;
const ignore = Deno.build.os === "windows" ||
  needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

const options = { baseFilename: "trace", subbufSize: 4096, nSubbufs: 8 } as const;

/** A name for a file in a directory that is removed in the end. */
function inDirectory(body: (file: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const directory = await Deno.makeTempDir({ prefix: "ltt-map-" });
    try {
      await body(`${directory}/ram`);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  };
}

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(
    `a ring in a mapped file is written and read as any other (${mode})`,
    {
      ignore,
    },
    inDirectory((file) => {
      const machine = new Machine({ backing: { file } });
      using channel = RingChannel.open(Relay.start(machine), { ...options, mode });
      const ring = channel.buf[0]!;
      using reader = ring.reader();
      const read: number[] = [];
      for (let from = 0; from < 5000; from += 100) {
        writeEvents(ring.writer, from, 100);
        read.push(...drainEvents(reader));
      }
      ring.flush("final");
      for (const subbuf of reader) read.push(...readEvents(subbuf));
      assertEquals(read, upTo(5000));
    }),
  );
}

Deno.test(
  "a thread claims a CPU of a machine whose RAM is a mapped file",
  {
    ignore,
  },
  inDirectory(async (file) => {
    const machine = new Machine({ cpus: 2, online: [0], backing: { file } });
    using channel = RingChannel.open(Relay.start(machine), options);
    using pool = new CpuPool(machine, [channel], 1);
    const claimed = claimCpu(structuredClone(pool.handle), { untilReleased: true })!;
    writeEvents(claimed.writers[0], 0, 10);
    const { control } = channel.buf[1]!.descriptor;
    const { seq, bytes } = peekOpenSubbuf(new RingMemory(machine.ram.buffer, control))!;
    claimed.release();
    assertEquals([seq, bytes.length > 0], [0, true]);
    for await (const subbuf of channel.buf[1]!.reader()) {
      assertEquals(readEvents(subbuf), upTo(10));
      break;
    }
  }),
);

Deno.test(
  "what was committed to a ring is in the file when the process was killed",
  {
    ignore,
  },
  inDirectory(async (file) => {
    const program = new URL("./killed_program.ts", import.meta.url).pathname;
    const { signal, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", program, file],
    }).output();
    const [control, committed] = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(signal, "SIGKILL");
    const memory = new RingMemory(Deno.readFileSync(file).buffer, control);
    const { bytes, slotOpen } = peekOpenSubbuf(memory)!;
    assertEquals([bytes.length, slotOpen], [committed, true]);
  }),
);
