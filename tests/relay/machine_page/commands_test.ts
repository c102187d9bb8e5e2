import { assertEquals, assertThrows } from "@std/assert";
import { type Command, CommandError, parseCommand } from "../../../relay/machine_page/mod.ts";

Deno.test("parseCommand() takes a command as it is", () => {
  const command: Command = { do: "write", channel: "alpha", cpu: 1, offset: 0, text: "x" };
  assertEquals(parseCommand(command), command);
});

const wrong: [input: unknown, message: string][] = [
  [null, "Cannot take the command: it is no object"],
  [[], "Cannot take the command: it is no object"],
  [{}, 'Cannot take the command: there is no "undefined"'],
  [{ do: "toString" }, 'Cannot take the command: there is no "toString"'],
  [
    { do: "cpu", cpu: "1", up: true, frozen: false },
    'Cannot cpu: cpu "1" is not an integer from 0 to 63',
  ],
  [{ do: "cpu", cpu: 1, up: 1, frozen: false }, "Cannot cpu: up 1 is none of true, false"],
  [{ do: "fail", what: "page", k: -1 }, "Cannot fail: k -1 is not an integer from 0 to 999"],
  [{ do: "fail", what: "all", k: 1 }, 'Cannot fail: what "all" is none of page, slab'],
  [{ do: "open", mode: "relay", pages: 3, subbufs: 2 }, "Cannot open: pages 3 is none of 1, 2, 4"],
  [{ do: "close" }, "Cannot close: channel undefined is not a text of 1 to 32 characters"],
  [{ do: "fill", node: 0, more: 1 }, 'Cannot fill: there is no "more" in it'],
  [
    { do: "read", channel: "alpha", cpu: 0, offset: 0, length: 1e9 },
    "Cannot read: length 1000000000 is not an integer from 1 to 4096",
  ],
];
for (const [input, message] of wrong) {
  Deno.test(`parseCommand() refuses ${JSON.stringify(input)}`, () => {
    assertEquals(assertThrows(() => parseCommand(input), CommandError).message, message);
  });
}
