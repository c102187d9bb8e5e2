/**
 * A program of the tests that computes without coming to its event loop: `busy_program.ts HOW TRACE`.
 * It records the numbers from 0 on, and says "busy" when it begins.
 */
import process from "node:process";
import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [how, output] = Deno.args;
const flightRecorder: SessionOptions = { mode: "flight-recorder", snapshotsAtExit: true };
const session = await TraceSession.start({
  output,
  switchTimerMs: 0,
  ...(how === "flight recorder" ? flightRecorder : {}),
  opensAllFiles: how === "permissions given up",
  handlesExit: how !== "no handlers",
});
const event = session.tracepoint("t:n", u32("n"));
let n = 0;

/** Records a number each 0.1 ms, for some milliseconds; comes to no event loop. */
function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    event(n++);
    const next = performance.now() + 0.1;
    while (performance.now() < next);
  }
}

/** Ends the program, and says how many numbers it has recorded. */
function finish(): void {
  say(`${n}`);
  Deno.exit(5);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

switch (how) {
  case "Deno listener":
    Deno.addSignalListener("SIGINT", finish);
    break;
  case "process listener":
    process.on("SIGINT", finish);
    break;
  case "listener taken away": {
    const listener = (): void => {};
    process.on("SIGINT", listener);
    process.off("SIGINT", listener);
    Deno.addSignalListener("SIGINT", listener);
    Deno.removeSignalListener("SIGINT", listener);
    await new Promise((resolve) => setTimeout(resolve, 1));
    break;
  }
  case "permissions given up":
    for (const name of ["ffi", "run", "write", "read"] as const) {
      Deno.permissions.revokeSync({ name });
    }
    break;
  case "closed":
    await session.close();
    break;
  case "listens once, then busy":
    process.once("SIGINT", () => {
      compute(2500);
      finish();
    });
}

say("busy");
switch (how) {
  case "listens once, then busy":
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    break;
  case "listens once, then waits":
    process.once("SIGINT", () => setTimeout(finish, 2500));
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    break;
  case "Deno listener":
  case "process listener":
    compute(2500);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    break;
  case "for a while":
    compute(500);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    break;
  default:
    compute(10_000);
    say("it was not ended");
}
