/// <reference lib="dom" />
import { MARK_COUNT } from "./colors.ts";
import { button, byId, make } from "./dom.ts";
import type { State } from "./state.ts";
import { countText } from "./times.ts";
import type { EventKind } from "./trace_data.ts";

/** A switch for each name of events, with how many there are: the most first. */
export class KindsPanel {
  readonly #state: State;
  /** With the kinds that are switched: of several traces there are several of a name. */
  readonly #switches: (readonly [chip: HTMLButtonElement, kinds: readonly number[]])[] = [];

  constructor(state: State) {
    this.#state = state;
    const { kinds } = state.data;
    const all = kinds.map(({ index }) => index);
    const groups = [...Map.groupBy(kinds, ({ name }) => name).values()].map((group) => ({
      group,
      count: group.reduce((sum, { events }) => sum + events.length, 0),
    }));
    for (const { group, count } of groups.sort((a, b) => b.count - a.count)) {
      this.#switches.push([this.#makeChip(group, count), group.map(({ index }) => index)]);
    }
    byId("kinds").replaceChildren(
      button("All", "Show all kinds", () => state.showKinds(all)),
      button("None", "Hide all kinds", () => state.showKinds([])),
      ...this.#switches.map(([chip]) => chip),
    );
    state.onChange((change) => {
      if (change === "kinds") this.#showSwitches();
    });
    this.#showSwitches();
  }

  #makeChip(group: readonly EventKind[], count: number): HTMLButtonElement {
    const state = this.#state;
    const [{ name, color }] = group;
    const title = `Show or hide ${name}; with Shift this kind alone`;
    const chip = make("button", { type: "button", class: "chip", title });
    const dot = make("span", { class: "dot", "aria-hidden": "true" });
    dot.style.background = `var(--mark-${color % MARK_COUNT})`;
    chip.append(dot, make("span", {}, name), make("span", { class: "muted" }, countText(count)));
    const own = group.map(({ index }) => index);
    chip.addEventListener("click", (event) => {
      if (event.shiftKey) return state.showKinds(own);
      const isShown = state.shows(own[0]);
      const others = state.data.kinds.map(({ index }) => index)
        .filter((kind) => !own.includes(kind) && state.shows(kind));
      state.showKinds(isShown ? others : [...others, ...own]);
    });
    return chip;
  }

  #showSwitches(): void {
    for (const [chip, kinds] of this.#switches) {
      chip.setAttribute("aria-pressed", String(this.#state.shows(kinds[0])));
    }
  }
}
