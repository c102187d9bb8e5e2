/// <reference lib="dom" />
import type { Details } from "./details.ts";
import { byId } from "./dom.ts";
import type { SearchPanel } from "./search_panel.ts";
import type { State } from "./state.ts";

/** What keys do, wherever the focus is but in a box for text. */
export function startKeyboard(state: State, search: SearchPanel, details: Details): void {
  const help = byId<HTMLDialogElement>("help");
  byId("help-button").addEventListener("click", () => help.showModal());
  byId("help-close").addEventListener("click", () => help.close());
  const fit = (): void => state.setRange(state.data.begin, state.data.end);
  const zoomIn = (): void => state.zoom(0.5);
  const zoomOut = (): void => state.zoom(2);
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => state.pan(-0.2),
    ArrowRight: () => state.pan(0.2),
    PageUp: () => state.pan(-0.9),
    PageDown: () => state.pan(0.9),
    Home: fit,
    "0": fit,
    "+": zoomIn,
    "=": zoomIn,
    "-": zoomOut,
    "/": () => search.focus(),
    n: () => state.goToHit(1),
    Enter: () => state.goToHit(1),
    p: () => state.goToHit(-1),
    "[": () => details.step(-1),
    "]": () => details.step(1),
    "?": () => help.showModal(),
    Escape: () => state.selection === null ? search.clear() : state.deselect(),
  };
  for (
    const [id, key] of [["zoom-in", "+"], ["zoom-out", "-"], ["fit", "0"], [
      "pan-left",
      "ArrowLeft",
    ], ["pan-right", "ArrowRight"]]
  ) {
    byId(id).addEventListener("click", actions[key]);
  }
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const element = target as HTMLElement;
    if (element.matches("input")) return;
    // A button that has the focus is pressed with Enter.
    if (key === "Enter" && element.matches("button")) return;
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
