// The page: takes what the user does, asks the server, and draws.
import { fetchStory, load, perform, playNext } from "./api.js";
import { show, taken } from "./dom.js";
import { followChanges, keepInSight, showBeginning } from "./follow.js";
import { glossary, term, termsIn } from "./glossary.js";
import {
  drawAfter,
  drawControls,
  drawLesson,
  drawLog,
  drawOptions,
  drawPlace,
  drawResumed,
  drawScenarios,
  drawSteps,
  markSteps,
  sentenceOf,
} from "./guide.js";
import { drawMachine } from "./machine.js";
import { Timeline } from "./timeline.js";

/** Time between two steps while it plays. */
const PLAY_MS = 900;

const timeline = new Timeline();
const byId = (id) => document.getElementById(id);
let scenarios = [];
let isStepwise = true;
let playing = 0;
/** Whether an answer is being waited for: nothing else is asked meanwhile. */
let isBusy = false;

/** Whether what was said to hinder does no more. */
let isSettled = () => false;

/** Whether the machine was used before the page came, and nobody has said yet what is to become of it. */
let isResumed = false;

/** The machine that was drawn last, and the step. */
let drawnMachine = "";
let drawnPosition = -1;
/** Which list of steps was. */
let drawnList = "";

const scenario = () => scenarios.find(({ id }) => id === timeline.scenario) ?? null;

/** The scenario behind the one that is played. */
const following = () => scenarios[scenarios.indexOf(scenario()) + 1] ?? null;

/** What the drawing of the machine asks for. */
function makeView() {
  const { state } = timeline;
  const all = joined(timeline.changes);
  const spokenOf = scenario()?.stages[timeline.endedStage]?.shows ?? [];
  const own = joined(timeline.step?.changes ?? []);
  const mark = (isMarked) =>
    !all.some(isMarked) ? "" : own.some(isMarked) ? "changed now" : "changed";
  return {
    state,
    operation: timeline.sinceCommand,
    isCalling: timeline.step?.kind === "notifier",
    why: timeline.isAtEnd ? "" : "Go to the end of the steps first: End ▶▶",
    /** How something is marked that lies at a path, or below. */
    changed: (...paths) => mark((changed) => paths.some((path) => changed.startsWith(`${path}.`))),
    /** How something is marked that the words at the end of a part speak of. */
    subject: (path) => spokenOf.includes(path) ? "subject" : "",
    /** How something is marked that is new as a whole. */
    made: (path) => mark((changed) => `${path}.`.startsWith(changed)),
    holds: (pfn, use) => state.nodes.some(({ startPfn, frames }) => frames[pfn - startPfn] === use),
  };
}

/** Paths of changes. Small allocations that are no steps are not told, nor that a CPU is told nothing more. */
function joined(changes) {
  const news = changes.filter(({ path, value }) => path[2] !== "action" || value !== "");
  const paths = news.map(({ path }) => `${path.join(".")}.`);
  return timeline.showsSlabs ? paths : paths.filter((path) => !path.endsWith(".slabs."));
}

function draw() {
  const current = scenario();
  const next = following();
  show(byId("scenarios"), drawScenarios(scenarios, timeline.scenario));
  show(byId("resumed"), isResumed ? drawResumed(current) : []);
  show(byId("machine"), drawMachine(makeView()));
  show(byId("lesson"), drawLesson(timeline, current));
  const sentence = byId("sentence");
  const text = sentenceOf(timeline, current);
  if (sentence.textContent !== text) sentence.textContent = text;
  sentence.className = `sentence kind-${timeline.step?.kind ?? "none"}`;
  show(byId("place"), drawPlace(timeline));
  show(
    byId("terms"),
    termsIn(`${text} ${timeline.step?.differs ?? ""} ${timeline.step?.place ?? ""}`),
  );
  show(byId("controls"), drawControls(timeline, current, next, playing !== 0));
  show(byId("after"), drawAfter(timeline, current, next));
  show(byId("options"), drawOptions(timeline, isStepwise));
  const steps = byId("steps");
  const list = JSON.stringify([timeline.at, timeline.showsSlabs]);
  if (list !== drawnList) show(steps, drawSteps(timeline, current));
  drawnList = list;
  markSteps(steps, timeline.position);
  steps.setAttribute("aria-activedescendant", timeline.step ? `step-${timeline.position}` : "");
  keepInSight(steps, steps.querySelector("[aria-selected=true]"));
  show(byId("log"), drawLog(timeline));
  byId("log").scrollTop = byId("log").scrollHeight;
  const { boot, number } = timeline.at;
  if (`${boot} ${number}` !== drawnMachine) showBeginning();
  drawnMachine = `${boot} ${number}`;
  if (timeline.position !== drawnPosition) {
    byId("now").scrollTop = 0;
    if (isSettled()) say("");
    followChanges();
  }
  drawnPosition = timeline.position;
}

/** Says what hinders; with nothing to say, nothing does any more. */
function say(trouble, until = () => false) {
  byId("trouble-text").textContent = trouble;
  byId("trouble").hidden = trouble === "";
  isSettled = until;
}

