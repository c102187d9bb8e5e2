import { CtfError, eventMetadata, u64, writePacketEnd } from "@ltt/relay/ctf";
import { EventCounter } from "../../../../relay/ctf/reader/event_counter.ts";
import { MAX_WINDOW } from "../../../../relay/ctf/reader/packet_window.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { smallMetadata, smallPacket } from "../small_trace.ts";

const counter = new EventCounter(smallMetadata());

Deno.test("count() says how many events a packet holds, and where its content ends", () => {
  const packet = smallPacket({ seq: 0, times: [1, 2, 3], text: "hello", padding: 50 });
  assertEquals(counter.count(packet), { events: 3, contentSize: packet.length - 50 });
  assertEquals(counter.count(smallPacket({ seq: 1, times: [] })), { events: 0, contentSize: 84 });
});

Deno.test("count() goes on after a packet that it refused", () => {
  const packet = smallPacket({ seq: 0, times: [1, 2] });
  assertThrows(() => counter.count(packet.subarray(0, 100)), CtfError, "only 100 bytes are there");
  assertEquals(counter.count(packet).events, 2);
});

Deno.test("count() counts an event that is longer than what a reader keeps of a file", () => {
  const packet = smallPacket({ seq: 0, times: [1, 2], text: "x".repeat(MAX_WINDOW + 1) });
  assertEquals(counter.count(packet), { events: 2, contentSize: packet.length });
});

Deno.test("append() makes events known that are declared later", () => {
  const growing = new EventCounter(smallMetadata());
  const packet = smallPacket({ seq: 0, times: [1, 2] });
  new DataView(packet.buffer).setUint32(84 + 22 + 2, 7, true);
  const { offset } = assertThrows(() => growing.count(packet), CtfError, "number 7 is unknown");
  assertEquals(offset, 84 + 22);
  const event = eventMetadata({ name: "later", id: 7, loglevel: 13, fields: [u64("n")] });
  growing.append(new TextEncoder().encode(event));
  assertEquals(growing.count(packet).events, 2);
});

for (
  const [what, change] of [
    ["begins with another magic", (view: DataView) => view.setUint8(0, 0)],
    ["is cut off in its begin", null],
    ["has content that ends in an event", (view: DataView) => shortened(view, 1)],
    ["has content that ends in an event's header", (view: DataView) => shortened(view, 9)],
    ["has content that is longer than it", (view: DataView) => view.setUint32(52, 1, true)],
    ["has a size that is longer than it", (view: DataView) => view.setUint32(60, 1, true)],
  ] as const
) {
  Deno.test(`count() refuses a packet that ${what}`, () => {
    const packet = smallPacket({ seq: 0, times: [1, 2] });
    if (change !== null) change(new DataView(packet.buffer));
    const given = change === null ? packet.subarray(0, 50) : packet;
    const error = assertThrows(() => counter.count(given), CtfError);
    assertEquals([error.file, Number.isInteger(error.offset)], [null, true], error.message);
  });
}

/** Takes bytes off the end of the content. */
function shortened(view: DataView, by: number): void {
  const [contentSize, packetSize] = [view.byteLength - by, view.byteLength];
  writePacketEnd(view, 0, { timestampEnd: 2, contentSize, packetSize, eventsDiscarded: 0 });
}
