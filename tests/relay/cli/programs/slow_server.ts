/*
 * A server that answers one of many requests late, which it makes itself.
 */
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 250));
  return new Response(`<b>${pathname}</b>`, { status: pathname === "/bad" ? 500 : 200 });
});
const { port } = server.addr;
for (let i = 0; i < 60; i++) {
  const path = i === 40 ? "slow" : i === 50 ? "bad" : `item/${i}`;
  await (await fetch(`http://127.0.0.1:${port}/${path}`)).text();
}
await server.shutdown();
