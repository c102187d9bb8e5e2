/**
 * A program of the tests that ends while its session's thread does nothing: `stuck_program.ts HOW TRACE`.
 */
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";
import { ExitFlush } from "../../../relay/session/exit_flush.ts";
import { Mailbox } from "../../../relay/session/mailbox.ts";

const [how, output] = Deno.args;
const handlesExit = how !== "exit";
const session = await TraceSession.start({ output, switchTimerMs: 0, maxCpus: 2, handlesExit });
const event = session.tracepoint("t:n", u32("n"));
for (let n = 0; n < 40; n++) event(n);

if (how === "exit") {
  // For the second one no CPU is left.
  TraceSession.attach(session.handle);
  const unattached = TraceSession.attach(session.handle).tracepoint("t:n", u32("n"));
  for (let n = 0; n < 7; n++) unattached(n);
  const { memory } = new Mailbox();
  const exit = new ExitFlush({ ...session.handle, mailbox: memory }, false, 50);
  console.log(exit.flush("exit", false, null), exit.flush("unload", false, null));
} else {
  // Who opens that to write waits for somebody who reads.
  await new Deno.Command("mkfifo", { args: [`${output}/channel0_1`] }).output();
  TraceSession.attach(session.handle).tracepoint("t:other", u32("n"))(0);
  session.flush();
  // Ten seconds of waiting are over in a tenth of one; how long it was to be is said.
  const { wait } = Atomics;
  Object.assign(Atomics, {
    wait: (words: Int32Array, index: number, value: number, timeoutMs: number) => {
      console.log(`waits ${Math.round(timeoutMs / 1000)} s`);
      return wait(words, index, value, timeoutMs / 100);
    },
  });
  setTimeout(() => Deno.kill(Deno.pid, "SIGINT"), 100);
}
