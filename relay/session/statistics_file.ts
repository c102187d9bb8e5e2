import { writeAll } from "../consume/file_bytes.ts";
import { STATISTICS_FILE } from "../consume/output_directory.ts";
import type { SessionStatistics } from "./statistics.ts";

/** What the file says. */
export interface Figures extends SessionStatistics {
  /** The process whose they are. */
  readonly pid: number;
  /** Bytes of events that were recorded and that the output has not got; 0 before that is known. */
  readonly unwrittenBytes: number;
}

/** The file of a session's figures: opened once, so that permissions can be given up. */
export class StatisticsFile {
  readonly #file: Deno.FsFile;

  /** Makes the file in a directory. */
  constructor(directory: string) {
    const path = `${directory}/${STATISTICS_FILE}`;
    this.#file = Deno.openSync(path, { create: true, write: true, truncate: true, mode: 0o600 });
  }

  /** Writes the figures over those before. They end with a line, so that half of them can be told. */
  write(statistics: SessionStatistics, unwrittenBytes: number): void {
    const figures: Figures = { pid: Deno.pid, unwrittenBytes, ...statistics };
    const bytes = new TextEncoder().encode(`${JSON.stringify(figures)}\n`);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    writeAll(this.#file, bytes);
    this.#file.truncateSync(bytes.length);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}
