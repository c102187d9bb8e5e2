import type { FieldPath, Member, StructClass } from "./field_class.ts";
import type { ClockClass } from "./trace_format.ts";

/** Fields that tell times, by scope. CTF 1.8, 6.1.1 and 5.2. */
const TIMES: { readonly [scope in FieldPath["scope"]]?: readonly string[] } = {
  "packet context": ["timestamp_begin", "timestamp_end"],
  "event header": ["timestamp"],
};

/**
 * A scope's structure, in which the fields that tell times have a clock. Where the metadata does not say
 * which, and there is only one, it is that, as Babeltrace has it.
 */
export function withImpliedClock(
  struct: StructClass,
  scope: FieldPath["scope"],
  clocks: ReadonlyMap<string, ClockClass>,
): StructClass {
  if (clocks.size !== 1) return struct;
  const [clock] = clocks.keys();
  const members = struct.members.map((member): Member => {
    const isTime = TIMES[scope]?.includes(member.name) && member.class.kind === "integer" &&
      member.class.clock === null;
    return isTime ? { ...member, class: { ...member.class, clock } as Member["class"] } : member;
  });
  return { ...struct, members };
}
