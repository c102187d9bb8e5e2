/**
 * The module of a session's own thread, started by {@linkcode TraceSession.start}: it is sent the
 * options, answers with the session's handle, and serves until the session is closed.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { KernelError } from "../../hw/errno.ts";
import { thrownText } from "../../hw/log.ts";
import { BlackBox } from "../blackbox/black_box.ts";
import { isRelaydUrl, parseRelaydUrl } from "../consume/relayd/address.ts";
import { RelaydLink } from "../consume/relayd/relayd_link.ts";
import { BusyExit } from "./busy_exit.ts";
import { Mailbox } from "./mailbox.ts";
import type { ResolvedOptions } from "./options.ts";
import { ramFrames } from "./ram_size.ts";
import { Recorder } from "./recorder.ts";
import { SignalWords } from "./signals.ts";
import type { ThreadAnswer, ThreadStart } from "./thread_messages.ts";
import { timestamp } from "./timestamp.ts";

const port = parentPort!;
const answer = (message: ThreadAnswer): void => port.postMessage(message);

port.once("message", async ({ options, mailbox, signals }: ThreadStart) => {
  let link = null;
  let box = null;
  let recorder: Recorder;
  try {
    const { backing } = options;
    link = await openLink(options);
    box = backing === "shared" ? null : new BlackBox(backing.file, ramFrames(options));
    recorder = new Recorder(options, mailbox, { link, box });
  } catch (error) {
    await link?.close();
    box?.remove();
    if (box !== null && error instanceof KernelError && error.code === "ENOMEM") {
      const message = `Cannot make black box ${box.path}: its disk has no room for it`;
      answer({ type: "failed", name: "Error", message });
      return;
    }
    const isUsers = error instanceof RangeError || error instanceof TypeError;
    const name = isUsers ? error.name : "Error";
    const isOurs = isUsers || (error instanceof Error && error.name === "Error");
    answer({ type: "failed", name, message: isOurs ? error.message : thrownText(error) });
    return;
  }
  const exit = signals === null
    ? null
    : new BusyExit(new SignalWords(signals), options.snapshotsAtExit, (one) => recorder.serve(one));
  answer({ type: "started", handle: recorder.handle });
  await new Mailbox(mailbox).serve((request) => {
    exit?.note(request);
    return recorder.serve(request);
  });
});

/** Opens a session on the relay daemon, if the output is one. */
async function openLink(options: ResolvedOptions): Promise<RelaydLink | null> {
  const { output, name, hostname, livePeriodMs } = options;
  if (output === null || !isRelaydUrl(output)) return null;
  return await RelaydLink.open({
    address: parseRelaydUrl(output),
    name,
    hostname,
    // Sessions of that name can begin in the same second.
    path: `${hostname}/${name}-${timestamp(new Date())}-${crypto.randomUUID().slice(0, 8)}`,
    livePeriodMs,
  });
}
