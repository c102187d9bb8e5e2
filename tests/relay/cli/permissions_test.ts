import { assertEquals } from "@std/assert";
import { missingPermissions, type Permission } from "../../../relay/cli/permissions.ts";

const needed: Permission[] = [
  { name: "env", value: "LTT_RELAY_*" },
  { name: "write", value: "/trace" },
  { name: "read", value: "/trace" },
  { name: "ffi", value: "/libc" },
];

const cases: [string, string[]][] = [
  ["", ["env", "write", "read", "ffi"]],
  ["-A", []],
  ["--allow-all --deny-net", []],
  ["--allow-write --allow-net", ["env", "read", "ffi"]],
  ["--allow-write=/elsewhere", ["env", "write", "read", "ffi"]],
  ["-RW", ["env", "ffi"]],
  ["-R=/elsewhere -E", ["write", "read", "ffi"]],
  ["--allow-read --allow-read=/elsewhere", ["env", "write", "read", "ffi"]],
  ["-W -W=/elsewhere", ["env", "write", "read", "ffi"]],
  ["--allow-readable", ["env", "write", "read", "ffi"]],
];
for (const [args, names] of cases) {
  Deno.test(`missingPermissions() of "${args}" are ${names.join(", ") || "none"}`, () => {
    const missing = missingPermissions(args.split(" "), needed);
    assertEquals(missing.map(({ name }) => name), names);
  });
}
