/** A program of the tests that writes to a ring in a mapped file and kills itself: `… FILE`. */
import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel } from "@ltt/relay/ring";
import { writeEvents } from "./events.ts";

const machine = new Machine({ backing: { file: Deno.args[0] } });
const channel = RingChannel.open(Relay.start(machine), {
  baseFilename: "trace",
  subbufSize: 4096,
  nSubbufs: 8,
});
const { writer, descriptor } = channel.buf[0]!;
writeEvents(writer, 0, 100);
const end = writer.reserve(8);
console.log(JSON.stringify([descriptor.control, end % 4096]));
Deno.kill(Deno.pid, "SIGKILL");
