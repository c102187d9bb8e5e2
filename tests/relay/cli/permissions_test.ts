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

const within: [string, string[]][] = [
  ["--allow-read=. --allow-write=/project", ["env", "ffi"]],
  ["-R=/project/ -W=/other,/project/trace", ["env", "ffi"]],
  ["--allow-write=/project/tra", ["env", "write", "read", "ffi"]],
  ["--allow-write=/project/trace/deeper", ["env", "write", "read", "ffi"]],
  ["--allow-env=LTT_* --allow-ffi=/lib", ["write", "read"]],
  ["--allow-env=LTT_RELAY_OUT", ["env", "write", "read", "ffi"]],
];
for (const [args, names] of within) {
  Deno.test(`missingPermissions() leaves what "${args}" covers: ${names.join(", ")} are missing`, () => {
    const paths: Permission[] = [
      { name: "env", value: "LTT_RELAY_*" },
      { name: "write", value: "/project/trace" },
      { name: "read", value: "/project/trace" },
      { name: "ffi", value: "/lib/libc.so.6" },
    ];
    assertEquals(
      missingPermissions(args.split(" "), paths, "/project").map(({ name }) => name),
      names,
    );
  });
}