/** Says why a button does nothing now, until the steps are at their end. */
const sayWhy = (button) => say(button.dataset.why ?? "", () => timeline.isAtEnd);

/** Asks the server one thing at a time, and says what it refuses. */
async function ask(question, take) {
  if (isBusy) return;
  setBusy(true);
  try {
    const answer = await question();
    say("");
    if (answer.story) takeStory(answer);
    else take(answer);
  } catch (error) {
    stopPlaying();
    say(error.message);
    if (error.status === 409) takeStory(await fetchStory());
  } finally {
    draw();
    setBusy(false);
  }
}

function setBusy(isNow) {
  isBusy = isNow;
  byId("machine").setAttribute("aria-busy", isNow);
}

function takeStory(answer) {
  scenarios = answer.scenarios;
  const { channels, limits, pageSize } = answer;
  Object.assign(taken, { channels, limits, pageSize });
  timeline.take(answer.story);
  isResumed = false;
}

/** New steps: the first of them is shown, or all if the user does not want them one by one. */
function takeSteps({ steps, nextStage }) {
  timeline.goTo(Infinity);
  timeline.add(steps);
  timeline.nextStage = nextStage;
  if (isStepwise) timeline.go(1);
  else timeline.goToEnd();
}

const doCommand = (command) => {
  stopPlaying();
  return ask(() => perform(timeline.at, command), takeSteps);
};

async function step() {
  if (!timeline.isAtEnd) {
    timeline.go(1);
    draw();
  } else if (timeline.nextStage < (scenario()?.stages.length ?? 0)) {
    await ask(() => playNext(timeline.at), takeSteps);
  } else if ((scenario() !== null || timeline.isAtStart) && following() !== null) {
    await loadScenario(following().id);
  }
}

function stopPlaying() {
  clearInterval(playing);
  playing = 0;
}

/** Plays to the end of the part. */
async function play() {
  if (playing !== 0) return void stopPlaying();
  await step();
  playing = setInterval(() => {
    if (timeline.isAtEnd) stopPlaying();
    else timeline.go(1);
    draw();
  }, PLAY_MS);
}

const actions = {
  back: () => timeline.go(-1),
  step,
  play,
  end: () => timeline.goToEnd(),
  "trouble-close": () => say(""),
  "go-on": () => {
    isResumed = false;
    byId("step").focus({ preventScroll: true });
  },
};

async function act(id) {
  if (id !== "play") stopPlaying();
  await actions[id]();
  draw();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, [data-step]");
  if (target === null) return;
  if (target.getAttribute("aria-disabled") === "true") return sayWhy(target);
  if (target.dataset.do) doCommand(JSON.parse(target.dataset.do));
  else if (target.dataset.load !== undefined) loadScenario(target.dataset.load || null);
  else if (target.dataset.word) explain(target.dataset.word);
  else if (target.dataset.step) {
    stopPlaying();
    timeline.goTo(Number(target.dataset.step));
    draw();
  } else if (target.id in actions) act(target.id);
});

async function loadScenario(id) {
  stopPlaying();
  await ask(() => load(timeline.at, id), () => {});
  byId("step").focus({ preventScroll: true });
}

/** What the forms ask for; numbers are numbers. */
document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-disabled") === "true") return sayWhy(button);
  const command = { do: form.dataset.form, ...JSON.parse(form.dataset.of ?? "{}") };
  if (form.dataset.what) command.what = form.dataset.what;
  for (const [name, value] of new FormData(form)) {
    command[name] = /^(text|mode)$/.test(name) ? value : Number(value);
  }
  doCommand(command);
  // The keys go to the steps now, and not into the field.
  if (isStepwise) byId("step").focus({ preventScroll: true });
});

document.addEventListener("change", ({ target }) => {
  if (target.id === "stepwise") isStepwise = target.checked;
  else if (target.id === "slabs") {
    timeline.showsSlabs = target.checked;
    if (timeline.step !== null && !timeline.isShown(timeline.position)) timeline.go(1);
  } else return;
  draw();
});

/** Keys do what the buttons do where they mean nothing else. */
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { target, key } = event;
  if (
    target.matches("input, select, textarea, summary") || byId("words").matches(":popover-open")
  ) return;
  const inList = target.id === "steps";
  const isButton = target.matches("button");
  const id = {
    // A button that does nothing now does not keep the key to itself.
    " ": isButton && target.getAttribute("aria-disabled") !== "true" ? undefined : "step",
    ArrowRight: "step",
    ArrowLeft: "back",
    ArrowDown: inList ? "step" : undefined,
    ArrowUp: inList ? "back" : undefined,
    End: "end",
  }[key];
  if (key === "Home" && inList) timeline.goTo(-1);
  else if (id === undefined) return;
  event.preventDefault();
  if (key === "Home") draw();
  else if (key !== "ArrowDown" || !timeline.isAtEnd) act(id);
});

/** Opens the words at one of them. */
function explain(word) {
  setTimeout(() => byId(`word-${word}`).focus());
}

show(byId("words"), glossary());
show(byId("log-title"), term("log"));
await ask(fetchStory, () => {});
isResumed = scenario() !== null || !timeline.isAtStart;
draw();
