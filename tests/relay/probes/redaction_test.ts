import { assertEquals } from "@std/assert";
import { defaultRedaction, redaction } from "../../../relay/probes/redaction.ts";

const URLS: readonly (readonly [url: string, recorded: string])[] = [
  ["http://a.b/c/d", "http://a.b/c/d"],
  ["http://a.b:80/c?token=1", "http://a.b:80/c"],
  ["http://a.b/c#token", "http://a.b/c"],
  ["http://a.b?x#y", "http://a.b"],
  ["http://user:pass@a.b/c", "http://a.b/c"],
  ["http://user@a.b", "http://a.b"],
  ["http://u:p@q@a.b/c@d", "http://a.b/c@d"],
  ["//user:pass@a.b/c", "//a.b/c"],
  ["/path?x=1", "/path"],
  ["path@x", "path@x"],
  ["http://u:p@[::1]:80/", "http://[::1]:80/"],
  ["http://[::1]:80/@", "http://[::1]:80/@"],
  ["http://user:pa/ss@a.b", "http://…"],
  ["http://user:pa?ss@a.b", "http://…"],
  ["http://user:pa#ss@a.b", "http://…"],
  ["http://a.b/?next=http://u:p@c.d", "http://a.b/"],
  ["data:text/plain;base64,c2VjcmV0", "data:text/plain…"],
  ["DATA:,secret", "DATA:…"],
  ["blob:null/1-2", "blob:null/1-2"],
  ["file:///a/b", "file:///a/b"],
  ["", ""],
];

Deno.test("defaultRedaction() cuts what may be secret from URLs", () => {
  for (const [url, recorded] of URLS) assertEquals(defaultRedaction("url", url), recorded, url);
});

Deno.test("defaultRedaction() replaces arguments, and nothing else", () => {
  assertEquals(defaultRedaction("argument", "--password=x"), "[redacted]");
  for (const kind of ["path", "console", "error", "name"] as const) {
    assertEquals(defaultRedaction(kind, "a?b#c"), "a?b#c");
  }
});

Deno.test("redaction() lets the hook decide, and the default where it does not", () => {
  const redact = redaction((kind, value) => kind === "argument" ? value : undefined);
  assertEquals(redact("argument", "-v"), "-v");
  assertEquals(redact("url", "http://a/?x"), "http://a/");
});

Deno.test("redaction() neither throws nor leaks, when the hook throws or answers nonsense", () => {
  const throwing = redaction(() => {
    throw new Error("x");
  });
  assertEquals(throwing("url", "http://u:p@a/"), "[redaction failed]");
  const wrong = redaction((() => 5) as unknown as () => string);
  assertEquals(wrong("url", "http://u:p@a/?x"), "http://a/");
});
