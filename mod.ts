export * from "./hw/mod.ts";
export * from "./relay/mod.ts";
export * from "./relay/ring/mod.ts";
