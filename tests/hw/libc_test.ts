import { assert, assertEquals } from "@std/assert";
import { libcPath, openLibc } from "../../hw/libc.ts";

const has = ["ffi", "read"].every((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted"
);
const ignore = Deno.build.os !== "linux" || !has;

Deno.test("openLibc() opens functions of the C library", { ignore }, () => {
  const symbols = openLibc({ getpid: { parameters: [], result: "i32" } });
  assertEquals(symbols?.getpid(), Deno.pid);
});

Deno.test("openLibc() is null for a function that there is not", { ignore }, () => {
  assertEquals(openLibc({ no_such_function: { parameters: [], result: "void" } }), null);
});

const permissions = { ffi: false } as const;
Deno.test("openLibc() is null without the permission, and asks nobody", { permissions }, () => {
  assertEquals(openLibc({ getpid: { parameters: [], result: "i32" } }), null);
});

Deno.test("libcPath() names a library that is there", { ignore }, () => {
  const path = libcPath();
  if (path !== null) assert(Deno.statSync(path).isFile);
});
