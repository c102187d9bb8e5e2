/**
 * The ring: what an event costs a writer, and how fast a reader writes sub-buffers to a file in
 * memory. An event is reserve, four stores, commit; no clock, sub-buffer switches included, 4 x 1
 * MiB. An iteration is 10^7 events, or 1 GB: 40 ms are 4 ns an event, 500 ms are 2 GB/s.
 */
import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { CpuWorker, RingChannel, type RingOptions } from "@ltt/relay/ring";

import type * as FourWords from "./four_words.ts";

const EVENTS = 1e7;
const group = "10^7 events";

/** A channel on a machine of its own, whose CPU 0 is up. */
function open(
  options: Partial<RingOptions>,
  cpus = 1,
): { machine: Machine; channel: RingChannel } {
  const machine = new Machine({ nodes: [16384], cpus, online: [0] });
  const sizes = { subbufSize: 2 ** 20, nSubbufs: 4 };
  const relay = Relay.start(machine);
  return { machine, channel: RingChannel.open(relay, { baseFilename: "b", ...sizes, ...options }) };
}

for (const mode of ["discard", "overwrite"] as const) {
  const ring = open({ mode }).channel.buf[0]!;
  const reader = ring.reader();
  const { AT_A_TIME, fourWordsLoop }: typeof FourWords = await import(`./four_words.ts?${mode}`);
  const write = fourWordsLoop(ring.writer);
  Deno.bench(`${mode} mode`, { group, baseline: mode === "discard" }, () => {
    for (let written = 0; written < EVENTS;) {
      written += write(AT_A_TIME);
      // Discard mode: the reader is on the same thread and throws away what is full.
      if (mode === "discard") { while (reader.getNextSubbuf() !== null) reader.putNextSubbuf(); }
    }
  });
}

const { machine, channel } = open({ mode: "overwrite" }, 3);
const module = new URL("./ring_bench_program.ts", import.meta.url);
const workers = await Promise.all([1, 2].map(async (cpu) => {
  const worker = await CpuWorker.start(machine, cpu, { module, channels: [channel] });
  await worker.up();
  return worker.worker;
}));
const writeThere = (worker: Worker): Promise<unknown> =>
  new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage({ events: EVENTS });
  });
Deno.bench("overwrite mode, a worker", { group }, async () => {
  await writeThere(workers[0]);
});
Deno.bench("overwrite mode, two workers at once, each", { group }, async () => {
  await Promise.all(workers.map(writeThere));
});

// The specifier is no literal, so that the others run where it cannot be had.
const specifier = "npm:ringbuf.js@0.4.0";
const ringbuf = await import(specifier).catch(() => null);
if (ringbuf === null) {
  Deno.bench(`${specifier}: cannot be had here`, { group, ignore: true }, () => {});
} else {
  const { RingBuffer } = ringbuf;
  const storage = RingBuffer.getStorageForCapacity(2 ** 20, Uint32Array);
  const queue = new RingBuffer(storage, Uint32Array);
  const event = new Uint32Array(5);
  const thrownAway = new Uint32Array(2 ** 20);
  Deno.bench(`${specifier}, pushes of five words`, { group }, () => {
    for (let i = 0; i < EVENTS; i++) {
      event[0] = 1;
      event[1] = i;
      event[2] = i + 1;
      event[3] = i + 2;
      event[4] = i + 3;
      if (queue.push(event) === 0) queue.pop(thrownAway);
    }
  });
}

const full = open({ subbufSize: 2 ** 18, nSubbufs: 16 }).channel.buf[0]!;
const { fourWordsLoop }: typeof FourWords = await import("./four_words.ts");
fourWordsLoop(full.writer)(2 ** 18);
const reader = full.reader();
const inMemory = (() => {
  try {
    return { dir: Deno.statSync("/dev/shm").isDirectory ? "/dev/shm" : "" };
  } catch {
    return {};
  }
})();
const path = Deno.makeTempFileSync(inMemory);
const file = Deno.openSync(path, { write: true });
Deno.removeSync(path);
Deno.bench(`1 GB in sub-buffers of 256 KiB to ${inMemory.dir ?? "a temporary file"}`, () => {
  // The file grows, so that its memory has to be found; at 50 MB it is begun again.
  for (let bytes = 0; bytes < 1e9;) {
    file.truncateSync();
    file.seekSync(0, Deno.SeekMode.Start);
    for (const end = Math.min(bytes + 50e6, 1e9); bytes < end;) {
      for (const subbuf of reader.snapshot()) {
        for (const view of subbuf.views()) bytes += file.writeSync(view);
      }
    }
  }
});
