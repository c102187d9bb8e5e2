/** Reads a trace by time, and prints events and milliseconds: `ctf_reader_program.ts DIRECTORY`. */
import { type ByteSource, TraceReader } from "@ltt/relay/ctf";
import process from "node:process";

/** A file on the disk. */
function fileSource(path: string): ByteSource {
  const file = Deno.openSync(path);
  return {
    size: file.statSync().size,
    read(offset, into) {
      file.seekSync(offset, Deno.SeekMode.Start);
      return file.readSync(into) ?? 0;
    },
  };
}

const [directory] = Deno.args;
const names = Array.from(Deno.readDirSync(directory), ({ name }) => name);
const streams = names.filter((name) => /^channel/.test(name)).map((name) => ({
  name,
  source: fileSource(`${directory}/${name}`),
}));
const begin = performance.now();
const reader = new TraceReader([{
  metadata: Deno.readFileSync(`${directory}/metadata`),
  streams,
}]);
let events = 0;
while (reader.next() !== null) events++;
const ms = performance.now() - begin;
const { user, system } = process.cpuUsage();
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ events, ms, cpuMs: (user + system) / 1000, peakMb }));
