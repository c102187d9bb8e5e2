import type { TraceData } from "./trace_data.ts";

/** Rows of a name, at most: of what overlaps more, the shortest lie one over the other in the last. */
const MAX_ROWS = 8;
/** Text fields that are put on a bar. */
const LABEL_FIELDS = 2;

/** A row of what lasted, in the order it began: each ends after the one before it. */
export interface BarRow {
  readonly pairs: Uint32Array;
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  /** What lies below one of these from its begin to its end; there is such only in a last row. */
  readonly covered: Uint32Array;
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
  const { names, name, begin } = data.pairs;
  const rows = names.map((): number[][] => []);
  const counts = new Uint32Array(names.length);
  for (let i = 0; i < begin.length; i++) {
    addTo(rows[name[i]], data, i);
    counts[name[i]]++;
  }
  // What made way came to the last row behind others that began after it.
  for (const own of rows) own[MAX_ROWS - 1]?.sort((a, b) => a - b);
  return names.map((name, index) => ({
    name,
    index,
    count: counts[index],
    rows: rows[index].map((list) => makeRow(data, list)),
  }));
}

/** What stands on a bar: the texts that its begin has recorded, or its end. */
export function barLabel(data: TraceData, pair: number): string {
  const [first, second] = [data.pairs.beginEvent[pair], data.pairs.endEvent[pair]];
  const event = first >= 0 ? first : second;
  if (event < 0) return data.pairs.names[data.pairs.name[pair]];
  const fields = data.kinds[data.kind[event]].fields.filter(({ scope, isNumber }) =>
    !isNumber && scope === "fields"
  );
  const texts = fields.map((field) => field.text(data.place[event])).filter((text) => text !== "");
  return texts.slice(0, LABEL_FIELDS).map(withoutOrigin).join(" ") ||
    data.pairs.names[data.pairs.name[pair]];
}

/** Whether the event it ended with tells of a failure. */
export function hasFailed(data: TraceData, pair: number): boolean {
  const event = data.pairs.endEvent[pair];
  return event >= 0 && /fail|error|abort/i.test(data.nameOf(event));
}

/** Puts it into a row where nothing lasts any more. If there is none, the shortest makes way, to the last row. */
function addTo(rows: number[][], { pairs: { begin, duration } }: TraceData, pair: number): void {
  let [shortest, place] = [pair, -1];
  for (let i = 0; i < MAX_ROWS - 1; i++) {
    if (i === rows.length) {
      rows.push([pair]);
      return;
    }
    const last = rows[i][rows[i].length - 1];
    if (begin[last] + duration[last] <= begin[pair]) {
      rows[i].push(pair);
      return;
    }
    if (duration[last] < duration[shortest]) [shortest, place] = [last, i];
  }
  if (place >= 0) rows[place][rows[place].length - 1] = pair;
  (rows[MAX_ROWS - 1] ??= []).push(shortest);
}

function makeRow({ pairs: { begin, duration } }: TraceData, list: readonly number[]): BarRow {
  const pairs = new Uint32Array(list.length);
  const begins = new Float64Array(list.length);
  const ends = new Float64Array(list.length);
  const covered: number[] = [];
  let [count, reach] = [0, -Infinity];
  for (const pair of list) {
    const end = begin[pair] + duration[pair];
    if (begin[pair] < reach && end <= reach) covered.push(pair);
    else {
      pairs[count] = pair;
      begins[count] = begin[pair];
      ends[count++] = reach = end;
    }
  }
  return {
    pairs: pairs.subarray(0, count),
    begins: begins.subarray(0, count),
    ends: ends.subarray(0, count),
    covered: Uint32Array.from(covered),
  };
}

/** Of an address only what differs most: where a bar is short, the origin would be all that is read. */
function withoutOrigin(text: string): string {
  const path = text.replace(/^https?:\/\/[^/?#]*/i, "");
  return path === "" ? "/" : path;
}
