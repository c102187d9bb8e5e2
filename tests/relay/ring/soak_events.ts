import type { RingClient, RingWriter } from "@ltt/relay/ring";

/*
 * The events of the soak: word 0 is the number, word 1 how many words there are, then words made of
 * the number, then a checksum over all that. A sub-buffer begins with the number of the event that
 * was tried next when it was opened, so that what was overwritten can be counted.
 */
const FEWEST_WORDS = 4;
const SPREAD = 16;

/** Bytes of the header of a sub-buffer. */
export const HEADER_SIZE = 8;

/** How many words an event has. */
function wordsOf(number: number): number {
  return FEWEST_WORDS + (Math.imul(number, 0x9e37_79b1) >>> 28) % SPREAD;
}

/** Writes the events of one CPU, numbered from 0 on. */
export class SoakWriter implements RingClient {
  readonly headerSize = HEADER_SIZE;
  /** Number of the event that is tried next. */
  next = 0;
  #words: Uint32Array = new Uint32Array(0);

  bufferBegin(header: number): void {
    this.#words[header / 4] = this.next;
  }

  /** Tries `count` more events, each once. */
  write(writer: RingWriter, count: number): void {
    this.attach(writer.ram);
    const words = this.#words;
    for (const end = this.next + count; this.next < end; this.next++) {
      const length = wordsOf(this.next);
      const address = writer.reserve(4 * length, 4);
      if (address < 0) continue;
      const at = address / 4;
      words[at] = this.next;
      words[at + 1] = length;
      let sum = this.next ^ length;
      for (let i = 2; i < length - 1; i++) {
        const word = Math.imul(this.next + i, 0x85eb_ca6b);
        words[at + i] = word;
        sum = Math.imul(sum, 31) ^ word;
      }
      words[at + length - 1] = sum;
      writer.commit();
    }
  }

  /** Says where addresses are in: before the first sub-buffer is opened. */
  attach(ram: ArrayBufferLike): void {
    if (this.#words.buffer !== ram) this.#words = new Uint32Array(ram);
  }
}

/** Verifies the sub-buffers of one CPU, in the order they are read. */
export class SoakVerifier {
  /** Events read. */
  read = 0;
  /** Events whose numbers are missing between sub-buffers that follow one another: refused ones. */
  refused = 0;
  /** Events between sub-buffers of which some were overwritten, refused or overwritten. */
  overwritten = 0;
  /** Number of the first event not accounted for. */
  next = 0;
  #seq = -1;

  /** Takes the next sub-buffer: its number and its data. Throws at the first byte that is wrong. */
  verify(seq: number, data: Uint8Array): void {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
    const where = (at: number): string => `at word ${at} of sub-buffer ${seq}`;
    if (seq <= this.#seq) throw new Error(`Sub-buffer ${seq} came after ${this.#seq}`);
    const begin = words[0];
    if (begin < this.next) throw new Error(`Sub-buffer ${seq} begins with event ${begin} again`);
    if (seq === this.#seq + 1) this.refused += begin - this.next;
    else this.overwritten += begin - this.next;
    this.#seq = seq;
    this.next = begin;
    for (let at = HEADER_SIZE / 4; at < words.length;) {
      const number = words[at];
      const length = words[at + 1];
      if (number < this.next) throw new Error(`Event ${number} came after ${this.next}`);
      if (length !== wordsOf(number)) throw new Error(`Event ${number} is torn ${where(at)}`);
      let sum = number ^ length;
      for (let i = 2; i < length - 1; i++) {
        const word = Math.imul(number + i, 0x85eb_ca6b);
        if (words[at + i] !== word >>> 0) throw new Error(`Event ${number} is torn ${where(at)}`);
        sum = Math.imul(sum, 31) ^ word;
      }
      if (words[at + length - 1] !== sum >>> 0) throw new Error(`Wrong checksum ${where(at)}`);
      this.refused += number - this.next;
      this.next = number + 1;
      this.read++;
      at += length;
    }
  }
}
