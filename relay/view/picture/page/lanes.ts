import { isMainCpu, isOfWorkers, MAIN_THREAD, WORKER_BEGIN } from "../../thread_names.ts";
import { type Down, downsOf } from "./downs.ts";
import type { State } from "./state.ts";
import type { TraceData } from "./trace_data.ts";

/** What a CPU has recorded: its events that are shown, in the order of their times. */
export interface Lane {
  readonly index: number;
  readonly label: string;
  /** When it was down, in order; empty where the trace does not tell. */
  readonly downs: readonly Down[];
  /** Numbers of what was lost on it. */
  readonly lost: readonly number[];
  events: Uint32Array;
  times: Float64Array;
  /** Times of events that were searched for. */
  hits: Float64Array;
}

/** A lane for each CPU of each trace, in their order. */
export function makeLanes(data: TraceData): Lane[] {
  const { lanes, lost } = data;
  const names = threadNames(data);
  const downs = downsOf(data);
  const places = lanes.map(({ trace, cpu }, index) => ({ trace, cpu, index }));
  places.sort((a, b) => a.trace - b.trace || a.cpu - b.cpu);
  return places.map(({ trace, cpu, index }) => ({
    index,
    label: laneLabel(data, trace, cpu, [...names.get(index) ?? []].join(", ")),
    downs: downs[index],
    lost: Array.from(lost.lane.keys()).filter((i) => lost.lane[i] === index),
    events: new Uint32Array(0),
    times: new Float64Array(0),
    hits: new Float64Array(0),
  }));
}

/** What people call a trace that is shown beside others: the program, or its host. */
export function traceTitle({ facts, traces }: TraceData, trace: number): string {
  const { hostname, trace_name, procname } = facts.environments[traces[trace]] ?? {};
  const parts = [hostname, trace_name ?? procname].filter((part) =>
    part !== undefined && part !== ""
  );
  return parts.join(" ") || `trace ${trace + 1}`;
}

/** Gives the lanes the events that are shown now. */
export function fillLanes(lanes: readonly Lane[], state: State): void {
  const { data } = state;
  const { lane: laneOf, kind, time, events } = data;
  const shown = Uint8Array.from(data.kinds, ({ index }) => state.shows(index) ? 1 : 0);
  const counts = new Uint32Array(lanes.length);
  for (let i = 0; i < events; i++) counts[laneOf[i]] += shown[kind[i]];
  const numbersOf: Uint32Array[] = [];
  const timesOf: Float64Array[] = [];
  for (const lane of lanes) {
    numbersOf[lane.index] = lane.events = new Uint32Array(counts[lane.index]);
    timesOf[lane.index] = lane.times = new Float64Array(counts[lane.index]);
  }
  counts.fill(0);
  for (let i = 0; i < events; i++) {
    if (shown[kind[i]] === 0) continue;
    const lane = laneOf[i];
    const at = counts[lane]++;
    numbersOf[lane][at] = i;
    timesOf[lane][at] = time[i];
  }
}

/** Gives the lanes the events that were searched for. */
export function fillHits(lanes: readonly Lane[], { data, hits }: State): void {
  for (const lane of lanes) {
    const own = hits.filter((event) => data.lane[event] === lane.index);
    lane.hits = Float64Array.from(own, (event) => data.time[event]);
  }
}

/** First place in `sorted` whose number is not below `value`, looked for from `from` on. */
export function lowerBound(sorted: Float64Array, value: number, from: number = 0): number {
  // What is asked for next is mostly near: steps double until they are past it.
  let [low, step] = [from, 1];
  while (low + step <= sorted.length && sorted[low + step - 1] < value) {
    low += step;
    step *= 2;
  }
  let high = Math.min(sorted.length, low + step);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function laneLabel(data: TraceData, trace: number, cpu: number, name: string = ""): string {
  const thread = cpu < 0 ? name || "no CPU" : `CPU ${cpu}${name && ` · ${name}`}`;
  return data.traces.length > 1 ? `${traceTitle(data, trace)} · ${thread}` : thread;
}

/** Lanes of main threads, where the traces tell. */
function mainLanes({ kinds, lane, lanes, traces, facts }: TraceData): number[] {
  const telling = kinds.filter(({ name, events }) => isOfWorkers(name) && events.length > 0)
    .map(({ events: [event] }) => lanes[lane[event]].trace);
  return Array.from(lanes.keys()).filter((index) => {
    const { trace, cpu } = lanes[index];
    return telling.includes(trace) && isMainCpu(cpu, facts.environments[traces[trace]]);
  });
}

/** Names of threads by lane, one after the other: from their events' context, or from what tells that a worker begins. */
function threadNames(data: TraceData): Map<number, Set<string>> {
  const names = new Map<number, Set<string>>();
  for (const { name: kindName, fields, events } of data.kinds) {
    const field = fields.find(({ name }) =>
      name === "context.worker_name" || (name === "name" && kindName === WORKER_BEGIN)
    );
    if (field === undefined) continue;
    for (let place = 0; place < events.length; place++) {
      const lane = data.lane[events[place]];
      let own = names.get(lane);
      if (own === undefined) names.set(lane, own = new Set());
      const name = field.text(place);
      if (name !== "") own.add(name);
    }
  }
  for (const lane of mainLanes(data)) {
    if (!names.get(lane)?.size) names.set(lane, new Set([MAIN_THREAD]));
  }
  return names;
}
