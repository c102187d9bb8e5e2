import type { PageFile } from "./page_files.ts";

/**
 * The files of the page, by path. They are found when the program runs, not in its source: the registry
 * takes no package whose modules import text. Takes `--allow-read` for them, unless they come from the
 * network.
 */
export async function loadFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const module = new URL("./page_files.ts", import.meta.url).href;
  return (await import(module)).pageFiles;
}
