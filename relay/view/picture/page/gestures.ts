/// <reference lib="dom" />
import { timeAt } from "./scale.ts";
import type { State } from "./state.ts";
import type { Timeline } from "./timeline.ts";
import type { Tooltip } from "./tooltip.ts";

/** Pixels that a pointer may move while it clicks. */
const CLICK_PIXELS = 4;

/** Mouse, touchpad and fingers on the timeline: drag, zoom, look, click. */
export class Gestures {
  readonly #state: State;
  readonly #timeline: Timeline;
  readonly #tooltip: Tooltip;
  /** Where the pointers are that are down: two of them zoom. */
  readonly #down = new Map<number, number>();
  #moved = 0;

  constructor(state: State, timeline: Timeline, tooltip: Tooltip) {
    this.#state = state;
    this.#timeline = timeline;
    this.#tooltip = tooltip;
    const { canvas } = timeline;
    canvas.addEventListener("pointerdown", (event) => {
      this.#down.set(event.pointerId, event.offsetX);
      this.#moved = 0;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(type, (event) => {
        const wasDown = this.#down.delete(event.pointerId);
        if (wasDown && type === "pointerup" && this.#moved < CLICK_PIXELS) this.#click(event);
      });
    }
    canvas.addEventListener("dblclick", (event) => {
      state.zoom(0.25, timeAt(timeline.scale, event.offsetX));
    });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #move(event: PointerEvent): void {
    const { offsetX, offsetY, pointerId } = event;
    const last = this.#down.get(pointerId);
    if (last === undefined) {
      const target = this.#timeline.targetAt(offsetX, offsetY);
      const isThing = target.event >= 0 || target.pair >= 0;
      this.#timeline.canvas.style.cursor = isThing ? "pointer" : "";
      this.#tooltip.show(target, offsetX, offsetY);
      return;
    }
    const { scale } = this.#timeline;
    const other = [...this.#down].find(([id]) => id !== pointerId)?.[1];
    this.#down.set(pointerId, offsetX);
    this.#moved += Math.abs(offsetX - last);
    if (this.#moved < CLICK_PIXELS) return;
    this.#tooltip.hide();
    if (other === undefined) {
      const step = (last - offsetX) * scale.nsPerPixel;
      this.#state.setRange(scale.from + step, scale.to + step);
    } else {
      const [before, after] = [Math.abs(last - other), Math.abs(offsetX - other)];
      this.#state.zoom(Math.max(10, before) / Math.max(10, after), timeAt(scale, other));
    }
  }

  #click({ offsetX, offsetY }: PointerEvent): void {
    const { event, pair } = this.#timeline.targetAt(offsetX, offsetY);
    if (pair >= 0) this.#state.selectPair(pair, false);
    else if (event >= 0) this.#state.selectEvent(event);
    else this.#state.deselect();
  }

  /** With Ctrl, as two fingers on a touchpad say it too, it zooms; sideways or with Shift it pans; else the page scrolls. */
  #wheel(event: WheelEvent): void {
    const { scale } = this.#timeline;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      event.preventDefault();
      this.#state.zoom(Math.exp(event.deltaY * 0.003), timeAt(scale, event.offsetX));
      return;
    }
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
    event.preventDefault();
    this.#state.pan(sideways / scale.width);
  }
}
