/// <reference lib="dom" />
import { barLabel, hasFailed } from "./bars.ts";
import { byId, make } from "./dom.ts";
import type { State } from "./state.ts";
import { durationText, secondsText } from "./times.ts";

/** The slowest of the durations that are shown, each to go to. */
export function slowestItems(state: State): HTMLElement[] {
  return (state.durations?.figures.slowest.all ?? []).map((pair) => makeItem(state, pair));
}

function makeItem(state: State, pair: number): HTMLElement {
  const { data } = state;
  const { pairs } = data;
  const go = make("button", { type: "button", title: "Show it in the timeline" });
  const failed = hasFailed(data, pair);
  go.append(
    make("b", {}, durationText(pairs.duration[pair], 4)),
    make("span", { class: "what" }, barLabel(data, pair)),
    ...(failed ? [make("span", { class: "lost" }, "failed")] : []),
    ...(pairs.endEvent[pair] < 0 ? [make("span", { class: "muted" }, "not ended")] : []),
    make("span", { class: "muted when" }, `at ${secondsText(pairs.begin[pair], 1e5)}`),
  );
  go.addEventListener("click", () => {
    state.selectPair(pair, true);
    byId("timeline").scrollIntoView({ block: "nearest" });
  });
  return make("li", {}, go);
}
