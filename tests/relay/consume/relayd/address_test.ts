import { assertEquals, assertThrows } from "@std/assert";
import {
  isRelaydUrl,
  parseRelaydUrl,
  relaydUrl,
} from "../../../../relay/consume/relayd/address.ts";

Deno.test("parseRelaydUrl() takes hosts and ports as LTTng does", () => {
  const cases: [url: string, hostname: string, controlPort: number, dataPort: number][] = [
    ["net://localhost", "localhost", 5342, 5343],
    ["net://", "127.0.0.1", 5342, 5343],
    ["net://:7:9", "127.0.0.1", 7, 9],
    ["net://localhost/", "localhost", 5342, 5343],
    ["net://relay.example:1", "relay.example", 1, 2],
    ["net://10.0.0.1:5342:65535", "10.0.0.1", 5342, 65535],
    ["net://[::1]:7:9", "::1", 7, 9],
    ["net6://[fe80::1]", "fe80::1", 5342, 5343],
  ];
  for (const [url, hostname, controlPort, dataPort] of cases) {
    assertEquals(parseRelaydUrl(url), { hostname, controlPort, dataPort }, url);
    assertEquals(isRelaydUrl(url), true, url);
  }
});

Deno.test("parseRelaydUrl() refuses what it does not understand", () => {
  const urls = [
    ...["net://h:", "net://h:x", "net://h:1:2:3", "net://::1:5342"],
    ...["net://h/path", "net://a@b", "net://h?x", "tcp://h", "net://[h]", "net://h:-1", "h"],
  ];
  for (const url of urls) {
    assertThrows(() => parseRelaydUrl(url), TypeError, `Cannot send a trace to ${url}: it is no`);
  }
  for (const url of ["net://h:0", "net://h:65536", "net://h:65535", "net://h:1:0"]) {
    assertThrows(
      () => parseRelaydUrl(url),
      TypeError,
      `Cannot send a trace to ${url}: there is no`,
    );
  }
  assertEquals([isRelaydUrl("./net"), isRelaydUrl("net:/x"), isRelaydUrl("a/net://x")], [
    false,
    false,
    false,
  ]);
});

Deno.test("relaydUrl() is understood again", () => {
  for (const url of ["net://h:1:2", "net://[::1]:5342:5343"]) {
    assertEquals(relaydUrl(parseRelaydUrl(url)), url);
  }
});
