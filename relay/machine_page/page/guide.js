// Draws what is said: the scenarios, the lesson, the step shown, the list of steps, the log.
import { h } from "./dom.js";

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

/** Whether the step shown ends a part that was played when the scenario was loaded. */
const isPrepared = ({ endedStage }, scenario) =>
  endedStage !== null && scenario?.stages[endedStage].prepares === true;

/** That the machine was used before this page came, and how to have a new one. */
export function drawResumed(scenario) {
  const where = scenario === null ? "was used before" : `is in the middle of “${scenario.title}”`;
  return [
    h("p", {}, `This machine ${where}: another page, or an earlier visit, has brought it here.`),
    h("button", { type: "button", "data-load": "" }, "Begin anew"),
    h("button", { type: "button", id: "go-on" }, "Go on from here"),
  ];
}

/** What stands above the step: the scenario, its part, and how many steps are left of that. */
export function drawLesson(timeline, scenario) {
  const { left } = timeline;
  const title = scenario?.title ?? "Try things yourself";
  const head = h("div.head", {}, [
    h("h2", {}, title),
    h("span.left", {}, left === 0 ? "" : left === 1 ? "1 step to go" : `${left} steps to go`),
  ]);
  const stage = timeline.step?.stage ?? null;
  if (scenario === null) {
    return [
      head,
      timeline.isAtStart && h("p", {}, [
        "Open a channel, take a CPU down, fill a node, order a failure: every button on the machine really does ",
        "it. What happens comes step by step. “Try things yourself”, pressed again, boots another machine. The ",
        "five scenarios need no knowledge: begin with the first.",
      ]),
    ];
  }
  if (timeline.isAtStart || isPrepared(timeline, scenario)) {
    return [head, h("p", {}, scenario.intro)];
  }
  const { stages } = scenario;
  return [
    head,
    h(
      "p.part",
      {},
      stage === null
        ? "You do something of your own."
        : `Part ${stage + 1} of ${stages.length}: ${stages[stage].title}`,
    ),
  ];
}

/** What stands below the step: what its part is about, then what to look at, and what comes next. */
export function drawAfter(timeline, scenario, following) {
  if (scenario === null) return [];
  const { stages } = scenario;
  const ended = timeline.endedStage;
  const stage = timeline.step?.stage ?? null;
  const next = timeline.isAtEnd ? stages[timeline.nextStage] : undefined;
  const box = (name, title, text) => h(`div.${name}`, {}, [h("h3", {}, title), h("p", {}, text)]);
  return [
    ended === null && stage !== null && h("p.say", {}, stages[stage].say),
    ended !== null && box("look", "Look", stages[ended].look),
    next && box(
      "next",
      `Next, part ${timeline.nextStage + 1} of ${stages.length}: ${next.title}`,
      next.say,
    ),
    timeline.isAtEnd && !next && h("div.finished", {}, [
      h("p", {}, "That was all of this scenario."),
      h("p", {}, following ? `The next one: ${following.title}.` : "It was the last one, too."),
      h("a", { href: "#scenarios" }, "To all scenarios"),
    ]),
  ];
}

/** The sentence of the step shown, or that all up to it was done before. */
export function sentenceOf(timeline, scenario) {
  const { step } = timeline;
  if (step === null) return "";
  if (isPrepared(timeline, scenario)) return "Part 1 is done already (◀ Back shows how)";
  return `${step.kind === "log" ? "The log says: " : ""}${step.text}`;
}

/** The place of the step shown, and what the patch does instead. */
export function drawPlace(timeline) {
  const { place = "", differs } = timeline.step ?? {};
  return [
    place,
    differs && h("strong.differs", {}, `${differs}. All differences: the table in relay/mod.ts.`),
  ];
}

/** Buttons that go through the steps. */
export function drawControls(timeline, scenario, following, isPlaying) {
  const nextPart = timeline.isAtEnd && scenario !== null &&
    timeline.nextStage < scenario.stages.length;
  // A scenario is through, or nothing was done yet.
  const isOver = timeline.isAtEnd && !nextPart && (scenario !== null || timeline.isAtStart);
  const canStep = nextPart || !timeline.isAtEnd || (isOver && following);
  const label = nextPart
    ? "Do it ▶"
    : !isOver
    ? "Step ▶"
    : !following
    ? "Done ✓"
    : scenario === null
    ? "First scenario ▶"
    : "Next scenario ▶";
  const button = (id, label, isOff, more = {}) =>
    h("button", { type: "button", id, "aria-disabled": isOff ? "true" : null, ...more }, label);
  return [
    button("back", "◀ Back", timeline.isAtStart, { title: "Arrow left" }),
    button("step", label, !canStep, { class: "primary", title: "Space, or arrow right" }),
    button("play", isPlaying ? "❚❚ Pause" : "Play", timeline.isAtEnd && !nextPart),
    button("end", "End ▶▶", timeline.isAtEnd, { title: "To the end of the part: key End" }),
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
    box("stepwise", "step by step", isStepwise),
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
