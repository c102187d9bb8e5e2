/**
 * Cost of the patch's data operations. An iteration is 1,000 calls, since one call is below what a
 * timer resolves: nanoseconds a call are microseconds an iteration.
 */
import { type Backing, Machine } from "@ltt/relay/hw";
import { Relay, type RelayBuffer } from "@ltt/relay/relay";

const MIB = 2 ** 20;
const CALLS = 1000;

/** A buffer of 4 sub-buffers on a machine of its own. */
function openBuffer(size: number, backing: Backing = "shared"): RelayBuffer {
  const machine = new Machine({ nodes: [size / 4096], backing });
  const options = { baseFilename: "bench", subbufSize: size / 4, nSubbufs: 4 };
  return Relay.start(machine).open(options).buf[0]!;
}

function benchWrite(length: number, backing: Backing, suffix: string): void {
  const buffer = openBuffer(MIB, backing);
  const src = new Uint8Array(length).fill(1);
  let next = 0;
  Deno.bench(`write ${length} B${suffix} x1000`, { group: `write ${length} B` }, () => {
    let offset = next;
    for (let i = 0; i < CALLS; i++) {
      buffer.write(offset, src);
      offset = (offset + length) & (MIB - 1);
    }
    next = offset;
  });
}

function benchRead(length: number): void {
  const buffer = openBuffer(MIB);
  const dest = new Uint8Array(length);
  let next = 0;
  Deno.bench(`read ${length} B x1000`, { group: `read ${length} B` }, () => {
    let offset = next;
    for (let i = 0; i < CALLS; i++) {
      buffer.read(offset, dest);
      offset = (offset + length) & (MIB - 1);
    }
    next = offset;
  });
}

const lengths = [8, 16, 32, 64, 256, 1024, 4096, 16384];
for (const length of lengths) {
  benchWrite(length, "shared", "");
  if (length >= 4096) benchWrite(length, "plain", " plain");
}
for (const length of lengths) benchRead(length);

{
  const buffer = openBuffer(MIB);
  Deno.bench("readGetPage x1000", () => {
    let sum = 0;
    for (let i = 0; i < CALLS; i++) sum += buffer.readGetPage((i << 12) & (MIB - 1)).offset;
    if (sum < 0) throw new Error("never");
  });
}

{
  // As a writer does: the header of the sub-buffer it is in.
  const buffer = openBuffer(MIB);
  buffer.write(MIB / 4, new Uint8Array(8));
  Deno.bench("offsetAddress x1000", () => {
    let sum = 0;
    for (let i = 0; i < CALLS; i++) sum += buffer.offsetAddress(MIB / 4 + (i & 56));
    if (sum < 0) throw new Error("never");
  });
}

for (const mib of [1, 16, 256]) {
  const buffer = openBuffer(mib * MIB);
  // Written through once, so that the platform has committed the memory.
  buffer.write(0, new Uint8Array(mib * MIB));
  const src = new Uint8Array(8).fill(1);
  const mask = mib * MIB - 8;
  let next = 1;
  Deno.bench(`random write 8 B in ${mib} MiB x1000`, { group: "random write" }, () => {
    let random = next;
    for (let i = 0; i < CALLS; i++) {
      random = (Math.imul(random, 1664525) + 1013904223) | 0;
      buffer.write((random >>> 4) & mask, src);
    }
    next = random;
  });
}
