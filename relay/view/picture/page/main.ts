/// <reference lib="dom" />
import { Details } from "./details.ts";
import { byId, factList } from "./dom.ts";
import { DurationsPanel } from "./durations_panel.ts";
import { Gestures } from "./gestures.ts";
import { startKeyboard } from "./keyboard.ts";
import { KindsPanel } from "./kinds_panel.ts";
import { Overview } from "./overview.ts";
import { SearchPanel } from "./search_panel.ts";
import { State } from "./state.ts";
import { startTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";
import { countText, dateText, durationText } from "./times.ts";
import { Tooltip } from "./tooltip.ts";
import { TraceData, unpackPage } from "./trace_data.ts";

/** Facts above all that is shown. */
function showFacts(data: TraceData): void {
  const { facts: { environments, beginNs }, traces, lostCount } = data;
  const [environment = {}] = Object.values(environments);
  const facts: [string, string][] = [];
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== "") facts.push([name, String(value)]);
  };
  const hosts = new Set(Object.values(environments).map(({ hostname }) => hostname));
  add(hosts.size > 1 ? "hosts" : "host", [...hosts].join(", "));
  add("begin", dateText(BigInt(beginNs)));
  add("duration", durationText(data.end - data.begin, 4));
  add("events", countText(data.events));
  add("lost", countText(lostCount));
  if (traces.length > 1) add("traces", traces.length);
  else add("process", environment.vpid);
  add("tracer", environment.tracer_name);
  const list = factList(facts);
  const lost = list.children[facts.findIndex(([name]) => name === "lost")];
  lost.classList.toggle("lost", lostCount > 0);
  byId("facts").replaceChildren(list);
}

/** Puts the page together, when its data are unpacked. */
async function start(): Promise<void> {
  const source = byId("data");
  const data = new TraceData(await unpackPage(source.textContent!));
  // The text is of no more use, and large.
  source.remove();
  const state = new State(data);
  showFacts(data);
  const timeline = new Timeline(
    byId("timeline"),
    byId<HTMLCanvasElement>("canvas"),
    byId("rest"),
    state,
  );
  new Gestures(state, timeline, new Tooltip(timeline, data));
  new Overview(state);
  new KindsPanel(state);
  const details = new Details(state);
  startKeyboard(state, new SearchPanel(state), details);
  startTheme(state);
  new DurationsPanel(state);
  document.documentElement.dataset.ready = "true";
}

try {
  await start();
} catch (error) {
  byId("failure").textContent = `This picture cannot be shown: ${(error as Error).message}`;
  byId("failure").hidden = false;
  throw error;
}
