/// <reference lib="dom" />
import { readColors } from "./colors.ts";
import { fillHits, fillLanes, lowerBound } from "./lanes.ts";
import { AXIS_HEIGHT, LANE_HEIGHT, Layout, type Row } from "./layout.ts";
import { barAt, holds, paintBars } from "./paint_bars.ts";
import { type Bins, binsOf, type Brush, fitted, paintLane } from "./paint_lane.ts";
import { type Scale, scaleOf, timeAt, xOf } from "./scale.ts";
import type { State } from "./state.ts";
import { countText, niceStep, secondsText } from "./times.ts";

/** What is under the pointer. */
export interface Target {
  readonly time: number;
  readonly row: Row | null;
  /** Nearest event, -1 for none. */
  readonly event: number;
  /** What lasted there, -1 for nothing. */
  readonly pair: number;
  /** Place of the loss, -1 for none. */
  readonly lost: number;
}

/** The canvas with a lane for each CPU, and rows of what lasted below. Its box scrolls, the canvas stays. */
export class Timeline {
  readonly box: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #state: State;
  readonly #layout: Layout;
  #colors = readColors();
  #isAwaitingPaint = false;

  constructor(box: HTMLElement, canvas: HTMLCanvasElement, rest: HTMLElement, state: State) {
    this.box = box;
    this.canvas = canvas;
    this.#state = state;
    this.#layout = new Layout(state.data);
    fillLanes(this.#layout.lanes, state);
    const resize = (): void => {
      const wanted = this.#layout.height + AXIS_HEIGHT;
      const most = Math.max(220, Math.round(innerHeight * 0.62));
      const height = Math.min(wanted, most);
      box.style.height = `${height}px`;
      rest.style.height = `${wanted - height}px`;
      const ratio = devicePixelRatio;
      canvas.style.height = `${height}px`;
      canvas.width = Math.round(box.clientWidth * ratio);
      canvas.height = Math.round(height * ratio);
      this.#paint();
    };
    // It is called once without any change, too: then the first picture is painted.
    new ResizeObserver(resize).observe(box);
    box.addEventListener("scroll", () => this.#awaitPaint());
    state.onChange((change) => {
      if (change === "kinds") fillLanes(this.#layout.lanes, state);
      else if (change === "hits") fillHits(this.#layout.lanes, state);
      else if (change === "theme") this.#colors = readColors();
      else if (change === "selection") this.#scrollToPair();
      this.#awaitPaint();
    });
  }

  /** Which time is where just now. */
  get scale(): Scale {
    return scaleOf(this.#state, this.box.clientWidth);
  }

  /** What is at a place of the canvas. */
  targetAt(x: number, y: number): Target {
    const { scale } = this;
    const { data } = this.#state;
    const time = timeAt(scale, x);
    const inTimes = x >= scale.left && y >= AXIS_HEIGHT;
    const row = inTimes ? this.#layout.rowAt(y - AXIS_HEIGHT + this.box.scrollTop) : null;
    const near = 6 * scale.nsPerPixel;
    let [event, pair, lost] = [-1, -1, -1];
    if (row?.kind === "lane") {
      const { times, events } = row.lane;
      const after = lowerBound(times, time);
      const isBefore = after > 0 &&
        (after === times.length || time - times[after - 1] < times[after] - time);
      const nearest = isBefore ? after - 1 : after;
      if (nearest < times.length && Math.abs(times[nearest] - time) <= near) {
        event = events[nearest];
      }
      lost = row.lane.lost.find((i) =>
        time >= data.lost.begin[i] - near && time <= data.lost.end[i] + near
      ) ?? -1;
    } else if (row?.kind === "bars") {
      pair = barAt(row.row, data.pairs, time, near, this.#state.selection?.pair ?? -1);
    }
    return { time, row, event, pair, lost };
  }

  /** Waits for the next frame: a frame is painted once, however much changes. */
  #awaitPaint(): void {
    if (this.#isAwaitingPaint) return;
    this.#isAwaitingPaint = true;
    requestAnimationFrame(() => {
      this.#isAwaitingPaint = false;
      this.#paint();
    });
  }

  #paint(): void {
    const { canvas, box, scale } = this;
    const context = canvas.getContext("2d")!;
    const ratio = devicePixelRatio;
    const [width, height] = [canvas.width / ratio, canvas.height / ratio];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = '12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
    context.textBaseline = "middle";
    context.fillStyle = this.#colors.panel;
    context.fillRect(0, 0, width, height);
    const brush: Brush = { context, scale, colors: this.#colors, data: this.#state.data };
    this.#paintGrid(brush, height);
    context.save();
    context.translate(0, AXIS_HEIGHT - box.scrollTop);
    this.#paintRows(brush, box.scrollTop, height);
    context.restore();
    this.#paintAxis(brush, width);
    this.#paintSelection(brush, height);
  }

  #paintRows(brush: Brush, scrollTop: number, height: number): void {
    const { context, scale, colors } = brush;
    const visible = this.#layout.rows.filter((row) =>
      row.top + row.height > scrollTop && row.top < scrollTop + height - AXIS_HEIGHT
    );
    const bins = new Map<Row, Bins | null>();
    let most = 1;
    for (const row of visible) {
      if (row.kind !== "lane") continue;
      const own = binsOf(row.lane, scale);
      bins.set(row, own);
      if (own !== null && own.most > most) most = own.most;
    }
    const { selection } = this.#state;
    context.save();
    context.beginPath();
    context.rect(scale.left, scrollTop, scale.width, height);
    context.clip();
    for (const row of visible) {
      if (row.kind === "lane") paintLane(brush, row.lane, bins.get(row)!, most, row.top);
      else if (row.kind === "bars") {
        paintBars(brush, row.group, row.row, selection?.pair ?? -1, row.top);
      }
    }
    context.restore();
    for (const row of visible) {
      context.fillStyle = colors.line;
      if (row.kind !== "bars") context.fillRect(0, row.top, scale.left + scale.width + 12, 1);
      this.#paintLabel(brush, row);
    }
  }

  #paintLabel({ context, scale, colors, data }: Brush, row: Row): void {
    const room = scale.left - 16;
    if (row.kind === "lane") {
      const { lane, top } = row;
      context.fillStyle = colors.text;
      context.fillText(fitted(context, lane.label, room), 10, top + LANE_HEIGHT / 2 - 8);
      context.fillStyle = colors.muted;
      const lost = lane.lost.reduce((sum, i) => sum + data.lost.count[i], 0);
      const counts = [countText(lane.events.length)];
      if (lost > 0) {
        context.fillStyle = colors.lost;
        counts.push(`${countText(lost)} lost`);
        if (room < 100) counts.shift();
      }
      context.fillText(fitted(context, counts.join(" · "), room), 10, top + LANE_HEIGHT / 2 + 9);
    } else if (row.kind === "group") {
      const text = `${row.group.name} · ${countText(row.group.count)}`;
      context.fillStyle = colors.muted;
      context.fillText(
        fitted(context, text, scale.left + scale.width - 20),
        10,
        row.top + row.height / 2 + 2,
      );
    }
  }

  #paintGrid({ context, scale, colors }: Brush, height: number): void {
    context.fillStyle = colors.line;
    for (const { x } of axisTicks(scale)) context.fillRect(x, AXIS_HEIGHT, 1, height);
  }

  /** Over the rows, as these scroll below it. */
  #paintAxis({ context, scale, colors }: Brush, width: number): void {
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, width, AXIS_HEIGHT);
    context.fillStyle = colors.line;
    context.fillRect(0, AXIS_HEIGHT - 1, width, 1);
    for (const { x, text } of axisTicks(scale)) {
      context.fillStyle = colors.line;
      context.fillRect(x, AXIS_HEIGHT - 6, 1, 6);
      context.fillStyle = colors.muted;
      const textWidth = context.measureText(text).width;
      const most = width - textWidth - 4;
      context.fillText(text, Math.min(most, x - textWidth / 2), AXIS_HEIGHT / 2 - 2);
    }
  }

