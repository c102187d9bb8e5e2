import { fileURLToPath } from "node:url";

/** Specifiers in the source of a module; also such as stand in comments. */
const SPECIFIER = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

/**
 * Paths of the files that importing a module reads: its own, and those it imports by a path. A file is
 * read only when the path after its own is asked for.
 */
export function* moduleFiles(
  url: string,
  seen: Set<string> = new Set(),
): Generator<string, void, void> {
  if (!url.startsWith("file:") || seen.has(url)) return;
  seen.add(url);
  const path = fileURLToPath(url);
  yield path;
  for (const [, specifier] of textOf(path).matchAll(SPECIFIER)) {
    if (!/^(\.{0,2}\/|file:)/.test(specifier) || !URL.canParse(specifier, url)) continue;
    yield* moduleFiles(new URL(specifier, url).href, seen);
  }
}

/** Of a module that is not there the import will tell. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
