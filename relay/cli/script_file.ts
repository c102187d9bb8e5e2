import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { moduleUrl } from "./record_permissions.ts";

/** Options that tell Deno of names that are other files. */
const ELSEWHERE_OPTION =
  /^(-c|--config|--import-map|--sloppy-imports|--unstable-sloppy-imports)(=|$)/;
/** Files that do, in the directory a program starts in and in those around it. */
const CONFIGS = ["deno.json", "deno.jsonc"];

/** Where a script is that can be nothing but a file: not a URL, nor a name that Deno may know in other ways. */
export function scriptPath(script: string, cwd: string): string | null {
  const isPath = /^\.{0,2}\/|\.[cm]?[jt]sx?$/.test(script) && !/^[a-z]{2,}:/.test(script);
  return isPath ? resolve(cwd, script) : null;
}

/**
 * Whether a script is a file that is not there. Where it may be another file for Deno, which is given these options,
 * and where nobody may look, Deno has to say it.
 */
export function isMissing(script: string, cwd: string, denoArgs: readonly string[]): boolean {
  const path = scriptPath(script, cwd);
  return path !== null && canRead(path) && !existsSync(path) &&
    !denoArgs.some((arg) => ELSEWHERE_OPTION.test(arg)) && !isNamedElsewhere(script, cwd);
}

/** Whether a module that a specifier on the command line means is a file that is not there; otherwise as of a script. */
export function isModuleMissing(
  specifier: string,
  cwd: string,
  denoArgs: readonly string[],
): boolean {
  if (specifier.startsWith("file:")) return isMissing(fileURLToPath(specifier), cwd, denoArgs);
  if (!moduleUrl(specifier, cwd).startsWith("file:")) return false;
  const isPath = /^\.{0,2}\//.test(specifier);
  return isMissing(isPath ? specifier : `./${specifier}`, cwd, denoArgs);
}

/** Whether a directory or file may be looked at. */
export function canRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** Whether a configuration of Deno's may make a script another file: it has an import map that names it, or may. */
function isNamedElsewhere(script: string, directory: string): boolean {
  // A map names all of it, or the begin up to a slash.
  const names = [
    script,
    ...Array.from(script.matchAll(/\//g), ({ index }) => script.slice(0, index + 1)),
  ];
  const signs = ["sloppy-imports", "importMap", ...names.map((name) => `"${name}"`)];
  for (const path of CONFIGS.map((name) => resolve(directory, name))) {
    if (!canRead(path)) return true;
    if (!existsSync(path)) continue;
    const text = Deno.readTextFileSync(path);
    if (signs.some((sign) => text.includes(sign))) return true;
  }
  const outer = dirname(directory);
  return outer !== directory && isNamedElsewhere(script, outer);
}
