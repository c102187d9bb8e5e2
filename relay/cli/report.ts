import type { Machine, MachineSnapshot } from "../../hw/mod.ts";
import type { Lane } from "./lane.ts";
import { formatTable } from "../view/table.ts";
import { StatusLine } from "./status_line.ts";

/** Shows how far the job is: one line that changes on a terminal, every tenth elsewhere. */
export class Progress {
  readonly #line = new StatusLine();
  #lastTenth = -1;

  /** Says that `done` bytes of `total` are relayed, and what is being relayed now. */
  show(done: number, total: number, what: string): void {
    // More than was foreseen: a file grew, or is none.
    const percent = done <= total ? Math.floor(100 * done / total) : null;
    const start = percent === null ? "" : `${String(percent).padStart(3)} %  `;
    const line = `${start}${done} bytes  ${what}`;
    const tenth = Math.floor((percent ?? 0) / 10);
    if (this.#line.isShown) {
      this.#line.show(line);
    } else if (tenth > this.#lastTenth) {
      this.#lastTenth = tenth;
      console.error(line);
    }
  }

  /** Wipes the line, so that something else can be said. */
  clear(): void {
    this.#line.clear();
  }
}

/** What happened on each CPU. */
export function cpuTable(machine: Machine, lanes: Iterable<Lane>): string {
  const rows: (string | number)[][] = [
    ["CPU", "state", "node of buffer", "files", "bytes", "pages"],
  ];
  const total = { files: 0, bytes: 0, pages: 0 };
  for (const { buffer, files, bytes, pages } of lanes) {
    const nodes = new Set(buffer.pages.map((page) => page.page.nid));
    const state = machine.cpus.online.has(buffer.cpu) ? "online" : "offline";
    rows.push([buffer.cpu, state, [...nodes].join(", "), files, bytes, pages]);
    total.files += files;
    total.bytes += bytes;
    total.pages += pages;
  }
  rows.push(["all", "", "", total.files, total.bytes, total.pages]);
  return formatTable(rows);
}

/** `numastat` of all nodes, one below the other. */
export function numastatTable(machine: Machine): string {
  const rows = machine.pages.zones.map(({ nid }) =>
    machine.pages.numastat(nid).trimEnd().split("\n").map((line) => line.split(" "))
  );
  return formatTable([
    ["node", ...rows[0].map(([name]) => name)],
    ...rows.map((counters, nid) => [nid, ...counters.map(([, count]) => count)]),
  ]);
}

/** How many pages and small objects are in use, and how many ever were. */
export function usage({ nodes, slab }: MachineSnapshot): string {
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  const pages = sum(nodes.map((node) => node.frames - node.free));
  const taken = sum(nodes.map(({ counters }) => counters.numaHit + counters.numaMiss));
  return `${pages} pages and ${sum(slab.liveByNode)} small objects in use, ` +
    `${taken} and ${slab.allocated} allocated so far`;
}
