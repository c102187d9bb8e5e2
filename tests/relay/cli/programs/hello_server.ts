/** Serves on loopback, asks itself once, says what it may do, and ends with the code it is given. */
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  return new Response(`you asked for ${new URL(request.url).search}`);
});
const response = await fetch(`http://user:pass@127.0.0.1:${server.addr.port}/page?token=secret`);
console.log(await response.text());
const [path, code] = Deno.args;
const state = (descriptor: Deno.PermissionDescriptor): string =>
  Deno.permissions.querySync(descriptor).state;
console.log(JSON.stringify([
  state({ name: "net" }),
  state({ name: "write", path }),
  state({ name: "read", path }),
  state({ name: "ffi" }),
  state({ name: "env", variable: "LTT_RELAY_OUT" }),
  state({ name: "read" }),
]));
await server.shutdown();
Deno.exit(Number(code));
