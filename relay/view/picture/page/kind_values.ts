import type { FieldValue } from "../../../ctf/reader/trace_event.ts";
import type { TextSearch } from "../../text_search.ts";
import { eventName, fieldPath, type Path, type ValueSource, walk } from "../../value_source.ts";
import type { FieldColumn } from "./columns.ts";
import type { EventKind, TraceData } from "./trace_data.ts";

/** Reads a value of the event in a place among those of its kind. */
type Reader = (place: number) => FieldValue | undefined;

/** The values of all events of a kind, by their places. */
export class KindValues implements ValueSource<number> {
  readonly #data: TraceData;
  readonly #kind: EventKind;
  readonly #durations: () => Float64Array;

  /** `durations` are what {@linkcode durationsOf} gives, which is asked for only if it is needed. */
  constructor(data: TraceData, kind: EventKind, durations: () => Float64Array) {
    this.#data = data;
    this.#kind = kind;
    this.#durations = durations;
  }

  readerOf(path: Path): Reader | null {
    const { name, events } = this.#kind;
    const data = this.#data;
    switch (eventName(path)) {
      case "name":
        return () => name;
      case "cpu":
        return (place) => {
          const cpu = data.cpuOf(events[place]);
          return cpu < 0 ? undefined : cpu;
        };
      case "time":
        return (place) => data.time[events[place]];
      case "duration": {
        const durations = this.#durations();
        return (place) => {
          const duration = durations[events[place]];
          return Number.isNaN(duration) ? undefined : duration;
        };
      }
      case null:
        return this.#fieldReader(path);
    }
  }

  finderOf(search: TextSearch): (place: number) => boolean {
    const { name, fields } = this.#kind;
    if (search.isIn(name)) return () => true;
    const finders = fields.filter(({ isShown }) => isShown)
      .map((field) => columnFinder(field, search)).filter((finder) => finder !== null);
    return (place) => finders.some((finder) => finder(place));
  }

  #fieldReader(path: Path): Reader | null {
    const { scopes, steps } = fieldPath(path);
    for (const scope of scopes) {
      const all = this.#kind.fields.filter((one) =>
        one.scope === scope && one.path[0] === steps[0]
      );
      if (all.length === 0) continue;
      const field = all.find((one) => one.path.every((name, i) => name === steps[i]));
      if (field === undefined) {
        const isStruct = all.some((one) => steps.every((step, i) => step === one.path[i]));
        // No comparison says anything of a structure.
        return isStruct ? () => undefined : null;
      }
      const further = steps.slice(field.path.length);
      if (further.length === 0) return (place) => field.value(place);
      if (field.isPlain) return null;
      return (place) => walk(field.value(place), further);
    }
    // It is told of each event as its CPU.
    const isCpu = scopes.includes("packetContext") && steps.length === 1 && steps[0] === "cpu_id";
    return isCpu ? this.readerOf(["cpu"]) : null;
  }
}

/** How long what ended with each event had lasted, in nanoseconds; `NaN` where nothing did. */
export function durationsOf({ events, pairs }: TraceData): Float64Array {
  const durations = new Float64Array(events).fill(NaN);
  for (let i = 0; i < pairs.endEvent.length; i++) {
    const event = pairs.endEvent[i];
    if (event >= 0) durations[event] = pairs.duration[i];
  }
  return durations;
}

/** Each different text is looked at once. */
function columnFinder(field: FieldColumn, search: TextSearch): ((place: number) => boolean) | null {
  if (field.isNumber) {
    return search.number === null ? null : (place) => search.isIn(field.value(place));
  }
  const isIn = field.different.map((value) => search.isIn(value));
  return isIn.includes(true) ? (place) => isIn[field.numbers[place]] : null;
}
