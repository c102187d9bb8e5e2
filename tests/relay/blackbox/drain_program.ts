/**
 * A program of the tests that drains the black box of a living one: `… BOX DIRECTORY`. It says how many
 * packets it has written, each time.
 */
import { BoxFile, drain, DrainLock } from "../../../relay/blackbox/mod.ts";
import { TraceDirectory, type TraceOutput } from "../../../relay/consume/mod.ts";

const [file, directory] = Deno.args;
const trace = new TraceDirectory(directory, { maxFileSize: 0, maxFiles: 0, openFor: [] });
let packets = 0;
const output: TraceOutput = {
  name: trace.name,
  metadata: (bytes) => trace.metadata(bytes),
  packet: (cpu, pieces) => {
    trace.packet(cpu, pieces);
    console.log(++packets);
  },
  provisional: (cpu, packet) => trace.provisional(cpu, packet),
  close: () => trace.close(),
};
using box = new BoxFile(file, true);
using lock = new DrainLock(box);
await drain(lock, output);
