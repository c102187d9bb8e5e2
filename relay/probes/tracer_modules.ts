import { fileURLToPath } from "node:url";

/** The folder that all modules of the tracer are in. */
const ROOT: URL = new URL("../../", import.meta.url);

/** Whether this thread may load the tracer's modules into another one without anybody being asked. */
export function canReadTracer(): boolean {
  // Modules from the network are in the cache, which needs no permission.
  if (ROOT.protocol !== "file:") return true;
  const descriptor = { name: "read", path: fileURLToPath(ROOT) } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}
