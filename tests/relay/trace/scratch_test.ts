import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RECENT_TEXTS_SIZE, RecentTexts } from "../../../relay/trace/recent_texts.ts";
import { Scratch } from "../../../relay/trace/scratch.ts";
import { text } from "./arbitrary.ts";
import { runs } from "./support.ts";

const encoder = new TextEncoder();

/** A text's bytes as they have to be recorded. */
const bytesOf = (one: string): Uint8Array => encoder.encode(`${one.replaceAll("\0", "\ufffd")}\0`);

/** What lies in the scratch, by way of RAM. */
function reader(limit = 1 << 20) {
  const ram = new SharedArrayBuffer(2 * limit + 64);
  const bytes = new Uint8Array(ram);
  const scratch = new Scratch(ram, limit);
  const copied = (from: number, end: number, address: number): Uint8Array => {
    bytes.fill(0xee, Math.max(0, address - 16), address + (end - from) + 16);
    scratch.copy(from, end, address);
    const size = end - from;
    assertEquals(
      bytes.subarray(Math.max(0, address - 16), address).every((b) => b === 0xee),
      true,
      "before",
    );
    assertEquals(
      bytes.slice(address + size, address + size + 16).every((b) => b === 0xee),
      true,
      "behind",
    );
    return new Uint8Array(bytes.slice(address, address + size));
  };
  return { scratch, copied };
}

Deno.test("Scratch.copy() copies any number of bytes from anywhere to anywhere, and no more", () => {
  const { scratch, copied } = reader();
  for (let size = 1; size <= 300; size++) {
    const one = Array.from({ length: size - 1 }, (_, i) => String.fromCharCode(33 + i * 7 % 90))
      .join("");
    for (const from of [scratch.top, scratch.top + 1, scratch.top + 7]) {
      const end = scratch.encode(one, from);
      assertEquals(end - from, size);
      for (const address of [0, 1, 64, 67]) assertEquals(copied(from, end, address), bytesOf(one));
    }
  }
});

Deno.test("Scratch.encode() writes any text as the platform does", () => {
  const { scratch, copied } = reader();
  const property = fc.property(text, fc.nat(9), (one, off) => {
    const end = scratch.encode(one, scratch.top + off);
    assertEquals(copied(scratch.top + off, end, 32), bytesOf(one));
  });
  fc.assert(property, { numRuns: runs(1000) });
});

Deno.test("Scratch.text() finds or writes any text, remembering it or not", () => {
  const { scratch, copied } = reader();
  const some = fc.oneof(
    text,
    fc.constantFrom("a", "b", "\ufeffa", "", "\ufeff", "\0", "\ufffd", "\ud800"),
  );
  const property = fc.property(fc.array(some, { maxLength: 60 }), (texts) => {
    for (const one of texts) {
      const from = scratch.text(one, scratch.top);
      assertEquals(copied(from, scratch.end, 32), bytesOf(one));
      if (scratch.remembers) scratch.remember();
    }
  });
  fc.assert(property, { numRuns: runs(300) });
});

Deno.test("Scratch.room() keeps what is there, however often it grows", () => {
  const { scratch, copied } = reader(1 << 22);
  const first = scratch.top;
  let end = scratch.encode("what is there", first);
  const written: [from: number, end: number, text: string][] = [[first, end, "what is there"]];
  for (let i = 1; i < 12; i++) {
    const one = `${i}`.repeat(100 * 2 ** i);
    const from = end;
    end = scratch.encode(one, from);
    written.push([from, end, one]);
  }
  assert(end > 4 * RECENT_TEXTS_SIZE);
  for (const [from, end, one] of written) assertEquals(copied(from, end, 32), bytesOf(one));
  scratch.room(end, 1 << 21);
  scratch.view.setUint8(end + (1 << 21) - 1, 7);
  assertEquals(copied(first, written[0][1], 32), bytesOf("what is there"));
});

Deno.test("Scratch.encode() takes text that fits no sub-buffer to be too long, and makes no room for it", () => {
  const { scratch } = reader(4096);
  for (const length of [4097, 10_000, 2 ** 28]) {
    const end = scratch.encode("x".repeat(length), scratch.top);
    assert(end - scratch.top > 4096, `${length}`);
  }
  assertEquals(scratch.view.byteLength, 2 * RECENT_TEXTS_SIZE);
});

// Recent texts.

/** Remembers texts in an area, and checks each answer. */
function recent() {
  const texts = new RecentTexts();
  const area = new Uint8Array(RECENT_TEXTS_SIZE);
  const found = (one: string): boolean => {
    const slot = texts.find(one);
    if (slot < 0) return false;
    assertEquals(area.slice(texts.begin(slot), texts.end(slot)), bytesOf(one), JSON.stringify(one));
    return true;
  };
  const remember = (one: string): void => texts.remember(bytesOf(one), area);
  return { texts, found, remember };
}

Deno.test("RecentTexts.find() finds what was remembered, and nothing else", () => {
  const { found, remember } = recent();
  assertEquals(found("a"), false);
  remember("a");
  remember("ä€😀");
  assertEquals([found("a"), found("ä€😀"), found("b"), found("")], [true, true, false, false]);
});

Deno.test("RecentTexts.find() tells a text from the same with a byte order mark", () => {
  const { found, remember } = recent();
  remember("\ufeffmain");
  remember("\ufeff");
  for (const one of ["main", "", "\ufeffmain", "\ufeff"]) found(one);
});

Deno.test("RecentTexts.find() finds the newest of more texts than are remembered", () => {
  const { found, remember } = recent();
  const all = Array.from({ length: 2000 }, (_, i) => `text ${i}`);
  for (const one of all) {
    remember(one);
    assertEquals(found(one), true, one);
  }
  const kept = all.filter(found);
  assertEquals([kept.length, kept[0], kept.at(-1)], [512, "text 1488", "text 1999"]);
});

Deno.test("RecentTexts.find() is right about any texts in any order", () => {
  const few = fc.array(fc.constantFrom("", "a", "b", "\ufeff", "ä"), { maxLength: 3 }).map((all) =>
    all.join("")
  );
  const one = fc.oneof(few, fc.nat(1500).map((n) => `n${n}`));
  const property = fc.property(fc.array(one, { maxLength: 3000, size: "max" }), (all) => {
    const { texts, found, remember } = recent();
    for (const one of all) if (!found(one) && texts.wants(bytesOf(one).length)) remember(one);
  });
  fc.assert(property, { numRuns: runs(30) });
});

Deno.test("RecentTexts stops to look when it never finds, and looks again later", () => {
  const { texts, found, remember } = recent();
  remember("again");
  assertEquals(found("again"), true);
  let looked = 0;
  let n = 0;
  while (found("again")) {
    for (let i = 0; i < 100; i++) found(`new ${n++}`);
    assert(++looked < 1000, "it never stops");
  }
  assertEquals(texts.wants(5), false, "nor is anything remembered");
  let pause = 0;
  while (!found("again")) assert(++pause < 100_000, "it never looks again");
  assert(pause > 1000, `it looks again after ${pause}`);
});

Deno.test("RecentTexts.wants() no text that is longer than its place", () => {
  const { texts } = recent();
  const wanted = (size: number): boolean =>
    Array.from({ length: 100 }, () => texts.wants(size)).includes(true);
  assertEquals([wanted(1), wanted(128), wanted(129)], [true, true, false]);
});
