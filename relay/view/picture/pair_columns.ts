import type { EventClass, TraceEvent } from "../../ctf/mod.ts";
import { pairRole } from "../pair_rules.ts";
import { type Pair, Pairs } from "../pairs.ts";
import { GrowingNumbers } from "./growing_numbers.ts";
import type { Packer } from "./pack.ts";
import type { PackedNumbers, PackedPairs } from "./picture_format.ts";

/** What lasted, with the numbers of the events that tell it. */
export class PairColumns {
  readonly #pairs: Pairs;
  /** Which classes begin something. */
  readonly #begins = new Map<EventClass, boolean>();
  /** Numbers of begins: they are needed when their ends come. */
  readonly #numberOf = new WeakMap<TraceEvent, number>();
  readonly #names = new Map<string, number>();
  readonly #name = new GrowingNumbers();
  readonly #begin = new GrowingNumbers();
  readonly #length = new GrowingNumbers();
  readonly #beginEvent = new GrowingNumbers();
  readonly #endEvent = new GrowingNumbers();

  /** `traceOf` tells of which trace events are. */
  constructor(traceOf: (eventClass: EventClass) => string) {
    this.#pairs = new Pairs(traceOf);
  }

  /** Takes the next event. */
  push(event: TraceEvent, number: number): void {
    const pair = this.#pairs.push(event);
    if (pair !== null) this.#add(pair, number);
    else if (this.#isBegin(event.class)) this.#numberOf.set(event, number);
  }

  /** All of them, at the end: what has not ended lasts to when `endOf` says that the trace of its class ends. */
  pack(packer: Packer, endOf: (eventClass: EventClass) => number): PackedPairs {
    for (const { name, begin } of this.#pairs.unended()) {
      const duration = Math.max(0, endOf(begin.class) - begin.time);
      this.#add({ name, begin, beginTime: begin.time, duration }, -1);
    }
    const begins = this.#begin.values;
    const order = Uint32Array.from(begins, (_, i) => i).sort((a, b) => begins[a] - begins[b]);
    const ordered = ({ values }: GrowingNumbers): PackedNumbers => {
      const sorted = new Float64Array(order.length);
      for (let i = 0; i < order.length; i++) sorted[i] = values[order[i]];
      return packer.numbers(sorted);
    };
    return {
      names: [...this.#names.keys()],
      name: ordered(this.#name),
      length: ordered(this.#length),
      beginEvent: ordered(this.#beginEvent),
      endEvent: ordered(this.#endEvent),
    };
  }

  #isBegin(eventClass: EventClass): boolean {
    let begins = this.#begins.get(eventClass);
    if (begins === undefined) {
      begins = pairRole(eventClass)?.part === "begin";
      this.#begins.set(eventClass, begins);
    }
    return begins;
  }

  #add({ name, begin, beginTime, duration }: Omit<Pair, "end">, endEvent: number): void {
    let index = this.#names.get(name);
    if (index === undefined) this.#names.set(name, index = this.#names.size);
    this.#name.push(index);
    this.#begin.push(beginTime);
    const beginEvent = begin === null ? -1 : this.#numberOf.get(begin) ?? -1;
    this.#length.push(beginEvent >= 0 && endEvent >= 0 ? 0 : duration);
    this.#beginEvent.push(beginEvent);
    this.#endEvent.push(endEvent);
  }
}
