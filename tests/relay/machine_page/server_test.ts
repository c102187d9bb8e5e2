import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serveMachine } from "../../../relay/machine_page/mod.ts";

const ignore = Deno.permissions.querySync({ name: "net", host: "127.0.0.1" }).state !== "granted";

Deno.test({
  name: "serveMachine() serves the page on loopback, on a free port for 0, until it is closed",
  ignore,
  fn: async () => {
    const server = await serveMachine(0);
    assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const html = await (await fetch(server.url)).text();
    assertMatch(html, /^<!doctype html>/);
    const { port } = new URL(server.url);
    await assertRejects(() => serveMachine(Number(port)), Deno.errors.AddrInUse);
    await server.close();
    await server.finished;
  },
});

Deno.test({
  name: "serveMachine() refuses a request under another host's name",
  ignore,
  fn: async () => {
    const server = await serveMachine(0);
    const { hostname, port } = new URL(server.url);
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const request = "GET /story HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    await connection.write(new TextEncoder().encode(request));
    const answer = await new Response(connection.readable).text();
    assertEquals(answer.split("\r\n")[0], "HTTP/1.1 403 Forbidden");
    await server.close();
  },
});
