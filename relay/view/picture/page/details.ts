/// <reference lib="dom" />
import { barLabel } from "./bars.ts";
import { button, byId, factList, make } from "./dom.ts";
import { traceTitle } from "./lanes.ts";
import { slowestItems } from "./slowest_list.ts";
import type { State } from "./state.ts";
import { clockText, durationText, secondsText } from "./times.ts";
import type { TraceData } from "./trace_data.ts";

/** What is known of the event, or of what lasted, that is looked at closely; the slowest until there is one. */
export class Details {
  readonly #state: State;
  readonly #place = byId("details");

  constructor(state: State) {
    this.#state = state;
    state.onChange((change) => {
      if (change === "selection" || change === "durations") this.#show();
    });
    this.#show();
  }

  /** Goes to the next event of the same kind, or with -1 to the one before. */
  step(step: 1 | -1): void {
    const { data, selection } = this.#state;
    if (selection === null || selection.event < 0) return;
    const { events } = data.kinds[data.kind[selection.event]];
    const next = data.place[selection.event] + step;
    if (next >= 0 && next < events.length) this.#state.selectEvent(events[next]);
  }

  #show(): void {
    const { selection } = this.#state;
    this.#place.classList.toggle("empty", selection === null);
    if (selection === null) this.#showSlowest();
    else if (selection.pair >= 0) this.#showPair(selection.pair);
    else this.#showEvent(selection.event);
  }

  /** Until something is looked at closely: what is most worth it. */
  #showSlowest(): void {
    const { durations } = this.#state;
    const hint = "Click an event or a bar to see all that was recorded of it.";
    this.#place.replaceChildren(make("p", { class: "hint" }, hint));
    if (durations === null) return;
    this.#place.prepend(
      make("h2", {}, `Slowest of ${durations.name}`),
      make("ol", { class: "slowest" }, ...slowestItems(this.#state)),
    );
  }

  #showEvent(event: number): void {
    const { data } = this.#state;
    const { events } = data.kinds[data.kind[event]];
    const place = data.place[event];
    const before = button("‹", "Previous of this kind ([)", () => this.step(-1));
    const after = button("›", "Next of this kind (])", () => this.step(1));
    before.disabled = place === 0;
    after.disabled = place === events.length - 1;
    const position = make("span", { class: "muted" }, `${place + 1} of ${events.length}`);
    this.#place.replaceChildren(
      this.#head(data.nameOf(event)),
      make("div", { class: "steps" }, before, position, after),
      ...this.#eventFacts(event),
      ...this.#pairButtons(event),
    );
  }

  #showPair(pair: number): void {
    const { pairs, names } = { pairs: this.#state.data.pairs, names: this.#state.data.pairs.names };
    const [first, last] = [pairs.beginEvent[pair], pairs.endEvent[pair]];
    const parts: Node[] = [
      this.#head(names[pairs.name[pair]]),
      make("p", { class: "big" }, durationText(pairs.duration[pair], 5)),
      make("p", { class: "what" }, barLabel(this.#state.data, pair)),
    ];
    if (last < 0) parts.push(make("p", { class: "hint" }, "It did not end before the trace did."));
    for (const event of [first, last]) {
      if (event < 0) continue;
      const name = this.#state.data.nameOf(event);
      const go = button(name, `Go to ${name}`, () => this.#state.selectEvent(event));
      go.className = "link";
      parts.push(make("h3", {}, go), ...this.#eventFacts(event));
    }
    this.#place.replaceChildren(...parts);
  }

  #head(name: string): HTMLElement {
    const close = button("×", "Close (Esc)", () => this.#state.deselect());
    return make("div", { class: "head" }, make("h2", {}, name), close);
  }

  #eventFacts(event: number): Node[] {
    const { data } = this.#state;
    const time = data.time[event];
    const cpu = data.cpuOf(event);
    const fields = factList(data.fieldsOf(event));
    fields.classList.add("fields");
    return [
      factList([
        ["time", secondsText(time)],
        ["clock", clockText(BigInt(data.facts.beginNs), time)],
        ["CPU", cpu < 0 ? "not known" : String(cpu)],
        ...traceFact(data, event),
      ]),
      fields,
    ];
  }

  /** What the event has begun or ended. */
  #pairButtons(event: number): Node[] {
    const { pairs } = this.#state.data;
    const isEnd = pairs.endEvent.indexOf(event);
    const pair = isEnd >= 0 ? isEnd : pairs.beginEvent.indexOf(event);
    if (pair < 0) return [];
    const text = `${pairs.names[pairs.name[pair]]}: ${durationText(pairs.duration[pair], 4)}`;
    const go = button(text, `Show all of ${text}`, () => this.#state.selectPair(pair, true));
    go.className = "link";
    return [make("p", {}, isEnd >= 0 ? "ended " : "began ", go)];
  }
}

/** Of which trace an event is, where there are several. */
function traceFact(data: TraceData, event: number): [name: string, text: string][] {
  if (data.traces.length < 2) return [];
  return [["trace", traceTitle(data, data.lanes[data.lane[event]].trace)]];
}
