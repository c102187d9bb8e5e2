/**
 * The module of a session's own thread, started by {@linkcode TraceSession.start}: it is sent the
 * options, answers with the session's handle, and serves until the session is closed.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { thrownText } from "../../hw/mod.ts";
import { BusyExitMailbox } from "./busy_exit.ts";
import { Mailbox } from "./mailbox.ts";
import { Recorder } from "./recorder.ts";
import { SignalWords } from "./signals.ts";
import type { ThreadAnswer, ThreadStart } from "./thread_messages.ts";

const port = parentPort!;
const answer = (message: ThreadAnswer): void => port.postMessage(message);

port.once("message", async (start: ThreadStart) => {
  let recorder;
  try {
    recorder = new Recorder(start.options, makeMailbox(start));
  } catch (error) {
    const isUsers = error instanceof RangeError || error instanceof TypeError;
    const name = isUsers ? error.name : "Error";
    answer({ type: "failed", name, message: isUsers ? error.message : thrownText(error) });
    return;
  }
  answer({ type: "started", handle: recorder.handle });
  await recorder.run();
});

function makeMailbox({ options, mailbox, signals }: ThreadStart): Mailbox {
  if (signals === null) return new Mailbox(mailbox);
  return new BusyExitMailbox(mailbox, new SignalWords(signals), options.snapshotsAtExit);
}
