// Draws what is said: the scenarios, the lesson, the step shown, the list of steps, the log.
import { h } from "./dom.js";
import { term } from "./glossary.js";

const kinds = {
  command: ["▸", "you"],
  notifier: ["☎", "notifier"],
  page: ["▦", "page"],
  slab: ["·", "small allocation"],
  fault: ["✗", "refused"],
  log: ["✎", "log"],
  cpu: ["⚙", "CPU"],
  file: ["▤", "file"],
  kref: ["#", "reference"],
  cache: ["⚑", "remembered page"],
  ring: ["↻", "ring"],
  lost: ["✗", "lost"],
  done: ["✓", "done"],
  error: ["✗", "refused"],
};

/** The buttons that load a scenario. */
export function drawScenarios(scenarios, current) {
  const button = (id, label) =>
    h("button", {
      type: "button",
      "data-load": id ?? "",
      "aria-pressed": String(id === current),
    }, label);
  return [
    scenarios.map(({ id, title }, i) => button(id, `${i + 1} ${title}`)),
    button(null, "Try things yourself"),
  ];
}

/** What the lesson says before the step: title, and what is about to happen or has begun. */
export function drawLesson(timeline, scenario) {
  if (scenario === null) {
    return [
      h("h2", {}, "Try things yourself"),
      timeline.isAtStart && h("p", {}, [
        "Open a channel, take a CPU down, fill a node, order a failure: every button on the machine really does ",
        "it. What happens comes step by step. Or take one of the five scenarios above; they need no knowledge.",
      ]),
    ];
  }
  const { stages, title, intro } = scenario;
  const stage = timeline.step?.stage ?? null;
  if (timeline.isAtStart) return [h("h2", {}, title), h("p.intro", {}, intro)];
  if (stage === null) return [h("h2", {}, title), h("p", {}, "You do something of your own.")];
  return [
    h("h2", {}, title),
    h("p.part", {}, `Part ${stage + 1} of ${stages.length}: ${stages[stage].title}`),
    h("p.say", {}, stages[stage].say),
  ];
}

/** What the lesson says after the step: what to look at, and what comes next. */
export function drawAfter(timeline, scenario, following) {
  if (scenario === null) return [];
  const ended = timeline.endedStage;
  const next = timeline.isAtEnd ? scenario.stages[timeline.nextStage] : undefined;
  return [
    ended !== null && h("div.look", {}, [
      h("h3", {}, "Look"),
      h("p", {}, scenario.stages[ended].look),
    ]),
    next && h("div.next", {}, [
      h(
        "h3",
        {},
        `Next, part ${timeline.nextStage + 1} of ${scenario.stages.length}: ${next.title}`,
      ),
      h("p", {}, next.say),
    ]),
    timeline.isAtEnd && !next && h("div.finished", {}, [
      h("p", {}, "That was all of this scenario."),
      following && h("p", {}, `The next one: ${following.title}.`),
      h("a", { href: "#scenarios" }, "To all scenarios"),
    ]),
  ];
}

/** The sentence of the step shown. */
export function sentenceOf(timeline) {
  const { step } = timeline;
  if (step === null) return "";
  return `${step.kind === "log" ? "The log says: " : ""}${step.text}`;
}

/** The place of the step shown, and what the patch does instead. */
export function drawPlace(timeline) {
  const { place = "", differs } = timeline.step ?? {};
  return [
    place,
    place.includes("depopulate") && [" ", term("depopulate")],
    differs && h("strong.differs", {}, `${differs}. All differences: the table in relay/mod.ts.`),
  ];
}

/** Buttons that go through the steps. */
export function drawControls(timeline, scenario, following, isPlaying) {
  const nextPart = timeline.isAtEnd && scenario !== null &&
    timeline.nextStage < scenario.stages.length;
  const isOver = scenario !== null && timeline.isAtEnd && !nextPart;
  const canStep = nextPart || !timeline.isAtEnd || (isOver && following);
  const label = nextPart ? "Do it ▶" : isOver && following ? "Next scenario ▶" : "Step ▶";
  const button = (id, label, isOff, more = {}) =>
    h("button", { type: "button", id, "aria-disabled": isOff ? "true" : null, ...more }, label);
  const left = timeline.left;
  return [
    button("back", "◀ Back", timeline.isAtStart, { title: "Arrow left" }),
    button("step", label, !canStep, { class: "primary", title: "Space" }),
    button("play", isPlaying ? "❚❚ Pause" : "Play", timeline.isAtEnd && !nextPart),
    button("end", "To the end ▶▶", timeline.isAtEnd, { title: "End" }),
    h("span.left", {}, left === 0 ? "" : left === 1 ? "1 step to go" : `${left} steps to go`),
  ];
}

/** What can be chosen about steps. */
export function drawOptions(timeline, isStepwise) {
  const box = (id, label, checked) => {
    const input = h("input", { type: "checkbox", id });
    input.checked = checked;
    return h("label", {}, [input, ` ${label}`]);
  };
  return [
    box("stepwise", "step by step (else to the end at once)", isStepwise),
    box("slabs", "small allocations too", timeline.showsSlabs),
  ];
}

/** The list of steps. */
export function drawSteps(timeline, scenario) {
  const items = timeline.isCut
    ? [
      h(
        "div.stage",
        { role: "presentation" },
        "There were too many steps: the older ones are gone.",
      ),
    ]
    : [];
  let stage;
  for (const [i, step] of timeline.steps.entries()) {
    if (step.stage !== stage) {
      stage = step.stage;
      const title = stage === null ? "You" : `Part ${stage + 1}: ${scenario?.stages[stage].title}`;
      items.push(h("div.stage", { role: "presentation" }, title));
    }
    if (!timeline.isShown(i)) continue;
    const [icon, kind] = kinds[step.kind];
    items.push(h(`div.step.kind-${step.kind}`, {
      role: "option",
      id: `step-${i}`,
      "data-step": i,
    }, [h("span.icon", { title: kind, "aria-hidden": "true" }, icon), ` ${step.text}`]));
  }
  return items.length === 0
    ? [
      h("div.empty", {
        role: "option",
        "aria-disabled": "true",
        "aria-selected": "false",
      }, "Nothing has happened yet."),
    ]
    : items;
}

/** Marks the step shown in the list, and those that come after it: thousands are not drawn anew for that. */
export function markSteps(list, position) {
  for (const item of list.querySelectorAll("[data-step]")) {
    const i = Number(item.dataset.step);
    item.setAttribute("aria-selected", String(i === position));
    item.classList.toggle("is-ahead", i > position);
  }
}

/** The log up to the step shown. */
export function drawLog(timeline) {
  const lines = timeline.steps.slice(0, timeline.position + 1)
    .map((step, i) => ({ ...step, i })).filter(({ kind }) => kind === "log");
  if (lines.length === 0) return [h("p.empty", {}, "The kernel has said nothing.")];
  return lines.map(({ text, i }) =>
    h("p", { class: i === timeline.position ? "changed" : "" }, text)
  );
}
