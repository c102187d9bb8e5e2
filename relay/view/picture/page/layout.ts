import { type BarGroup, type BarRow, makeBars } from "./bars.ts";
import { type Lane, makeLanes } from "./lanes.ts";
import type { TraceData } from "./trace_data.ts";

/** Height of the line of times above all rows. */
export const AXIS_HEIGHT = 28;
/** Height of a lane, and of its part in which events stand. */
export const LANE_HEIGHT = 46;
export const LANE_PADDING = 6;
/** Height of a row of what lasted. */
export const BAR_HEIGHT = 20;
const GROUP_HEIGHT = 24;

/** A row of the timeline, and where it is below the line of times. */
export type Row =
  | { readonly kind: "lane"; readonly top: number; readonly height: number; readonly lane: Lane }
  | {
    readonly kind: "group";
    readonly top: number;
    readonly height: number;
    readonly group: BarGroup;
  }
  | {
    readonly kind: "bars";
    readonly top: number;
    readonly height: number;
    readonly group: BarGroup;
    readonly row: BarRow;
  };

/** The rows of the timeline, from top to bottom: lanes of CPUs, then what lasted. */
export class Layout {
  readonly lanes: readonly Lane[];
  readonly rows: readonly Row[];
  /** Of all rows, without the line of times. */
  readonly height: number;

  constructor(data: TraceData) {
    this.lanes = makeLanes(data);
    const rows: Row[] = [];
    let top = 0;
    const add = (row: Omit<Row, "top">): void => {
      rows.push({ ...row, top } as Row);
      top += row.height;
    };
    for (const lane of this.lanes) add({ kind: "lane", height: LANE_HEIGHT, lane } as Row);
    for (const group of makeBars(data)) {
      add({ kind: "group", height: GROUP_HEIGHT, group } as Row);
      for (const row of group.rows) add({ kind: "bars", height: BAR_HEIGHT, group, row } as Row);
    }
    this.rows = rows;
    this.height = top + 6;
  }

  /** The row at a height, `null` below all. */
  rowAt(y: number): Row | null {
    return this.rows.find(({ top, height }) => y >= top && y < top + height) ?? null;
  }
}
