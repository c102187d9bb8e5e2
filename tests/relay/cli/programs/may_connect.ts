/** A program of the tests that says whether it may connect to ports of this host. */
const states = Deno.args.map((port) =>
  Deno.permissions.querySync({ name: "net", host: `127.0.0.1:${port}` }).state
);
console.log(states.join(" "));
