import type { ConsumedStream } from "../consume/consumer.ts";
import { PACKET_HEADER_SIZE } from "../ctf/packet.ts";
import { peekOpenSubbuf } from "../ring/peek.ts";
import type { SessionLost } from "./statistics.ts";

/** What each cause means, for people. */
const CAUSES: Readonly<Record<keyof SessionLost, string>> = {
  full: "the buffers were full",
  wrap: "a sub-buffer was still being written",
  big: "longer than a sub-buffer",
  nested: "recorded within each other",
  torn: "their thread died",
  offline: "their CPU was down",
  unattached: "their thread had no CPU",
};

/** Says on the terminal what is lost, each thing once. */
export class LossReport {
  #saidFailure: string | null = null;
  #saidUnwritten = false;
  #saidLost = "";

  /**
   * Says why the output has failed, how many bytes of events could not be written, and how many events
   * were lost, as far as that was not said before.
   */
  say(failure: string | null, unwrittenBytes: number, lost: SessionLost): void {
    const failureLine = failure === null || failure === this.#saidFailure ? "" : line(failure);
    const unwrittenLine = this.#saidUnwritten ? "" : unwrittenText(unwrittenBytes);
    const lostLine = lostText(lost);
    const text = failureLine + unwrittenLine + (lostLine === this.#saidLost ? "" : lostLine);
    this.#saidFailure = failure;
    this.#saidUnwritten ||= unwrittenBytes > 0;
    this.#saidLost = lostLine;
    if (text !== "") write(text);
  }
}

/** Says something to whoever runs the program. */
export function say(text: string): void {
  write(line(text));
}

/** Bytes of events that are in the streams' rings, not consumed. */
export function unwrittenBytes(streams: readonly ConsumedStream[]): number {
  let bytes = 0;
  for (const { reader, memory } of streams) {
    for (const { dataSize } of reader.snapshot()) bytes += dataSize - PACKET_HEADER_SIZE;
    const open = peekOpenSubbuf(memory)?.bytes.length ?? PACKET_HEADER_SIZE;
    bytes += open - PACKET_HEADER_SIZE;
  }
  return bytes;
}

function lostText(lost: SessionLost): string {
  const causes = Object.entries(lost).filter(([, count]) => count > 0);
  if (causes.length === 0) return "";
  const total = causes.reduce((sum, [, count]) => sum + count, 0);
  const why = causes.map(([cause, count]) => `${count}: ${CAUSES[cause as keyof SessionLost]}`);
  return line(`${total} event${total === 1 ? "" : "s"} lost (${why.join("; ")})`);
}

/** What is in the rings when the output fails is not written, or not for good. */
function unwrittenText(bytes: number): string {
  return bytes <= 0 ? "" : line(`up to ${bytes} bytes of events were recorded and not written`);
}

function write(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // Nobody listens.
  }
}

function line(text: string): string {
  return `ltt-relay: ${text}\n`;
}
