/** Name of a session's channel, LTTng's first one; its streams have the CPU's number behind it. */
export const CHANNEL_NAME: string = "channel0_";
/** File beside a trace for figures. It is hidden, so that readers of traces leave it alone. */
export const STATISTICS_FILE: string = ".statistics.json";
/** File that a session locks where it writes snapshots. It says the process. */
export const LOCK_FILE: string = ".ltt-relay.lock";

/** Files that are locked while a session uses the directory. */
const LOCKED: readonly string[] = ["metadata", LOCK_FILE];

/** Whether a file of that name is part of a trace, which may be rotated. */
function isOfTrace({ name, isFile }: Deno.DirEntry): boolean {
  return isFile && /^(metadata|channel0_\d+(_\d+)?)$/.test(name);
}

/** Whether it has the name of a flight recorder's snapshot; what it holds is another question. */
function isSnapshot({ name, isDirectory }: Deno.DirEntry): boolean {
  return isDirectory && /^snapshot-\d+(-[A-Za-z0-9-]+)?$/.test(name);
}

/** Whether a session writes an entry of that name. */
function isOurs(entry: Deno.DirEntry): boolean {
  const { name, isFile } = entry;
  const isBeside = isFile && (name === STATISTICS_FILE || name === LOCK_FILE);
  return isBeside || isOfTrace(entry) || isSnapshot(entry);
}

/** The snapshots in a directory, by name, the oldest first. */
export function snapshotsIn(path: string): string[] {
  const names = [...Deno.readDirSync(path)].filter(isSnapshot).map(({ name }) => name);
  const number = (name: string): number => parseInt(name.slice("snapshot-".length));
  return names.sort((a, b) => number(a) - number(b));
}

/**
 * Refuses with a `TypeError` a directory that holds something else than a trace, snapshots and what
 * belongs to them, or that a session is writing to, of this process or another one. Changes nothing.
 */
export function assertReplaceable(path: string): void {
  for (const entry of Deno.readDirSync(path)) {
    const { name } = entry;
    const foreign = isSnapshot(entry)
      ? foreignIn(`${path}/${name}`).map((inside) => `${name}/${inside}`)
      : isOurs(entry)
      ? []
      : [name];
    if (foreign.length === 0) continue;
    throw new TypeError(`Cannot write a trace to ${path}: it holds "${foreign[0]}"`);
  }
  for (const name of LOCKED) assertUnlocked(path, name);
}

/**
 * Makes a directory, or empties it of what a session has written; then `take` makes and locks a file in
 * it. No other session does that at the same time. Errors of `assertReplaceable`.
 */
export function takeDirectory<T>(path: string, take: () => T): T {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const directory = openDirectory(path);
  try {
    directory?.lockSync(true);
    assertReplaceable(path);
    removeOurs(path);
    return take();
  } finally {
    directory?.close();
  }
}

/** The directory itself, to be locked; `null` on systems where it is no file. */
function openDirectory(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(path, { read: true });
  } catch {
    return null;
  }
}

/** Removes what a session has written. */
function removeOurs(path: string): void {
  for (const entry of [...Deno.readDirSync(path)]) {
    const one = `${path}/${entry.name}`;
    if (!isOurs(entry)) continue;
    if (isSnapshot(entry)) {
      for (const inside of [...Deno.readDirSync(one)].filter(isOfTrace)) {
        Deno.removeSync(`${one}/${inside.name}`);
      }
    }
    // Not what is in it: that may have come meanwhile, from somebody else.
    Deno.removeSync(one);
  }
}

/** The error when another session has a directory. */
export function inUse(path: string): TypeError {
  return new TypeError(`Cannot write a trace to ${path}: another session does`);
}

/**
 * Refuses with a `NotFound` error to go on in a directory whose open file was removed; without the permission
 * to look, which may be given up by now, it goes on.
 */
export function assertThere(file: Deno.FsFile, directory: string): void {
  const { state } = Deno.permissions.querySync({ name: "read", path: directory });
  if (state === "granted" && file.statSync().nlink === 0) {
    throw new Deno.errors.NotFound(`Cannot write to ${directory}: it was removed`);
  }
}

function foreignIn(snapshot: string): string[] {
  return [...Deno.readDirSync(snapshot)].filter((entry) => !isOfTrace(entry))
    .map(({ name }) => name);
}

function assertUnlocked(path: string, name: string): void {
  let file;
  try {
    file = Deno.openSync(`${path}/${name}`, { write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const isFree = file.tryLockSync(true);
  file.close();
  if (!isFree) throw inUse(path);
}
