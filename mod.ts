export * from "./hw/mod.ts";
export * from "./relay/mod.ts";
export * from "./relay/ring/mod.ts";
export * from "./relay/ctf/mod.ts";
export * from "./relay/trace/mod.ts";
export * from "./relay/session/mod.ts";
