import { assertEquals } from "@std/assert";
import { FollowedFile } from "../../../relay/view/followed_file.ts";

/** A file of packets whose first byte is their length, and whose second one is their number. */
class GrowingFile {
  bytes: number[] = [];
  readonly followed = new FollowedFile({
    get size(): number {
      return file.bytes.length;
    },
    read: (offset, into) => {
      const part = this.bytes.slice(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  });
}
let file: GrowingFile;

/** The packets that a look gives. */
function look(isOver = false): number[][] {
  const sizeOf = (head: Uint8Array): number | null => head.length < 2 ? null : head[0];
  return [...file.followed.packets(sizeOf, isOver)]
    .flatMap(({ bytes }) => bytes === null ? [] : [[...bytes]]);
}

function withFile(name: string, body: () => void): void {
  Deno.test(name, () => {
    file = new GrowingFile();
    body();
  });
}

withFile(
  "packets() gives a packet behind which another one begins at once, the last at the next look",
  () => {
    file.bytes = [3, 1, 9, 4, 2, 9, 9];
    assertEquals(look(), [[3, 1, 9]]);
    assertEquals(look(), [[4, 2, 9, 9]]);
    assertEquals(look(), []);
  },
);

withFile("packets() waits for the rest of a packet", () => {
  for (const bytes of [[], [3], [3, 1]]) {
    file.bytes = bytes;
    assertEquals([look(), look()], [[], []]);
  }
  file.bytes = [3, 1, 9];
  assertEquals([look(), look()], [[], [[3, 1, 9]]]);
});

withFile("packets() gives a packet again when it was replaced", () => {
  file.bytes = [3, 1, 9];
  assertEquals([look(), look()], [[], [[3, 1, 9]]]);
  file.bytes = [5, 1, 9, 9, 9];
  assertEquals([look(), look(), look()], [[], [[5, 1, 9, 9, 9]], []]);
  file.bytes.push(2, 2);
  assertEquals([look(), look()], [[], [[2, 2]]]);
});

withFile("packets() does not take a packet at the end that changes from look to look", () => {
  file.bytes = [3, 1, 9];
  assertEquals(look(), []);
  file.bytes = [4, 1, 9, 9];
  assertEquals([look(), look()], [[], [[4, 1, 9, 9]]]);
});

withFile("packets() gives all there is when nobody writes any more", () => {
  file.bytes = [3, 1, 9, 4, 2, 9, 9];
  assertEquals(look(true), [[3, 1, 9], [4, 2, 9, 9]]);
});

withFile(
  "packets() goes on where a tail was taken away, and begins again with a file that was emptied",
  () => {
    file.bytes = [3, 1, 9, 2, 2];
    assertEquals([look(), look()], [[[3, 1, 9]], [[2, 2]]]);
    file.bytes = [3, 1, 9];
    assertEquals([look(), look()], [[], []]);
    file.bytes = [2, 5];
    assertEquals([look(), look()], [[], [[2, 5]]]);
  },
);

withFile("packets() reads on where the begin of a packet is longer than most", () => {
  const packet = [5, ...Array<number>(999).fill(7)];
  file.bytes = [...packet, 9];
  const sizeOf = (head: Uint8Array): number | null => head.length < 600 ? null : 1000;
  const packets = [...file.followed.packets(sizeOf, true)];
  assertEquals(packets.map(({ at, bytes }) => [at, [...bytes!]]), [[0, packet]]);
});
