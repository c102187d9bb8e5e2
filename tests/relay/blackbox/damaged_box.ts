/** Files of which most is zeros, and black boxes that are damaged in every way one can think of. */
import { crc32 } from "node:zlib";

const PAGE = 4096;

/** A file of zeros but for some pages, kept by those alone. */
export interface SparseFile {
  readonly size: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** Reads a file, of which most is zeros. */
export function readSparse(path: string): SparseFile {
  const bytes = Deno.readFileSync(path);
  const pages = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; at += PAGE) {
    const page = bytes.slice(at, at + PAGE);
    if (new Int32Array(page.buffer).some((word) => word !== 0)) pages.set(at / PAGE, page);
  }
  return { size: bytes.length, pages };
}

/** Numbers that programs stumble over. */
const ODD = [
  0,
  1,
  2,
  -1,
  -2,
  2 ** 31 - 1,
  -(2 ** 31),
  4096,
  -4096,
  0xffff,
  65536,
  255,
  256,
  1 << 30,
];

/** A black box that is damaged each time in another way, which is undone before the next. */
export class DamagedBox {
  /** Where it is. */
  readonly path: string;
  readonly #base: SparseFile;
  readonly #file: Deno.FsFile;
  readonly #random: () => number;
  /** Pages that are not as in the base. */
  readonly #changed = new Set<number>();
  readonly #used: readonly number[];
  #size: number;
  /** Whether others have stored to it: all of it has to be written again. */
  isWritten = false;

  /** Writes the base to `path`, to be damaged there. */
  constructor(path: string, base: SparseFile, random: () => number) {
    this.path = path;
    this.#base = base;
    this.#random = random;
    this.#used = [...base.pages.keys()];
    this.#file = Deno.openSync(path, { read: true, write: true, create: true, truncate: true });
    this.#file.truncateSync(base.size);
    this.#size = base.size;
    for (const [page, bytes] of base.pages) this.#write(page * PAGE, bytes);
  }

  /** Bytes of it when it is whole. */
  get sizeBytes(): number {
    return this.#base.size;
  }

  /** Damages the file; says how. */
  damage(): string {
    this.#restore();
    const how: string[] = [];
    const times = 1 + this.#below(4);
    for (let i = 0; i < times; i++) how.push(this.#damageOnce());
    // Behind a checksum that does not fit nothing else would be looked at.
    if (this.#below(8) > 0) this.#fixChecksum();
    return how.join("; ");
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #below(limit: number): number {
    return this.#random() % limit;
  }

  #page(): number {
    // Most of the file is zeros that nobody looks at, and the first pages say what is where.
    const places = [
      0,
      this.#used[this.#below(this.#used.length)],
      this.#used[this.#below(Math.min(8, this.#used.length))],
      this.#used[this.#below(this.#used.length)],
      this.#used[this.#below(this.#used.length)],
      this.#below(this.#base.size / PAGE),
    ];
    return places[this.#below(places.length)];
  }

  #damageOnce(): string {
    const page = this.#page();
    const word = this.#below(3) === 0 ? this.#below(1024) : this.#below(64);
    const at = page * PAGE + 4 * word;
    switch (this.#below(9)) {
      case 0: {
        const bit = this.#below(8);
        const byte = this.#read(at, 1);
        byte[0] ^= 1 << bit;
        this.#change(at, byte);
        return `bit ${bit} of byte ${at}`;
      }
      case 1:
      case 2: {
        const value = ODD[this.#below(ODD.length)];
        this.#change(at, bytesOf(value));
        return `word ${at} is ${value}`;
      }
      case 3: {
        const value = this.#random() | 0;
        this.#change(at, bytesOf(value));
        return `word ${at} is ${value}`;
      }
      case 4: {
        const by = this.#below(2) === 0 ? 1 : -1;
        const [value] = new Int32Array(this.#read(at, 4).buffer);
        this.#change(at, bytesOf(value + by));
        return `word ${at} is ${value} and ${by}`;
      }
      case 5: {
        const other = this.#page();
        const [a, b] = [this.#read(page * PAGE, PAGE), this.#read(other * PAGE, PAGE)];
        this.#change(page * PAGE, b);
        this.#change(other * PAGE, a);
        return `pages ${page} and ${other} exchanged`;
      }
      case 6: {
        const from = this.#page();
        this.#change(page * PAGE, this.#read(from * PAGE, PAGE));
        return `page ${page} is page ${from}`;
      }
      case 7: {
        const noise = Uint8Array.from({ length: 1 + this.#below(64) }, () => this.#random());
        const begin = page * PAGE + this.#below(PAGE - noise.length);
        this.#change(begin, noise);
        return `${noise.length} bytes of noise at ${begin}`;
      }
      default: {
        if (this.#below(4) > 0) {
          this.#change(page * PAGE, new Uint8Array(PAGE));
          return `page ${page} is zeros`;
        }
        const size = this.#below(2) === 0 ? this.#below(this.#base.size) : this.#base.size + at;
        this.#file.truncateSync(size);
        this.#size = size;
        return `${size} bytes long`;
      }
    }
  }

  #fixChecksum(): void {
    const page = this.#read(0, PAGE);
    this.#change(12, bytesOf(crc32(page.subarray(20)) | 0));
  }

  /** Brings the file back to the base. */
  #restore(): void {
    if (this.isWritten) {
      this.#file.truncateSync(0);
      this.#size = 0;
      this.isWritten = false;
    }
    if (this.#size !== this.#base.size) {
      // What was cut off is zeros now.
      const first = Math.floor(Math.min(this.#size, this.#base.size) / PAGE);
      for (const page of this.#used) if (page >= first) this.#changed.add(page);
      this.#file.truncateSync(this.#base.size);
      this.#size = this.#base.size;
    }
    for (const page of this.#changed) {
      this.#write(page * PAGE, this.#base.pages.get(page) ?? new Uint8Array(PAGE));
    }
    this.#changed.clear();
  }

  #change(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.#size) return;
    for (let page = Math.floor(at / PAGE); page * PAGE < at + bytes.length; page++) {
      this.#changed.add(page);
    }
    this.#write(at, bytes);
  }

  #read(at: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#file.seekSync(at, Deno.SeekMode.Start);
    this.#file.readSync(bytes);
    return bytes;
  }

  #write(at: number, bytes: Uint8Array): void {
    this.#file.seekSync(at, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
  }
}

function bytesOf(word: number): Uint8Array {
  return new Uint8Array(new Int32Array([word]).buffer);
}
