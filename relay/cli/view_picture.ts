import { basename } from "node:path";
import type { TraceEvent } from "../ctf/mod.ts";
import type { OpenedTraces } from "../view/mod.ts";
import { type PictureData, type PictureFacts, picturePage } from "../view/picture/mod.ts";
import { FileOutput, sayWritten } from "./file_output.ts";
import { attempt, JobError } from "./job_error.ts";

/** Directories that a title names. */
const MAX_NAMES = 3;

/** Collects events for a picture; a {@linkcode JobError} for more than one holds. */
export function collect(data: PictureData, events: Iterable<TraceEvent>): void {
  try {
    for (const event of events) data.push(event);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new JobError(`${error.message}: --from, --to, --event and --where choose fewer`);
  }
}

/** Writes the page to a file, and says so. */
export async function writePicture(
  path: string,
  data: PictureData,
  facts: PictureFacts,
): Promise<void> {
  const pieces = await picturePage(facts.title, data.finish(facts));
  await attempt("write picture to", path, () => {
    using output = new FileOutput(path);
    for (const piece of pieces) output.write(piece);
    output.flush();
  });
  sayWritten(path, data.events, "open it in a browser");
}

/** A title for the traces in directories. */
export function titleOf(directories: readonly string[]): string {
  const names = directories.slice(0, MAX_NAMES).map((directory) => basename(directory));
  const more = directories.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** What traces say of where they were made; integers that no double holds are text. */
export function environmentsOf({ environments }: OpenedTraces): PictureFacts["environments"] {
  const plain = (value: string | number | bigint): string | number =>
    typeof value === "bigint" ? String(value) : value;
  return Object.fromEntries(
    Array.from(environments, ([trace, env]) => [
      trace,
      Object.fromEntries(Object.entries(env).map(([name, value]) => [name, plain(value)])),
    ]),
  );
}
