import {
  type ArgumentsOf,
  array,
  bool,
  enumeration,
  hex,
  sequence,
  string,
  struct,
  u16,
  u64,
  u8,
} from "@ltt/relay/ctf";

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : never;

Deno.test("ArgumentsOf fields are what an event is recorded with: this compiles", () => {
  const fields = [
    u16("status"),
    u64("bytes"),
    string("path"),
    bool("ok"),
    enumeration("state", u8, { idle: 0, busy: 1 }),
    array(u8("mac"), 6),
    sequence(string("names")),
    struct("at", u8("x"), hex(u64("y"))),
  ] as const;
  const same: Same<
    ArgumentsOf<typeof fields>,
    readonly [
      number,
      number | bigint,
      string,
      boolean,
      number | bigint | "idle" | "busy",
      ArrayLike<number>,
      ArrayLike<string>,
      { readonly x: number; readonly y: number | bigint },
    ]
  > = true;
  if (!same) throw new Error("the compiler would have said so");
});
