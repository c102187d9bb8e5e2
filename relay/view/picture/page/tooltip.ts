/// <reference lib="dom" />
import { barLabel } from "./bars.ts";
import { byId, factList, make } from "./dom.ts";
import { lowerBound } from "./lanes.ts";
import { BIN_PIXELS } from "./paint_lane.ts";
import type { Target, Timeline } from "./timeline.ts";
import { countText, durationText, secondsText } from "./times.ts";
import type { TraceData } from "./trace_data.ts";

/** Characters of a field, and fields, that fit beside the pointer. */
const MAX_CHARACTERS = 160;
const MAX_FIELDS = 10;

/** Says beside the pointer what is under it, and shows its time on all lanes. */
export class Tooltip {
  readonly #timeline: Timeline;
  readonly #data: TraceData;
  readonly #box = byId("tooltip");
  readonly #line = byId("crosshair");

  constructor(timeline: Timeline, data: TraceData) {
    this.#timeline = timeline;
    this.#data = data;
    timeline.canvas.addEventListener("pointerleave", () => this.hide());
  }

  /** Shows what is there; `x` and `y` are on the canvas. */
  show(target: Target, x: number, y: number): void {
    const { scale, box } = this.#timeline;
    this.#line.hidden = x < scale.left;
    this.#line.style.left = `${x}px`;
    const content = this.#content(target);
    this.#box.hidden = content === null;
    if (content === null) return;
    this.#box.replaceChildren(...content);
    const { width, height } = this.#box.getBoundingClientRect();
    const left = x + 16 + width > box.clientWidth ? Math.max(4, x - width - 16) : x + 16;
    this.#box.style.left = `${left}px`;
    this.#box.style.top = `${Math.max(4, Math.min(y + 16, box.clientHeight - height - 6))}px`;
  }

  /** Shows nothing. */
  hide(): void {
    this.#box.hidden = true;
    this.#line.hidden = true;
  }

  #content({ row, event, pair, lost, time }: Target): Node[] | null {
    if (pair >= 0) return this.#pairContent(pair);
    if (event < 0 && lost < 0) return null;
    return [
      ...(event >= 0 ? this.#eventContent(event, row, time) : []),
      ...(lost >= 0 ? this.#lostContent(lost) : []),
    ];
  }

  #eventContent(event: number, row: Target["row"], time: number): Node[] {
    const data = this.#data;
    const here = row?.kind === "lane" ? this.#countAround(row.lane.times, time) : 1;
    const fields = data.fieldsOf(event).slice(0, MAX_FIELDS);
    const more = here > 1
      ? [make("small", {}, `${countText(here)} events here; the nearest:`)]
      : [];
    return [
      ...more,
      make("strong", {}, data.nameOf(event)),
      factList([["time", secondsText(data.time[event])], ...shortened(fields)]),
    ];
  }

  #lostContent(lost: number): Node[] {
    const { begin, end, count } = this.#data.lost;
    return [
      make("strong", { class: "lost" }, `${countText(count[lost])} events lost`),
      factList([["between", secondsText(begin[lost])], ["and", secondsText(end[lost])]]),
    ];
  }

  #pairContent(pair: number): Node[] {
    const { pairs } = this.#data;
    const isOpen = pairs.endEvent[pair] < 0;
    return [
      make("strong", {}, pairs.names[pairs.name[pair]]),
      factList([
        [isOpen ? "not ended after" : "duration", durationText(pairs.duration[pair], 4)],
        ["from", secondsText(pairs.begin[pair])],
        ...shortened([["what", barLabel(this.#data, pair)]]),
      ]),
    ];
  }

  #countAround(times: Float64Array, time: number): number {
    const near = BIN_PIXELS * this.#timeline.scale.nsPerPixel;
    const first = lowerBound(times, time - near);
    return lowerBound(times, time + near, first) - first;
  }
}

function shortened(fields: readonly (readonly [string, string])[]): [string, string][] {
  return fields.map(([name, text]) => [
    name,
    text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text,
  ]);
}
