/** Recovers a black box, and says how long that took: `… FILE DIRECTORY`. */
import { BoxFile, recover } from "../../relay/blackbox/mod.ts";
import { TraceDirectory } from "../../relay/consume/mod.ts";

const [file, path] = Deno.args;
const begin = performance.now();
using box = new BoxFile(file, false);
const output = new TraceDirectory(path, { maxFileSize: 0, maxFiles: 0, openFor: [] });
const { streams, faults } = recover(box, output, false);
output.close();
const ms = performance.now() - begin;
if (faults.length > 0) throw new Error(faults[0]);
const sum = (key: "bytes" | "events"): number =>
  streams.reduce((total, stream) => total + stream[key], 0);
const [, peakKb] = /^VmHWM:\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"))!;
const peakMb = Math.round(Number(peakKb) / 1000);
console.log(JSON.stringify({ ms, bytes: sum("bytes"), events: sum("events"), peakMb }));
