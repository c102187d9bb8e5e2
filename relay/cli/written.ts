import { snapshotsIn } from "../consume/mod.ts";

/** What there is of a recording on the disk. */
export type Written =
  /** All that was recorded. */
  | { readonly kind: "all" }
  /** All that was recorded, by a relay daemon; what that has missed in a directory, if there is any. */
  | { readonly kind: "remote"; readonly spill: string | null }
  /** Of each stream the newest. */
  | { readonly kind: "newest"; readonly files: number; readonly bytes: number }
  /** Snapshots, by name, the oldest first: each is a trace of its own. */
  | { readonly kind: "snapshots"; readonly snapshots: readonly string[] };

/** Looks at what the probes with these environment variables have written to a directory. */
export function writtenIn(trace: string, env: Readonly<Record<string, string>>): Written {
  if (env.LTT_RELAY_MODE === "flight-recorder") {
    const snapshots = snapshotsIn(trace).filter((name) => sizeOf(`${trace}/${name}/metadata`) > 0);
    return { kind: "snapshots", snapshots };
  }
  if (!(Number(env.LTT_RELAY_MAX_FILES) > 0)) return { kind: "all" };
  const names = [...Deno.readDirSync(trace)].map(({ name }) => name);
  const sizes = names.filter((name) => name.startsWith("channel0_"))
    .map((name) => sizeOf(`${trace}/${name}`)).filter((size) => size > 0);
  return { kind: "newest", files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Looks at what there is beside the trace that a relay daemon has. */
export function writtenRemotely(spill: string | null): Written {
  try {
    const names = spill === null ? [] : [...Deno.readDirSync(spill)].map(({ name }) => name);
    return { kind: "remote", spill: names.some((name) => name !== "metadata") ? spill : null };
  } catch {
    return { kind: "remote", spill: null };
  }
}

/** Bytes of a file, 0 if it is not there. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
