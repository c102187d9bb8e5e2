import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type LogEntry, Machine, PAGE_SIZE } from "@ltt/relay/hw";
import { Relay, type RelayBuffer } from "@ltt/relay/relay";

/** The walk of the patch, written plainly: a ring of page numbers, gone through one by one. */
class Walk {
  readonly caches = { w: 0, r: 0, h0: 0, h1: 0 };
  readonly log: LogEntry[] = [];
  readonly #pages: number;
  readonly #subbufSize: number;

  constructor(pages: number, subbufSize: number) {
    this.#pages = pages;
    this.#subbufSize = subbufSize;
  }

  /** Pages an access of `length` bytes comes by. */
  access(cache: "w" | "r", offset: number, length: number): number[] {
    const size = this.#pages * PAGE_SIZE;
    let at = offset % size;
    let page = this.caches[cache];
    const visited = [];
    for (let left = length; left > 0;) {
      page = this.#cachePage(cache, page, at);
      visited.push(page);
      const chunk = Math.min(left, PAGE_SIZE - at % PAGE_SIZE);
      left -= chunk;
      at += chunk;
    }
    return visited;
  }

  /** Page of a header. */
  header(offset: number): number {
    const at = offset % (this.#pages * PAGE_SIZE);
    const cache = Math.floor(at / this.#subbufSize) % 2 === 1 ? "h1" : "h0";
    if (Math.floor(at / PAGE_SIZE) !== this.caches[cache]) this.caches[cache] = this.caches.w;
    return this.#cachePage(cache, this.caches[cache], at);
  }

  #cachePage(cache: keyof Walk["caches"], page: number, offset: number): number {
    const size = this.#pages * PAGE_SIZE;
    let diff = offset - page * PAGE_SIZE;
    if (this.#pages === 1) return page;
    if (diff <= -size / 2) diff += size;
    else if (diff > size / 2) diff -= size;
    if (diff >= PAGE_SIZE) return this.caches[cache] = this.#step(page, offset, diff, 1);
    return diff < 0 ? this.#step(page, offset, diff, -1) : page;
  }

  #step(start: number, offset: number, diff: number, direction: 1 | -1): number {
    let page = start;
    let steps = 0;
    do {
      page = (page + direction + this.#pages) % this.#pages;
      steps++;
    } while (Math.floor(offset / PAGE_SIZE) !== page);
    if (steps > 1) {
      const [word, name] = direction === 1 ? ["Forward", "next"] : ["Backward", "prev"];
      const text = `${word} random access detected in ltt_relay. Iterations ${steps}, ` +
        `offset ${offset}, orig iter->off ${start * PAGE_SIZE}, ` +
        `iter->off ${page * PAGE_SIZE} diff_offset ${diff}.\n`;
      this.log.push({ type: "printk", level: 4, text });
      this.log.push({ type: "warn", function: `ltt_relay_find_${name}_page`, condition: "1" });
    }
    return page;
  }
}

type Access = { kind: "write" | "read" | "page" | "header"; offset: number; length: number };

const accesses = (size: number): fc.Arbitrary<Access[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom("write", "read", "page", "header"),
      // Some laps on, and beyond 2^32 too.
      offset: fc.oneof(
        fc.nat(4 * size),
        fc.nat(4 * size).map((offset) => offset + 2 ** 40),
        fc.constantFrom(0, size / 2 - 1, size / 2, size / 2 + 1, size - 1),
      ),
      length: fc.nat(size).map((length) => Math.min(length, 5 * PAGE_SIZE)),
    }),
    { maxLength: 40 },
  );

const cases = fc.tuple(fc.nat(5), fc.nat(5), fc.boolean()).chain(([order, parts, scattered]) => {
  const size = PAGE_SIZE << order;
  return fc.record({
    size: fc.constant(size),
    nSubbufs: fc.constant(1 << parts),
    scattered: fc.constant(scattered),
    list: accesses(size),
  });
});

function openBuffer(size: number, nSubbufs: number, scattered: boolean): [Machine, RelayBuffer] {
  const machine = new Machine({ nodes: [256] });
  // Freed in a mixed order, single frames come back in that order: no two are adjacent.
  if (scattered) {
    const pages = Array.from({ length: 256 }, () => machine.pages.allocPages(0, 0));
    for (const start of [0, 2]) {
      for (let i = start; i < 256; i += 4) machine.pages.freePage(pages[i]);
    }
  }
  const relay = Relay.start(machine, { checkRandomAccess: true });
  const options = { baseFilename: "t", subbufSize: size / nSubbufs, nSubbufs };
  return [machine, relay.open(options).buf[0]!];
}

Deno.test("RelayBuffer finds the pages, moves the caches and warns as the plain walk does", () => {
  fc.assert(fc.property(cases, ({ size, nSubbufs, scattered, list }) => {
    const [machine, buffer] = openBuffer(size, nSubbufs, scattered);
    const walk = new Walk(size / PAGE_SIZE, size / nSubbufs);
    const bytes = new Uint8Array(size);
    const number = (page: { offset: number }): number => page.offset / PAGE_SIZE;
    for (const [index, { kind, offset, length }] of list.entries()) {
      const begin = offset % size;
      const fits = Math.min(length, size - begin);
      const message = `${kind} of ${fits} at ${offset}, access ${index}`;
      if (kind === "write") {
        const src = Uint8Array.from({ length: fits }, (_, i) => index * 17 + i * 5);
        assertEquals(buffer.write(offset, src), fits, message);
        bytes.set(src, begin);
        walk.access("w", offset, fits);
      } else if (kind === "read") {
        const dest = new Uint8Array(fits);
        assertEquals(buffer.read(offset, dest), fits, message);
        assertEquals(dest, bytes.slice(begin, begin + fits), message);
        walk.access("r", offset, fits);
      } else if (kind === "page") {
        const page = number(buffer.readGetPage(offset));
        assertEquals([page], walk.access("r", offset, 1), message);
      } else {
        const page = buffer.pages[walk.header(offset)];
        assertEquals(buffer.offsetAddress(offset), page.address + begin % PAGE_SIZE, message);
      }
      const [h0, h1] = buffer.hpage.map(number);
      assertEquals(
        { w: number(buffer.wpage), r: number(buffer.rpage), h0, h1 },
        walk.caches,
        `caches after ${message}`,
      );
    }
    assertEquals(machine.log.entries, walk.log, "warnings");
  }));
});

Deno.test("RelayBuffer on scattered frames has an extent for every page", () => {
  const [, buffer] = openBuffer(16 * PAGE_SIZE, 4, true);
  assertEquals(buffer.extents.length, 16);
});
