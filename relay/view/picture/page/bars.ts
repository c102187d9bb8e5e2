import type { TraceData } from "./trace_data.ts";

/** Rows of a name, at most: what overlaps more lies one over the other in the last. */
const MAX_ROWS = 8;
/** Text fields that are put on a bar. */
const LABEL_FIELDS = 2;

/** A row of what lasted, in the order it began. */
export interface BarRow {
  readonly pairs: Uint32Array;
  readonly begins: Float64Array;
  /** How far this one and all before it reach. */
  readonly reaches: Float64Array;
}

/** What lasted and has one name, in as many rows as it overlaps. */
export interface BarGroup {
  readonly name: string;
  readonly index: number;
  readonly count: number;
  readonly rows: readonly BarRow[];
}

/** Groups of all that lasted, by name, in the order of their first begins. */
export function makeBars(data: TraceData): BarGroup[] {
  const { names, name, begin, duration } = data.pairs;
  const rows = names.map((): { pairs: number[]; reach: number }[] => []);
  for (let i = 0; i < begin.length; i++) {
    const own = rows[name[i]];
    let at = 0;
    while (at < own.length && own[at].reach > begin[i]) at++;
    if (at === own.length && at < MAX_ROWS) own.push({ pairs: [], reach: -Infinity });
    const row = own[Math.min(at, MAX_ROWS - 1)];
    row.pairs.push(i);
    row.reach = Math.max(row.reach, begin[i] + duration[i]);
  }
  return names.map((name, index) => ({
    name,
    index,
    count: rows[index].reduce((sum, row) => sum + row.pairs.length, 0),
    rows: rows[index].map((row) => makeRow(data, row.pairs)),
  }));
}

/** What stands on a bar: the texts that its begin has recorded, or its end. */
export function barLabel(data: TraceData, pair: number): string {
  const [first, second] = [data.pairs.beginEvent[pair], data.pairs.endEvent[pair]];
  const event = first >= 0 ? first : second;
  if (event < 0) return data.pairs.names[data.pairs.name[pair]];
  const fields = data.kinds[data.kind[event]].fields.filter(({ name, isNumber }) =>
    !isNumber && !name.startsWith("context.")
  );
  const texts = fields.map((field) => field.text(data.place[event])).filter((text) => text !== "");
  return texts.slice(0, LABEL_FIELDS).join(" ") || data.pairs.names[data.pairs.name[pair]];
}

/** Whether the event it ended with tells of a failure. */
export function hasFailed(data: TraceData, pair: number): boolean {
  const event = data.pairs.endEvent[pair];
  return event >= 0 && /fail|error|abort/i.test(data.nameOf(event));
}

function makeRow({ pairs: { begin, duration } }: TraceData, list: readonly number[]): BarRow {
  const { length } = list;
  const row = {
    pairs: Uint32Array.from(list),
    begins: new Float64Array(length),
    reaches: new Float64Array(length),
  };
  let reach = -Infinity;
  for (let i = 0; i < length; i++) {
    const pair = list[i];
    row.begins[i] = begin[pair];
    row.reaches[i] = reach = Math.max(reach, begin[pair] + duration[pair]);
  }
  return row;
}
