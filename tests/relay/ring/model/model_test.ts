/**
 * Explores the shipped writer and reader step by step: every interleaving of the two, deliberate
 * breakages of the code, and the death of the writer at each step. To take the source apart needs
 * the TypeScript compiler, which looks at the environment.
 */
const needed = ["env", "read"] as const;

if (needed.every((name) => Deno.permissions.querySync({ name }).state === "granted")) {
  await import("./interleavings.ts");
  await import("./breakages.ts");
  await import("./crashes.ts");
} else {
  Deno.test({ name: "the ring, step by step", ignore: true, fn() {} });
}
