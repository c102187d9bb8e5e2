import type { TraceData } from "./trace_data.ts";

/** When a CPU was down, from a time to another. */
export interface Down {
  readonly begin: number;
  readonly end: number;
}

/** When each lane's CPU was down: before its first packet, behind its last, and from a worker's end to the next one's begin. */
export function downsOf(data: TraceData): Down[][] {
  const between = betweenWorkers(data);
  return data.lanes.map(({ trace, cpu }, index) => {
    const own = data.facts.lives.filter((life) =>
      life.trace === data.traces[trace] && life.cpu === cpu
    );
    if (own.length === 0) return between[index];
    const [begin, end] = [
      Math.min(...own.map((life) => life.begin)),
      Math.max(...own.map((life) => life.end)),
    ];
    const all = [{ begin: data.begin, end: begin }, ...between[index], {
      begin: end,
      end: data.end,
    }];
    return all.filter((down) => down.end > down.begin);
  });
}

/** The packets of workers that had a CPU one after the other do not tell when it was down: their events do. */
function betweenWorkers({ kinds, kind, lane, lanes, time, events }: TraceData): Down[][] {
  const downs = lanes.map((): Down[] => []);
  const isNamed = (name: string): Uint8Array =>
    Uint8Array.from(kinds, (one) => one.name === name ? 1 : 0);
  const [begins, ends] = [isNamed("worker:begin"), isNamed("worker:end")];
  if (!ends.includes(1)) return downs;
  const hasEnded = new Uint8Array(lanes.length);
  const last = new Float64Array(lanes.length);
  for (let i = 0; i < events; i++) {
    const at = lane[i];
    if (begins[kind[i]] === 1) {
      if (hasEnded[at] === 1) downs[at].push({ begin: last[at], end: time[i] });
      hasEnded[at] = 0;
    } else if (ends[kind[i]] === 1) hasEnded[at] = 1;
    last[at] = time[i];
  }
  return downs;
}
