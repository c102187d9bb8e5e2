import type { BoxFacts, Recovered } from "../blackbox/mod.ts";
import { isRelaydUrl } from "../consume/mod.ts";
import { plainText } from "./plain_text.ts";
import { formatTable } from "../view/table.ts";
import { counted } from "../view/counted.ts";
import { lookLines, size } from "./summary.ts";

/**
 * What was found in a black box, for people: what each CPU had, what is lost or damaged, and what to type
 * next. `added` packets were missing in a trace that was there; `null` if none was.
 */
export function recoveredText(
  trace: string,
  { pid, startedAt, mode, output }: BoxFacts,
  { streams, faults, faultCount, isAll }: Recovered,
  added: number | null,
): string {
  const sum = (key: "events" | "bytes" | "subbufs" | "openSlots" | "lost"): number =>
    streams.reduce((total, stream) => total + stream[key], 0);
  const rows = streams.map((
    { cpu, thread, events, bytes, subbufs, openSlots, lost },
  ) => [cpu, plainText(thread), events, bytes, subbufs, openSlots, lost]);
  const open = sum("openSlots");
  const isWhole = isAll && mode === "continuous" && faultCount === 0;
  const isElsewhere = isAll && mode === "continuous" && output !== null && !isRelaydUrl(output) &&
    added === null;
  return [
    "",
    `  of process ${pid}, which began at ${plainText(startedAt)}`,
    "",
    formatTable([
      ["CPU", "thread", "events", "bytes", "sub-buffers", "open slots", "lost"],
      ...rows,
    ]),
    "",
    `  ${counted(sum("events"), "event")} in ${counted(sum("subbufs"), "sub-buffer")}, ${
      size(sum("bytes"))
    }; ` +
    `${open === 0 ? "no slot" : counted(open, "slot")} reserved and not committed; ` +
    `${sum("lost") === 0 ? "none lost" : `${sum("lost")} lost`}`,
    ...(added === null
      ? []
      : [`  ${trace} got ${counted(added, "packet")}${isWhole ? ", and is complete now" : ""}`]),
    ...(isElsewhere
      ? [`  the program wrote to ${plainText(output)}: --out there completes that`]
      : []),
    ...faults.map((fault) => `  damaged, left out: ${plainText(fault)}`),
    ...(faultCount > faults.length ? [`  and ${faultCount - faults.length} more`] : []),
    "",
    ...lookLines([trace]),
  ].join("\n");
}
