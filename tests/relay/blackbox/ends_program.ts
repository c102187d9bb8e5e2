/**
 * A program of the tests with a black box that ends in one of many ways: `… HOW BOX OUTPUT`. It records ten
 * events before, and ten after what it could have ended by.
 */
import { type SessionOptions, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [how, file, output] = Deno.args;
const flightRecorder: SessionOptions = { mode: "flight-recorder", snapshotsAtExit: true };
const session = await TraceSession.start({
  output,
  backing: { file },
  subbufSize: 4096,
  nSubbufs: 4,
  switchTimerMs: 0,
  ...how.includes("flight recorder") ? flightRecorder : {},
});
const event = session.tracepoint("t:n", u32("n"));
const record = (): void => {
  for (let n = 0; n < 10; n++) event(n);
};
const kill = (): void => Deno.kill(Deno.pid, "SIGKILL");
// Its files are open before the directory is removed.
if (how === "removes its directory") await session.flush();
record();
switch (how) {
  case "closes":
    await session.close();
    break;
  case "just ends":
  case "with a flight recorder just ends":
    break;
  case "throws":
    throw new Error("as told");
  case "removes its directory":
  case "with a flight recorder removes its directory":
    Deno.removeSync(output, { recursive: true });
    break;
  case "goes on after an error, and is killed":
    globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
    Promise.reject(new Error("as told"));
    setTimeout(() => {
      record();
      kill();
    }, 100);
    break;
  case "listens to SIGTERM, and is killed":
    Deno.addSignalListener("SIGTERM", () => {
      setTimeout(() => {
        record();
        kill();
      }, 100);
    });
    setTimeout(() => {}, 10_000);
    Deno.kill(Deno.pid, "SIGTERM");
    break;
}
