/**
 * All of it but the probes and the command line: the emulated machine (`./hw`), the patch on it (`./relay`),
 * the ring (`./ring`), the trace format (`./ctf`), tracepoints (`./trace`) and sessions (`./session`). Most
 * programs need the last alone.
 *
 * @module
 */
export * from "./hw/mod.ts";
export * from "./relay/mod.ts";
export * from "./relay/ring/mod.ts";
export * from "./relay/ctf/mod.ts";
export * from "./relay/trace/mod.ts";
export * from "./relay/session/mod.ts";
