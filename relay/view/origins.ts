import { clockOf } from "../ctf/reader/clock_times.ts";
import { packetFields } from "../ctf/reader/packet_head.ts";
import type { EventClass, StructClass, TraceFormat } from "../ctf/mod.ts";

/** Where events of a class come from. */
export interface EventOrigin {
  /** Tells traces apart. */
  readonly trace: string;
  /** What the metadata says about where the trace was made. */
  readonly env: TraceFormat["env"];
  /** Whether events have times: those of a stream without a clock have none. */
  readonly hasClock: boolean;
  /** Fields of packets' contexts that events are told, `null` where packets have no context. */
  readonly packetContext: StructClass | null;
  /** Fields that all events of the stream have, `null` where there are none. */
  readonly streamContext: StructClass | null;
}

/** Tells where events of a class come from. */
export type OriginOf = (eventClass: EventClass) => EventOrigin;

/** What tells a trace apart from others: its UUID, or its number among them. */
export function traceKey({ uuid }: TraceFormat, number: number): string {
  return uuid ?? `${number}`;
}

/** Finds where events come from by what the metadata of their traces says. */
export class Origins {
  readonly #formats: () => readonly TraceFormat[];
  readonly #known = new Map<EventClass, EventOrigin>();

  /** Of traces that `formats` tells each time a class is new. */
  constructor(formats: () => readonly TraceFormat[]) {
    this.#formats = formats;
  }

  /** Where events of a class come from. */
  readonly of: OriginOf = (eventClass) => {
    let origin = this.#known.get(eventClass);
    if (origin === undefined) this.#known.set(eventClass, origin = this.#find(eventClass));
    return origin;
  };

  #find(eventClass: EventClass): EventOrigin {
    for (const [number, format] of this.#formats().entries()) {
      const { env, streams } = format;
      const stream = streams.get(eventClass.streamId);
      if (stream?.events.get(eventClass.id) !== eventClass) continue;
      const { packetContext, eventContext } = stream;
      return {
        trace: traceKey(format, number),
        env,
        hasClock: clockOf(stream, format) !== null,
        packetContext: packetFields(packetContext),
        streamContext: eventContext,
      };
    }
    throw new TypeError(`Cannot say where event "${eventClass.name}" comes from: no trace has it`);
  }
}
