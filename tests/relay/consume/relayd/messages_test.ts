import { assert, assertEquals } from "@std/assert";
import {
  addStreamRequest,
  beaconRequest,
  closeStreamRequest,
  type ControlRequest,
  createSessionRequest,
  dataHeader,
  dataPendingRequest,
  indexRequest,
  metadataRequest,
  streamsSentRequest,
  versionRequest,
} from "../../../../relay/consume/relayd/messages.ts";

/** The part of a request behind its header, which is checked. */
function payload(request: ControlRequest, command: number, replySize: number): DataView {
  const { bytes } = request;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  assertEquals(view.getBigUint64(0), 0n, "circuit_id");
  assertEquals(view.getBigUint64(8), BigInt(bytes.length - 24), "data_size");
  assertEquals(view.getUint32(16), command, "cmd");
  assertEquals(view.getUint32(20), 0, "cmd_version");
  assertEquals(request.replySize, replySize, "bytes of the reply");
  return new DataView(bytes.buffer, 24);
}

/** A text of a fixed length, which ends with at least one zero. */
function text(view: DataView, at: number, size: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size);
  const end = bytes.indexOf(0);
  assert(end >= 0, "no zero");
  assert(bytes.subarray(end).every((byte) => byte === 0), "something behind the end");
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end));
}

/** Numbers of 64 bits that stand one behind the other. */
const words = (view: DataView): bigint[] =>
  Array.from({ length: view.byteLength / 8 }, (_, i) => view.getBigUint64(8 * i));

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

Deno.test("versionRequest() asks for 2.10", () => {
  const view = payload(versionRequest(), 5, 8);
  assertEquals([view.byteLength, view.getUint32(0), view.getUint32(4)], [8, 2, 10]);
});

Deno.test("createSessionRequest() has name, host, timer and no snapshot", () => {
  const session = { name: "näme", hostname: "höst", liveTimerUs: 1_000_000 };
  const view = payload(createSessionRequest(session), 2, 12);
  assertEquals(view.byteLength, 327);
  assertEquals([text(view, 0, 255), text(view, 255, 64)], ["näme", "höst"]);
  assertEquals([view.getUint32(319), view.getUint32(323)], [1_000_000, 0]);
});

Deno.test("texts are cut before a character that has no room", () => {
  const session = { name: "ä".repeat(200), hostname: "x" + "ö".repeat(40), liveTimerUs: 0 };
  const view = payload(createSessionRequest(session), 2, 12);
  assertEquals(text(view, 0, 255), "ä".repeat(127));
  assertEquals(text(view, 255, 64), "x" + "ö".repeat(31));
});

Deno.test("addStreamRequest() has channel, path, size and count of files", () => {
  const stream = { channel: "channel0_7", path: "h/s/1", maxFileSize: 2 ** 33 + 5, maxFiles: 9 };
  const view = payload(addStreamRequest(stream), 1, 12);
  assertEquals(view.byteLength, 4376);
  assertEquals([text(view, 0, 264), text(view, 264, 4096)], ["channel0_7", "h/s/1"]);
  assertEquals([view.getBigUint64(4360), view.getBigUint64(4368)], [2n ** 33n + 5n, 9n]);
});

Deno.test("addStreamRequest() never asks for files of a size without a count: it ends the daemon", () => {
  for (const [maxFileSize, maxFiles, expected] of [[0, 0, 0n], [1, 0, 2n ** 20n], [0, 3, 3n]]) {
    const stream = { channel: "c", path: "p", maxFileSize, maxFiles } as const;
    const view = payload(
      addStreamRequest(stream as Parameters<typeof addStreamRequest>[0]),
      1,
      12,
    );
    assertEquals(view.getBigUint64(4368), expected);
  }
});

Deno.test("streamsSentRequest() is a header alone", () => {
  assertEquals(payload(streamsSentRequest(), 16, 4).byteLength, 0);
});

Deno.test("metadataRequest() has no padding and no reply", () => {
  const view = payload(metadataRequest(2n ** 40n + 3n, new TextEncoder().encode("abc")), 6, 0);
  assertEquals([view.getBigUint64(0), view.getUint32(8)], [2n ** 40n + 3n, 0]);
  assertEquals(new TextDecoder().decode(new Uint8Array(view.buffer, 24 + 12)), "abc");
});

Deno.test("indexRequest() counts bits", () => {
  const packet = {
    cpu: 3,
    seq: 2 ** 32 + 1,
    timestampBegin: 2 ** 40,
    timestampEnd: 2 ** 53 - 1,
    contentSize: 2 ** 30 - 7,
    packetSize: 2 ** 30,
    eventsDiscarded: 5,
  };
  const view = payload(indexRequest(8n, 6, packet), 13, 4);
  assertEquals(view.byteLength, 80);
  assertEquals(words(view), [
    8n,
    6n,
    2n ** 33n,
    2n ** 33n - 56n,
    2n ** 40n,
    2n ** 53n - 1n,
    5n,
    0n,
    3n,
    2n ** 32n + 1n,
  ]);
});

Deno.test("beaconRequest() is an index without a packet", () => {
  const view = payload(beaconRequest(8n, 2 ** 50 + 1, 3), 13, 4);
  assertEquals(words(view), [8n, ALL_ONES, 0n, 0n, 0n, 2n ** 50n + 1n, 0n, 0n, 3n, ALL_ONES]);
});

Deno.test("dataPendingRequest() and closeStreamRequest() name the last packet", () => {
  assertEquals(words(payload(dataPendingRequest(8n, 0), 8, 4)), [8n, 0n]);
  assertEquals(words(payload(dataPendingRequest(8n, 2 ** 33), 8, 4)), [8n, 2n ** 33n]);
  assertEquals(words(payload(closeStreamRequest(8n, 5), 7, 4)), [8n, 4n]);
  assertEquals(words(payload(closeStreamRequest(8n, 0), 7, 4)), [8n, ALL_ONES]);
});

Deno.test("dataHeader() tells the bytes that follow, and the zeros that do not", () => {
  const bytes = dataHeader(2n ** 34n, 2 ** 32 + 2, 65_500, 36);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  assertEquals(bytes.length, 32);
  assertEquals([0, 8, 16].map((at) => view.getBigUint64(at)), [0n, 2n ** 34n, 2n ** 32n + 2n]);
  assertEquals([view.getUint32(24), view.getUint32(28)], [65_500, 36]);
});
