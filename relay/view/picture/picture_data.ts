import type { EventClass, LostEvents, TraceEvent } from "../../ctf/mod.ts";
import type { EventOrigin } from "../origins.ts";
import { ClassColumns, type StreamFields } from "./class_columns.ts";
import { GrowingNumbers } from "./growing_numbers.ts";
import { Packer } from "./pack.ts";
import { PairColumns } from "./pair_columns.ts";
import type { PackedLane, PackedLost, PictureFacts, PictureHeader } from "./picture_format.ts";

/** Events of a picture, at most: a browser must hold them all. */
export const MAX_PICTURE_EVENTS: number = 5_000_000;

/** Tells of which trace events of a class are, and what fields all events of its stream have. */
export type PictureOriginOf = (eventClass: EventClass) => StreamFields & Pick<EventOrigin, "trace">;

/** Of events of one trace, whose streams have no contexts. */
const NO_CONTEXTS: PictureOriginOf = () => ({
  trace: "",
  streamContext: null,
  packetContext: null,
});

/** A class of events, and what they have recorded. */
interface ClassEntry {
  readonly index: number;
  readonly trace: string;
  readonly columns: ClassColumns;
  /** Time of the last one. */
  last: number;
}

/** Collects what a picture shows of a trace while its events come by, in the order of their times. */
export class PictureData {
  readonly #time = new GrowingNumbers();
  readonly #lane = new GrowingNumbers();
  readonly #class = new GrowingNumbers();
  readonly #classes = new Map<EventClass, ClassEntry>();
  readonly #lanes = new Map<string, Map<number, number>>();
  readonly #laneList: PackedLane[] = [];
  readonly #originOf: PictureOriginOf;
  readonly #pairs: PairColumns;
  readonly #lost = {
    lane: new GrowingNumbers(),
    begin: new GrowingNumbers(),
    end: new GrowingNumbers(),
    count: new GrowingNumbers(),
  };

  /** Events of one trace without contexts of streams, or of those that `originOf` tells apart. */
  constructor(originOf: PictureOriginOf = NO_CONTEXTS) {
    this.#originOf = originOf;
    this.#pairs = new PairColumns((eventClass) => originOf(eventClass).trace);
  }

  /** Events so far. */
  get events(): number {
    return this.#time.length;
  }

  /** Adds an event. `RangeError` for more than {@linkcode MAX_PICTURE_EVENTS}. */
  push(event: TraceEvent): void {
    const number = this.#time.length;
    if (number === MAX_PICTURE_EVENTS) {
      throw new RangeError(`Cannot picture more than ${MAX_PICTURE_EVENTS} events`);
    }
    let found = this.#classes.get(event.class);
    if (found === undefined) {
      const { trace, streamContext, packetContext } = this.#originOf(event.class);
      const columns = new ClassColumns(event.class, { streamContext, packetContext });
      found = { index: this.#classes.size, trace, columns, last: event.time };
      this.#classes.set(event.class, found);
    }
    this.#time.push(event.time);
    this.#lane.push(this.#laneOf(found.trace, event.cpu));
    this.#class.push(found.index);
    found.columns.push(event);
    found.last = event.time;
    this.#pairs.push(event, number);
  }

  /** Adds events that a trace lost. */
  lost({ cpu, begin, end, count }: LostEvents, trace: string = ""): void {
    this.#lost.lane.push(this.#laneOf(trace, cpu));
    this.#lost.begin.push(begin);
    this.#lost.end.push(end);
    this.#lost.count.push(count);
  }

  /** All of it, as a page is given it. */
  finish(facts: PictureFacts): Uint8Array<ArrayBuffer> {
    const packer = new Packer();
    // A CPU that has recorded nothing has a lane too.
    for (const { trace, cpu } of facts.lives) this.#laneOf(trace, cpu);
    const ends = this.#ends();
    const header: PictureHeader = {
      facts,
      traces: [...this.#lanes.keys()],
      lanes: this.#laneList,
      time: packer.numbers(this.#time.values),
      lane: packer.numbers(this.#lane.values),
      class: packer.numbers(this.#class.values),
      classes: [...this.#classes.values()].map(({ columns }) => columns.pack(packer)),
      pairs: this.#pairs.pack(
        packer,
        (eventClass) => ends.get(this.#classes.get(eventClass)!.trace)!,
      ),
      lost: this.#packLost(packer),
    };
    return packer.finish(header);
  }

  /** Time of the last event of each trace. */
  #ends(): ReadonlyMap<string, number> {
    const ends = new Map<string, number>();
    for (const { trace, last } of this.#classes.values()) {
      ends.set(trace, Math.max(last, ends.get(trace) ?? last));
    }
    return ends;
  }

  #laneOf(trace: string, cpu: number): number {
    let cpus = this.#lanes.get(trace);
    if (cpus === undefined) this.#lanes.set(trace, cpus = new Map());
    let lane = cpus.get(cpu);
    if (lane === undefined) {
      cpus.set(cpu, lane = this.#laneList.length);
      this.#laneList.push({ trace: [...this.#lanes.keys()].indexOf(trace), cpu });
    }
    return lane;
  }

  #packLost(packer: Packer): PackedLost {
    const { lane, begin, end, count } = this.#lost;
    return {
      lane: packer.numbers(lane.values),
      begin: packer.numbers(begin.values),
      end: packer.numbers(end.values),
      count: packer.numbers(count.values),
    };
  }
}
