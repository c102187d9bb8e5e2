/** A directory with a trace. */
export interface TraceFiles {
  /** Its path. */
  readonly path: string;
  /** Its metadata. */
  readonly metadata: Uint8Array;
  /** Its streams, by name. */
  readonly streams: readonly { readonly name: string; readonly source: FileSource }[];
}

/** The bytes of a file, also of one that grows. */
export class FileSource {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  /** Opens a file to read it; errors of the system. */
  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { read: true });
  }

  /** Bytes there are now. */
  get size(): number {
    return this.#file.statSync().size;
  }

  /** Reads what is there from a byte on, as much as fits; answers how much that was. */
  read(offset: number, into: Uint8Array): number {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    let read = 0;
    while (read < into.length) {
      const more = this.#file.readSync(into.subarray(read));
      if (more === null) break;
      read += more;
    }
    return read;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Its path. */
  toString(): string {
    return this.#path;
  }
}

/** The file that says what is in those beside it. */
export const METADATA: string = "metadata";

/**
 * The directories with traces at a path, in order of their names: itself, if it holds `metadata`, and
 * those it holds at any depth; none where there are none. Links to directories are not followed, so it
 * comes to an end. Errors of the system.
 */
export function traceDirectories(path: string): string[] {
  const found: string[] = [];
  collect(path, found);
  return found;
}

function collect(path: string, found: string[]): void {
  const entries = [...Deno.readDirSync(path)].sort(({ name: a }, { name: b }) => a < b ? -1 : 1);
  if (entries.some((entry) => entry.name === METADATA && isFile(path, entry))) found.push(path);
  for (const { name, isDirectory } of entries) {
    if (isDirectory && !isHidden(name)) collect(`${path}/${name}`, found);
  }
}

/** Opens the files of a trace; errors of the system, and none of them stays open then. */
export function openTrace(path: string): TraceFiles {
  const names = streamNames(path);
  const metadata = Deno.readFileSync(`${path}/${METADATA}`);
  const streams: { name: string; source: FileSource }[] = [];
  try {
    for (const name of names) {
      streams.push({ name: `${path}/${name}`, source: new FileSource(`${path}/${name}`) });
    }
  } catch (error) {
    closeTrace({ path, metadata, streams });
    throw error;
  }
  return { path, metadata, streams };
}

/** Names of the files with streams in a directory; not of pipes and the like, which have no end. */
export function streamNames(path: string): string[] {
  return [...Deno.readDirSync(path)]
    .filter((entry) => !isHidden(entry.name) && entry.name !== METADATA && isFile(path, entry))
    .map(({ name }) => name).sort();
}

/** Closes the files of a trace. */
export function closeTrace({ streams }: TraceFiles): void {
  for (const { source } of streams) source.close();
}

/** Whether an entry of a directory is a file, or a link to one. */
function isFile(path: string, { name, isFile, isSymlink }: Deno.DirEntry): boolean {
  if (!isSymlink) return isFile;
  try {
    return Deno.statSync(`${path}/${name}`).isFile;
  } catch (error) {
    // A link that leads nowhere, or to itself.
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.FilesystemLoop) return false;
    throw error;
  }
}

function isHidden(name: string): boolean {
  return name.startsWith(".");
}
