/**
 * A program of the tests that records to a black box: `boxed.ts BOX COUNT WHAT`. Says when it has recorded
 * COUNT events of `t:n`, and is killed then ("die"), killed with a process of its own that lives on, whose
 * number it says ("orphan"), or goes on with more of them until it is killed ("go on").
 */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [file, count, what] = Deno.args;
const session = await TraceSession.start({
  backing: { file },
  output: null,
  subbufSize: 4096,
  nSubbufs: 64,
  maxCpus: 2,
  handlesExit: false,
});
const record = session.tracepoint("t:n", u32("n"));
let next = 0;
for (; next < Number(count); next++) record(next);
switch (what) {
  case "die":
    Deno.kill(Deno.pid, "SIGKILL");
    break;
  case "orphan": {
    const command = new Deno.Command("sleep", {
      args: ["60"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    console.log(command.spawn().pid);
    Deno.kill(Deno.pid, "SIGKILL");
    break;
  }
  default:
    console.log("ready");
    setInterval(() => record(next++), 1);
}
