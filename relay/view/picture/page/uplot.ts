/// <reference lib="dom" />

/** What of uPlot's chart is used here. */
export interface Chart {
  /** The element over the plot, as wide and high. */
  readonly over: HTMLElement;
  readonly select: { readonly left: number; readonly width: number };
  posToVal(position: number, axis: string): number;
  setSelect(
    select: { left: number; top: number; width: number; height: number },
    calls: boolean,
  ): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

/** uPlot's options, data and place, as its documentation has them. */
type ChartClass = {
  new (options: unknown, data: readonly ArrayLike<number>[], place: HTMLElement): Chart;
  readonly paths: { bars(options: unknown): unknown };
};

/** The library stands in the page before this program. */
declare const uPlot: ChartClass;

/** A chart in a place. */
export function makeChart(
  options: unknown,
  data: readonly ArrayLike<number>[],
  place: HTMLElement,
): Chart {
  return new uPlot(options, data, place);
}

/** Draws values as bars. */
export function barPaths(): unknown {
  return uPlot.paths.bars({ size: [1, Infinity], gap: 1, align: 1 });
}
