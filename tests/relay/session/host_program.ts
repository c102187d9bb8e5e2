/** A program of the tests that stands for a host: `host_program.ts URL HOST COUNT`. */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [output, hostname, count] = Deno.args;
await using session = await TraceSession.start({ output, hostname, name: "fleet" });
const event = session.tracepoint("t:n", u32("n"));
for (let n = 0; n < Number(count); n++) {
  event(n);
  if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2));
}
