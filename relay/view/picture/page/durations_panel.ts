/// <reference lib="dom" />
import { readColors } from "./colors.ts";
import { button, byId, make } from "./dom.ts";
import { slowestItems } from "./slowest_list.ts";
import type { State } from "./state.ts";
import { type DurationStatistics, durationStatistics, mostUneven } from "./statistics.ts";
import { countText, durationText } from "./times.ts";
import { barPaths, type Chart, makeChart } from "./uplot.ts";

/** CSS pixels of the histogram. */
const HISTOGRAM_HEIGHT = 160;
/** Counts that stand beside the histogram, if it is that high. */
const SHOWN_COUNTS = [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** What lasted, as figures; of one name the histogram, and the slowest to go to. */
export class DurationsPanel {
  readonly #state: State;
  readonly #statistics: readonly DurationStatistics[];
  readonly #rows = new Map<number, HTMLElement>();
  #chart: Chart | null = null;

  constructor(state: State) {
    this.#state = state;
    this.#statistics = durationStatistics(state.data);
    byId("durations").hidden = this.#statistics.length === 0;
    const body = byId("duration-rows");
    for (const one of this.#statistics) {
      const row = this.#makeRow(one);
      this.#rows.set(one.index, row);
      body.append(row);
    }
    state.onChange((change) => {
      if (change === "theme" || change === "durations") this.#showChart();
    });
    new ResizeObserver(() => {
      this.#chart?.setSize({ width: byId("histogram").clientWidth, height: HISTOGRAM_HEIGHT });
    }).observe(byId("histogram"));
    if (this.#statistics.length > 0) this.#choose(mostUneven(this.#statistics));
  }

  #makeRow(one: DurationStatistics): HTMLElement {
    const { durations } = one.figures;
    const isEmpty = durations.count === 0;
    const figures = [...[0.5, 0.9, 0.99].map((p) => durations.percentile(p)), durations.max];
    const name = button(one.name, `Durations of ${one.name}`, () => this.#choose(one));
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", {}, countText(durations.count)),
      ...figures.map((ns) => make("td", {}, isEmpty ? "" : durationText(ns))),
      make("td", {}, countText(one.unended)),
    );
  }

  #choose(one: DurationStatistics): void {
    for (const [index, row] of this.#rows) {
      row.classList.toggle("chosen", index === one.index);
      row.querySelector("button")?.setAttribute("aria-pressed", String(index === one.index));
    }
    byId("slowest-of").textContent = one.name;
    this.#state.chooseDurations(one);
    byId("slowest").replaceChildren(...slowestItems(this.#state));
  }

  #showChart(): void {
    this.#chart?.destroy();
    this.#chart = null;
    const { durations } = this.#state;
    if (durations === null || durations.figures.durations.count === 0) return;
    const colors = readColors();
    const bars = durations.figures.durations.bars();
    const heights = bars.map(({ count }) => Math.log10(1 + count));
    // One that was slow is seen beside thousands that were not.
    const top = 1.05 * Math.max(0.5, ...heights);
    const counts = SHOWN_COUNTS.filter((count) => Math.log10(1 + count) <= top);
    const axis = {
      stroke: colors.muted,
      font: "11px system-ui, sans-serif",
      grid: { stroke: colors.line, width: 1 },
    };
    const place = byId("histogram");
    this.#chart = makeChart(
      {
        width: Math.max(100, place.clientWidth),
        height: HISTOGRAM_HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: [0, bars.length] },
          y: { range: [0, top] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 30,
            incrs: [1, 2, 5, 10],
            values: (_: Chart, places: readonly number[]) =>
              places.map((at) => {
                const limit = bars[at]?.from ?? bars[at - 1]?.to;
                return limit === undefined ? "" : durationText(limit);
              }),
          },
          {
            ...axis,
            size: 56,
            splits: counts.map((count) => Math.log10(1 + count)),
            values: () => counts.map(countText),
          },
        ],
        series: [{}, {
          fill: colors.accent,
          stroke: colors.accent,
          width: 0,
          paths: barPaths(),
          points: { show: false },
        }],
        padding: [14, 24, 0, 0],
      },
      [bars.map((_, i) => i), heights],
      place,
    );
  }
}
