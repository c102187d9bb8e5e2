import { PAGE_SIZE } from "@ltt/relay/hw";
import {
  RING_BUFFER_GET_MMAP_LEN,
  RING_BUFFER_GET_MMAP_READ_OFFSET,
  RING_BUFFER_GET_NEXT_SUBBUF,
  RING_BUFFER_GET_SUBBUF_SIZE,
  RING_BUFFER_PUT_NEXT_SUBBUF,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { eventBytes } from "./bytes.ts";
import { RingWithFile } from "./ring_with_file.ts";
import { MODES } from "./support.ts";

for (const mode of MODES) {
  Deno.test(`mmap() of a ring's file is one extent in ${mode} mode, when all frames are adjacent`, () => {
    using t = new RingWithFile({ mode, subbufSize: 8192 });
    const mappings = t.file.mmap();
    const length = t.file.ioctl(RING_BUFFER_GET_MMAP_LEN);
    assertStrictEquals(length, 8192 * (mode === "overwrite" ? 5 : 4));
    const { address } = t.ring.buffer.extents[0];
    assertEquals(mappings, [{ offset: 0, address, length }]);
  });

  Deno.test(`mmap() of a ring's file covers it without gap or overlap in ${mode} mode, when frames are scattered`, () => {
    using t = new RingWithFile({ mode, subbufSize: 8192 }, 7);
    const mappings = t.file.mmap();
    assert(mappings.length > 3, "there are several extents");
    let end = 0;
    const frames = new Set<number>();
    for (const { offset, address, length } of mappings) {
      assertStrictEquals(offset, end);
      for (let at = 0; at < length; at += PAGE_SIZE) frames.add((address + at) / PAGE_SIZE);
      end += length;
    }
    assertStrictEquals(end, t.file.ioctl(RING_BUFFER_GET_MMAP_LEN));
    assertStrictEquals(frames.size, end / PAGE_SIZE, "each frame once");
    for (const [i, { page }] of t.ring.buffer.pages.entries()) {
      assertStrictEquals([...frames][i], page.pfn, `page ${i} of the buffer`);
    }
  });

  Deno.test(`mmap() of a ring's file shows the sub-buffer held at the read offset in ${mode} mode`, () => {
    using t = new RingWithFile({ mode, subbufSize: 8192, nSubbufs: 2 }, 7);
    const length = t.file.ioctl(RING_BUFFER_GET_MMAP_LEN);
    for (let i = 0; i < 7; i++) {
      const data = eventBytes(8000, i);
      t.deliver(data);
      t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
      const offset = t.file.ioctl(RING_BUFFER_GET_MMAP_READ_OFFSET);
      assert(offset % 8192 === 0 && offset < length, `offset ${offset}`);
      const size = t.file.ioctl(RING_BUFFER_GET_SUBBUF_SIZE);
      assertEquals(t.mapped().slice(offset, offset + size), data, `sub-buffer ${i}`);
      t.file.ioctl(RING_BUFFER_PUT_NEXT_SUBBUF);
    }
  });
}

Deno.test("mmap() of a ring's file shows the same, whichever sub-buffer is the spare one", () => {
  using t = new RingWithFile({ mode: "overwrite" }, 7);
  const before = t.file.mmap();
  t.deliverText("x");
  t.file.ioctl(RING_BUFFER_GET_NEXT_SUBBUF);
  assertEquals(t.file.mmap(), before);
});
