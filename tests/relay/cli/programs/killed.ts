/** A program of the tests that is killed when it has recorded so many events: `killed.ts COUNT`. */
import { currentSession } from "@ltt/relay/probes/current";
import { u32 } from "@ltt/relay/trace";

const count = currentSession()?.tracepoint("counts:n", u32("n")) ?? (() => {});
for (let n = 0; n < Number(Deno.args[0]); n++) count(n);
console.log("counted");
Deno.kill(Deno.pid, "SIGKILL");
