// The story of the machine: its steps, the state after each, and where in it the page is.

import { applyChange } from "./apply.js";

/** The steps, and a place among them: -1 is before the first. */
export class Timeline {
  #boot = "";
  #number = 0;
  #base = null;
  #states = [];
  #steps = [];
  scenario = null;
  /** Whether steps before the first one were dropped, because there were too many. */
  isCut = false;
  nextStage = 0;
  /** The step being shown. */
  position = -1;
  /** The step before what is new to the eye. */
  #since = -1;
  /** Whether small allocations are steps of their own. */
  showsSlabs = false;

  /** Takes a story as a whole, and goes to its end. */
  take(story) {
    this.#boot = story.boot;
    this.#number = story.number;
    this.#base = story.base;
    this.#states = [];
    this.#steps = [];
    this.scenario = story.scenario;
    this.isCut = story.cut;
    this.nextStage = story.nextStage;
    this.add(story.steps);
    this.goTo(Infinity);
  }

  /** Adds steps at the end; the place stays. */
  add(steps) {
    for (const step of steps) {
      this.#states.push(step.changes.reduce(applyChange, this.#states.at(-1) ?? this.#base));
      this.#steps.push(step);
    }
  }

  /** How far the story is known: what the server wants to hear. */
  get at() {
    return { boot: this.#boot, number: this.#number, length: this.#steps.length };
  }

  get steps() {
    return this.#steps;
  }

  get step() {
    return this.#steps[this.position] ?? null;
  }

  get state() {
    return this.#states[this.position] ?? this.#base;
  }

  /** Whether nothing that is shown comes after. */
  get isAtEnd() {
    return this.#next(1) === null;
  }

  get isAtStart() {
    return this.position < 0;
  }

  /** Whether a step is shown in the list. */
  isShown(index) {
    return this.showsSlabs || this.#steps[index].kind !== "slab";
  }

  /** How many shown steps come after. */
  get left() {
    return this.#steps.filter((_, i) => i > this.position && this.isShown(i)).length;
  }

  /** Goes a shown step on, or back with -1. */
  go(direction) {
    const next = this.#next(direction);
    if (next !== null) this.position = next;
    else if (direction < 0) this.position = -1;
    this.#since = this.#next(-1) ?? -1;
  }

  /** Goes to a step. */
  goTo(index) {
    this.position = Math.max(-1, Math.min(index, this.#steps.length - 1));
    this.#since = this.#next(-1) ?? -1;
  }

  /** Goes to the end of the stage the next step is in, or of all. */
  goToEnd() {
    const next = this.#next(1);
    if (next === null) return;
    const { stage } = this.#steps[next];
    this.#since = this.position;
    let last = next;
    while (last + 1 < this.#steps.length && this.#steps[last + 1].stage === stage) last++;
    this.position = last;
  }

  /** The stage that the step shown ends, `null` if it ends none. */
  get endedStage() {
    const stage = this.step?.stage ?? null;
    if (stage === null) return null;
    return this.isAtEnd || this.#steps[this.#next(1)].stage !== stage ? stage : null;
  }

  /** What has changed since the step before, or since the end of the part was gone to. */
  get changes() {
    return this.#steps.slice(this.#since + 1, this.position + 1).flatMap(({ changes }) => changes);
  }

  /** Steps of the command under way, up to the one shown. */
  get sinceCommand() {
    let begin = this.position;
    while (begin > 0 && this.#steps[begin].kind !== "command") begin--;
    return begin < 0 ? [] : this.#steps.slice(begin, this.position + 1);
  }

  #next(direction) {
    for (let i = this.position + direction; i >= 0 && i < this.#steps.length; i += direction) {
      if (this.isShown(i)) return i;
    }
    return null;
  }
}
