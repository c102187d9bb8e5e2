import type { FieldClass, StructClass, TraceFormat } from "../ctf/mod.ts";
import { packetFields } from "../ctf/reader/packet_head.ts";
import { missingEvents, type NoEvent, noEventHas } from "./near_names.ts";
import { leafFields } from "./shown_fields.ts";
import { eventName, fieldPath, type Path, type Scope, type Step } from "./value_source.ts";

/** The structures of a class of events. */
type Structs = Readonly<Record<Scope, StructClass | null>>;

/** The names that metadata declares: what is not among them occurs in no event. */
export class DeclaredNames {
  readonly #names = new Set<string>();
  readonly #events: readonly Structs[];
  readonly #none: NoEvent;

  /** Of these traces; `none` is what is said of them. */
  constructor(formats: readonly TraceFormat[], none: NoEvent) {
    this.#none = none;
    const events: Structs[] = [];
    for (const stream of formats.flatMap(({ streams }) => [...streams.values()])) {
      const streamContext = stream.eventContext;
      const packetContext = packetFields(stream.packetContext);
      for (const { name, fields, context } of stream.events.values()) {
        this.#names.add(name);
        events.push({ fields, context, streamContext, packetContext });
      }
    }
    this.#events = events;
  }

  /** Says of each pattern that fits no event's name that it does not. */
  missingEvents(patterns: readonly string[]): string[] {
    return missingEvents(patterns, [...this.#names], this.#none);
  }

  /** Says of each path that names nothing in any event that it does not; `besideTexts` as an expression has it. */
  missingFields(paths: readonly Path[], besideTexts: ReadonlySet<Path> = new Set()): string[] {
    const missing = paths.filter((path) =>
      eventName(path) === null && !this.#events.some((event) => has(event, path))
    );
    if (missing.length === 0) return [];
    const names = this.#fieldNames();
    return missing.map((path) => noEventHas(path, names, this.#none, !besideTexts.has(path)));
  }

  #fieldNames(): Set<string> {
    const structs = new Set(this.#events.flatMap((event) => Object.values(event)));
    structs.delete(null);
    return new Set(
      [...structs].flatMap((one) => leafFields(one!).map(({ path }) => path.join("."))),
    );
  }
}

/** Whether a path may name something in events with such structures. */
function has(structs: Structs, path: Path): boolean {
  const { scopes, steps: [name, ...steps] } = fieldPath(path);
  for (const scope of scopes) {
    const found = structs[scope]?.members.find((member) => member.name === name);
    if (found !== undefined) return leads(found.class, steps);
  }
  return false;
}

/** Whether steps lead from a field to one that there is. */
function leads(field: FieldClass, [step, ...further]: readonly Step[]): boolean {
  if (step === undefined) return true;
  switch (field.kind) {
    case "struct":
    case "variant": {
      const inside = field.kind === "struct" ? field.members : field.options;
      const found = inside.find(({ name }) => name === step);
      return found !== undefined && leads(found.class, further);
    }
    case "array":
    case "sequence":
      return typeof step === "number" && leads(field.element, further);
    default:
      return false;
  }
}
