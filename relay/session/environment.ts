import type { ResolvedOptions } from "./options.ts";

/** Version of this module, as in deno.json. */
export const VERSION: string = "0.1.0";

/** What the trace says of where it was made. */
export function environment({ hostname, name }: ResolvedOptions): Record<string, string | number> {
  const [major, minor] = VERSION.split(".").map(Number);
  return {
    domain: "ust",
    tracer_name: "ltt-relay-deno",
    tracer_major: major,
    tracer_minor: minor,
    architecture_bit_width: 64,
    trace_name: name,
    trace_creation_datetime: new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
    hostname,
    deno_version: Deno.version.deno,
    os: Deno.build.os,
    arch: Deno.build.arch,
    vpid: Deno.pid,
  };
}
