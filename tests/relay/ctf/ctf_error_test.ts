import { CtfError } from "@ltt/relay/ctf";
import { assertEquals } from "@std/assert";

Deno.test("CtfError() says file and byte behind what is the case, as far as they are known", () => {
  const messages = [
    new CtfError("Cannot read"),
    new CtfError("Cannot read", "a"),
    new CtfError("Cannot read", "a", 5),
    new CtfError("Cannot read", null, 0),
  ].map(({ name, message, file, offset }) => [name, message, file, offset]);
  assertEquals(messages, [
    ["CtfError", "Cannot read", null, null],
    ["CtfError", "Cannot read (a)", "a", null],
    ["CtfError", "Cannot read (a, byte 5)", "a", 5],
    ["CtfError", "Cannot read (byte 0)", null, 0],
  ]);
});
