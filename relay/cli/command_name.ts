import { fileURLToPath } from "node:url";

/** What people type before the name of a command, as they called this one: as a task, or the module. */
export function commandName(): string {
  // The tasks say first where they were started.
  if (Deno.args[1] === "--cwd") return "deno task";
  const module = new URL("./mod.ts", import.meta.url);
  return `deno run -A ${module.protocol === "file:" ? fileURLToPath(module) : module.href}`;
}