  #paintSelection({ context, scale, colors, data }: Brush, height: number): void {
    const { selection } = this.#state;
    if (selection === null || selection.event < 0) return;
    const x = xOf(scale, data.time[selection.event]);
    if (x < scale.left || x > scale.left + scale.width) return;
    context.fillStyle = colors.accent;
    context.fillRect(x - 0.75, AXIS_HEIGHT - 8, 1.5, height);
    context.beginPath();
    context.moveTo(x - 6, AXIS_HEIGHT - 9);
    context.lineTo(x + 6, AXIS_HEIGHT - 9);
    context.lineTo(x, AXIS_HEIGHT - 1);
    context.fill();
  }

  /** Scrolls to the row of what is looked at closely. */
  #scrollToPair(): void {
    const pair = this.#state.selection?.pair ?? -1;
    if (pair < 0) return;
    const row = this.#layout.rows.find((row) => row.kind === "bars" && holds(row.row, pair));
    if (row === undefined) return;
    const room = this.box.clientHeight - AXIS_HEIGHT - row.height;
    const { scrollTop } = this.box;
    if (row.top < scrollTop || row.top > scrollTop + room) this.box.scrollTop = row.top - room / 2;
  }
}

/** Round times that are in view, far enough from each other to be written. */
function axisTicks(scale: Scale): { x: number; text: string }[] {
  const step = niceStep(110 * scale.nsPerPixel);
  const ticks = [];
  for (let time = Math.ceil(scale.from / step) * step; time <= scale.to; time += step) {
    ticks.push({ x: Math.round(xOf(scale, time)), text: secondsText(time, step) });
  }
  return ticks;
}
