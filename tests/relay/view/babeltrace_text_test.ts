import { assertEquals } from "@std/assert";
import { BabeltraceText } from "../../../relay/view/babeltrace_text.ts";
import type { OriginOf } from "../../../relay/view/origins.ts";
import { event } from "./support.ts";

const originOf: OriginOf = () => ({
  trace: "t",
  env: { hostname: "h\x1b]0;title\x07" },
  hasClock: false,
  packetContext: null,
  streamContext: null,
});

Deno.test("BabeltraceText escapes what moves a cursor for a terminal only", () => {
  const one = event("ev\x1b[31mil\u202e", 0, { n: 1 }, { packetContext: null });
  const [piped, shown] = [false, true].map((isTerminal) =>
    new BabeltraceText(0n, originOf, isTerminal).event(one)
  );
  assertEquals(piped, "h\x1b]0;title\x07 ev\x1b[31mil\u202e: { n = 1 }\n");
  assertEquals(shown, "h\\u001b]0;title\\u0007 ev\\u001b[31mil\\u202e: { n = 1 }\n");
});
