import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt, JobError } from "./job_error.ts";

/** A file to relay. */
export interface Input {
  /** Where it is. */
  readonly path: string;
  /** What the user calls it. */
  readonly name: string;
  /** Bytes, as far as is known before it is read. */
  readonly size: number;
}

/** Looks at the files to relay, before anything is written; without any, at this package's own. */
export async function findInputs(files: readonly string[], cwd: string): Promise<Input[]> {
  const named = files.map((name) => ({ name, path: resolve(cwd, name) }));
  const inputs: Input[] = [];
  for (const { name, path } of files.length > 0 ? named : await ownSources()) {
    if (name === "") throw new JobError("Cannot read a FILE without a name");
    const { isDirectory, isFile, size } = await attempt("read", name, () => Deno.stat(path));
    if (isDirectory) throw new JobError(`Cannot read ${name}: it is a directory`);
    // Opening what is no regular file, such as a pipe, may already take something out of it.
    if (isFile) await attempt("read", name, async () => (await Deno.open(path)).close());
    inputs.push({ path, name, size });
  }
  return inputs;
}

/** Refuses inputs that the output would overwrite: files of `directory` named as outputs are. */
export async function assertNoneOverwritten(
  inputs: readonly Input[],
  directory: string,
  outputs: readonly string[],
): Promise<void> {
  const real = await Deno.realPath(directory);
  const taken = new Set(outputs.flatMap((name) => [`${real}/${name}`, `${real}/${name}.part`]));
  for (const { path, name } of inputs) {
    if (!taken.has(await attempt("read", name, () => Deno.realPath(path)))) continue;
    throw new JobError(`Cannot relay ${name}: the output would overwrite it`);
  }
}

async function ownSources(): Promise<{ name: string; path: string }[]> {
  const root = new URL("../../", import.meta.url);
  if (root.protocol !== "file:") throw new JobError("Cannot choose what to relay: no FILE given");
  const base = fileURLToPath(root);
  const names = ["mod.ts"];
  const visit = async (directory: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${base}${directory}`)) {
      const name = `${directory}/${entry.name}`;
      if (entry.isDirectory) await visit(name);
      else if (name.endsWith(".ts")) names.push(name);
    }
  };
  for (const directory of ["hw", "relay"]) {
    await attempt("read", directory, () => visit(directory));
  }
  return names.sort().map((name) => ({ name, path: `${base}${name}` }));
}
