/** A program of the tests that uses one feature, with nothing but the permissions for it: `… FEATURE [PLACE…]`. */
import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, RingChannel } from "@ltt/relay/ring";
import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [feature, ...places] = Deno.args;

async function session(options: SessionOptions): Promise<void> {
  await using session = await TraceSession.start(options);
  session.tracepoint("t:n", u32("n"))(1);
  if (options.mode === "flight-recorder") await session.snapshot();
  await session.close();
  const { lost } = session.statistics();
  console.log(session.statistics().events, session.clock.name, lost.unattached);
}

switch (feature) {
  case "machine":
  case "machine on a file": {
    const machine = new Machine(places.length === 0 ? {} : { backing: { file: places[0] } });
    using channel = RingChannel.open(Relay.start(machine), {
      baseFilename: "trace",
      subbufSize: 4096,
      nSubbufs: 4,
    });
    const { writer } = channel.buf[0]!;
    writer.reserve(4, 4);
    writer.commit();
    writer.flush("final");
    console.log([...channel.buf[0]!.reader()].length, "sub-buffer");
    break;
  }
  case "worker": {
    const machine = new Machine({ cpus: 2, online: [0] });
    using channel = RingChannel.open(Relay.start(machine), {
      baseFilename: "trace",
      subbufSize: 4096,
      nSubbufs: 4,
    });
    const worker = await CpuWorker.start(machine, 1, {
      module: new URL("./relay/ring/cpu_program.ts", import.meta.url),
      channels: [channel],
    });
    await worker.up();
    console.log([...machine.cpus.online].join(), "online");
    await worker.down();
    await worker.terminate();
    break;
  }
  case "session":
    await session({ output: places[0] });
    break;
  case "flight recorder":
    await session({ output: places[0], mode: "flight-recorder" });
    break;
  case "relay daemon":
    await session({ output: places[0], hostname: "host", spill: places[1] ?? null });
    break;
  case "black box":
    await session({ output: places[0], backing: { file: places[1] } });
    break;
}
