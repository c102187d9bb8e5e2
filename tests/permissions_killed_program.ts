/** Leaves a black box with one event: `… FILE KIND`. */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [file, kind] = Deno.args;
const output = kind === "without output" ? null : `${file}-output`;
const session = await TraceSession.start({ output, backing: { file } });
session.tracepoint("t:n", u32("n"))(1);
Deno.kill(Deno.pid, "SIGKILL");
