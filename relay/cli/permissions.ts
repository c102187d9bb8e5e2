import { resolve } from "node:path";

/** A permission the tracer needs in the traced program. */
export interface Permission {
  /** Its name, as in `--allow-NAME`. */
  readonly name: "read" | "write" | "env" | "ffi" | "net";
  /** What it is for: a path, a host with its port, or names of variables; empty for everything. */
  readonly value: string;
}

/** The short forms of options that give permissions. */
const SHORT: Readonly<Record<string, string>> = { R: "read", W: "write", E: "env", N: "net" };

/**
 * Which of the tracer's permissions must be given to a program beside what `args` of `deno run` give
 * it. None that it has already: a permission for everything would become one for that alone, and with
 * one for a part of what the program was given, Deno takes back the whole. Paths are resolved from `cwd`.
 */
export function missingPermissions(
  args: readonly string[],
  needed: readonly Permission[],
  cwd: string = ".",
): Permission[] {
  const whole = wholePermissions(args);
  return needed.filter((permission) =>
    !whole.has("all") && !whole.has(permission.name) && !isGiven(args, permission, cwd)
  );
}

/** Whether a limited permission covers it: taking it back would take that back too. */
function isGiven(args: readonly string[], { name, value }: Permission, cwd: string): boolean {
  if (value === "") return false;
  const letter = Object.keys(SHORT).find((letter) => SHORT[letter] === name);
  const prefixes = [`--allow-${name}=`, `-${letter}=`];
  const given = args.flatMap((arg) => {
    const prefix = prefixes.find((prefix) => arg.startsWith(prefix));
    return prefix === undefined ? [] : arg.slice(prefix.length).split(",");
  });
  if (name === "env") {
    return given.some((one) => one.endsWith("*") && value.startsWith(one.slice(0, -1)));
  }
  if (name === "net") return given.some((one) => value === one || value.startsWith(`${one}:`));
  return given.some((one) => {
    const path = resolve(cwd, one);
    return value === path || value.startsWith(path.endsWith("/") ? path : `${path}/`);
  });
}

/** Names of the permissions that the arguments give without limit: a limit anywhere is one for all. */
function wholePermissions(args: readonly string[]): Set<string> {
  const whole = new Set<string>();
  const limited = new Set<string>();
  for (const arg of args) {
    const long = /^--allow-([a-z]+)$/.exec(arg);
    if (long !== null) whole.add(long[1]);
    const limit = /^--allow-([a-z]+)=|^-([A-Z])=/.exec(arg);
    if (limit !== null) limited.add(limit[1] ?? SHORT[limit[2]]);
    // Short options can stand together, as in -RW.
    if (!/^-[A-Za-z]+$/.test(arg)) continue;
    for (const letter of arg.slice(1)) {
      if (letter === "A") whole.add("all");
      else if (letter in SHORT) whole.add(SHORT[letter]);
    }
  }
  return whole.difference(limited);
}
