/// <reference lib="dom" />
import { readColors } from "./colors.ts";
import { byId } from "./dom.ts";
import type { State } from "./state.ts";
import { durationText, NICE_STEPS, secondsText } from "./times.ts";
import { barPaths, type Chart, makeChart } from "./uplot.ts";

const BINS = 300;
const OVERVIEW_HEIGHT = 84;

/** The strip above the timeline: how many events there were at which time. What is dragged over it is shown. */
export class Overview {
  readonly #state: State;
  readonly #place = byId("overview");
  #chart: Chart;

  constructor(state: State) {
    this.#state = state;
    this.#chart = this.#makeChart();
    new ResizeObserver(() => {
      this.#chart.setSize({ width: this.#place.clientWidth, height: OVERVIEW_HEIGHT });
    }).observe(this.#place);
    state.onChange((change) => {
      if (change === "range") this.#showRange();
      else if (change === "kinds" || change === "theme") {
        this.#chart.destroy();
        this.#chart = this.#makeChart();
      }
    });
    this.#showRange();
  }

  #makeChart(): Chart {
    const colors = readColors();
    const { begin, end } = this.#state.data;
    const axis = {
      stroke: colors.muted,
      font: "11px system-ui, sans-serif",
      ticks: { show: false },
    };
    return makeChart(
      {
        width: Math.max(100, this.#place.clientWidth),
        height: OVERVIEW_HEIGHT,
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: {
          x: { time: false, range: [begin, end] },
          y: { range: (_: Chart, _least: number, most: number) => [0, Math.max(1, most * 1.08)] },
        },
        axes: [
          {
            ...axis,
            size: 22,
            gap: 2,
            space: 80,
            grid: { show: false },
            incrs: NICE_STEPS,
            values: (_: Chart, times: readonly number[]) =>
              times.map((time) => secondsText(time, times[1] - times[0])),
          },
          { show: false },
        ],
        series: [{}, {
          stroke: colors.accent,
          fill: colors.accent,
          width: 0,
          paths: barPaths(),
          points: { show: false },
        }],
        hooks: {
          draw: [(chart: Chart) => this.#showRange(chart)],
          setSelect: [(chart: Chart) => this.#select(chart)],
        },
        padding: [6, 18, 0, 18],
      },
      this.#density(),
      this.#place,
    );
  }

  /** Begins of bins, and the events a second in each. */
  #density(): [Float64Array, Float64Array] {
    const { data } = this.#state;
    const binNs = (data.end - data.begin) / BINS;
    const times = Float64Array.from({ length: BINS }, (_, i) => data.begin + i * binNs);
    const counts = new Float64Array(BINS);
    const shown = data.kinds.map(({ index }) => this.#state.shows(index));
    const { begin, time, kind, events } = data;
    for (let i = 0; i < events; i++) {
      if (shown[kind[i]]) counts[Math.min(BINS - 1, Math.floor((time[i] - begin) / binNs))]++;
    }
    return [times, counts.map((count) => count * 1e9 / binNs)];
  }

  #select(chart: Chart): void {
    const { left, width } = chart.select;
    if (width >= 2) {
      this.#state.setRange(chart.posToVal(left, "x"), chart.posToVal(left + width, "x"));
    }
  }

  #showRange(chart: Chart = this.#chart): void {
    const { from, to, data } = this.#state;
    // Not asked of the chart, which is not laid out yet when it is new or has another size.
    const { clientWidth, clientHeight } = chart.over;
    const xOf = (time: number): number =>
      clientWidth * (time - data.begin) / (data.end - data.begin);
    const isAll = from <= data.begin && to >= data.end;
    const width = Math.max(3, xOf(to) - xOf(from));
    chart.setSelect({ left: xOf(from), top: 0, width, height: clientHeight }, false);
    this.#place.classList.toggle("all", isAll);
    const step = (to - from) / 1000;
    byId("range").textContent = `${secondsText(from, step)} – ${secondsText(to, step)} (${
      durationText(to - from)
    })`;
  }
}
