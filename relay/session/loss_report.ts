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

/** Says what is lost, and why, on a line; nothing if that is nothing. */
export function lossReport(lost: SessionLost): string {
  const causes = Object.entries(lost).filter(([, count]) => count > 0);
  if (causes.length === 0) return "";
  const total = causes.reduce((sum, [, count]) => sum + count, 0);
  const why = causes.map(([cause, count]) => `${count}: ${CAUSES[cause as keyof SessionLost]}`);
  return `ltt-relay: ${total} event${total === 1 ? "" : "s"} lost (${why.join("; ")})\n`;
}

/** Says that what is in the rings could not be written, or not for good, on a line; nothing if that is nothing. */
export function unwrittenReport(bytes: number): string {
  return bytes <= 0
    ? ""
    : `ltt-relay: up to ${bytes} bytes of events were recorded and not written\n`;
}
