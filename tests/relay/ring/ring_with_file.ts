import { type Dentry, Machine, type OpenFile, type SpliceTarget } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import type { RingBuffer, RingChannel, RingOptions } from "@ltt/relay/ring";
import { joined, textOf } from "./bytes.ts";
import { openRing, scatter, write } from "./fixture.ts";

/** A ring on CPU 0 of a machine of one CPU, with its file. */
export class RingWithFile {
  readonly machine: Machine;
  readonly channel: RingChannel;
  readonly ring: RingBuffer;
  readonly dentry: Dentry;
  readonly file: OpenFile;

  constructor(options: Partial<RingOptions> = {}, scattered = 0) {
    this.machine = new Machine({ nodes: [512] });
    scatter(this.machine, 0, scattered);
    this.channel = openRing(Relay.start(this.machine), options);
    this.ring = this.channel.buf[0]!;
    this.dentry = this.machine.debugfs.lookup("t0");
    this.file = this.dentry.open();
  }

  /** Writes bytes as an event of their own and hands them over. */
  deliver(bytes: Uint8Array): void {
    write(this.machine, this.ring.writer, bytes);
    this.ring.writer.flush("active");
  }

  deliverText(text: string): void {
    this.deliver(new TextEncoder().encode(text));
  }

  read(length: number): string {
    const dest = new Uint8Array(length);
    return textOf(dest.subarray(0, this.file.read(dest)));
  }

  /** What the file's mappings show, one behind the other. */
  mapped(): Uint8Array {
    return joined(
      ...this.file.mmap().map(({ address, length }) =>
        this.machine.ram.bytes.subarray(address, address + length)
      ),
    );
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
    this.channel[Symbol.dispose]();
  }
}

/** A target that takes up to `most` bytes at a time, and keeps them. */
export function sink(most = Infinity): SpliceTarget & { bytes: number[]; writes: number } {
  return {
    bytes: [],
    writes: 0,
    write(view) {
      const part = view.subarray(0, most);
      this.bytes.push(...part);
      this.writes++;
      return Promise.resolve(part.length);
    },
  };
}
