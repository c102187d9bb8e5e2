import { STATISTICS_FILE } from "../consume/mod.ts";
import type { SessionStatistics } from "./statistics.ts";

/** The file of a session's figures: opened once, so that permissions can be given up. */
export class StatisticsFile {
  readonly #file: Deno.FsFile;

  /** Makes the file in a directory. */
  constructor(directory: string) {
    const path = `${directory}/${STATISTICS_FILE}`;
    this.#file = Deno.openSync(path, { create: true, write: true, truncate: true, mode: 0o600 });
  }

  /** Writes the figures over those before. They end with a line, so that half of them can be told. */
  write(statistics: SessionStatistics): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(statistics)}\n`);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    this.#file.truncateSync(bytes.length);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}
