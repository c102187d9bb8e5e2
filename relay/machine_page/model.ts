import { actionOf } from "./actions.ts";
import { type Command, CommandError } from "./commands.ts";
import { differsOf } from "./differs.ts";
import { LiveMachine } from "./live_machine.ts";
import { answerOf } from "./places.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/mod.ts";
import type { MachineState } from "./state.ts";
import type { Step } from "./steps.ts";
import { Witness } from "./witness.ts";

/** CPUs online in a machine without a scenario. */
const ONLINE: readonly number[] = [0, 1, 2];
/** Steps that are kept; with more the story starts anew from where it is. */
const MOST_STEPS = 4000;

/** A step, and to which stage of the scenario it belongs; `null`: the user did something of his own. */
export interface ToldStep extends Step {
  /** Number of the stage, from 0 on. */
  readonly stage: number | null;
}

/** All that has happened since the machine was booted, and as it was then. */
export interface Story {
  /** Another one in every model: a page that knew the model before must not use this one. */
  readonly boot: string;
  /** Grows with every machine, and when a story starts anew. */
  readonly number: number;
  /** The state before the first step. */
  readonly base: MachineState;
  /** Whether it began anew because it was too long: the machine is older than its first step. */
  readonly cut: boolean;
  /** The steps, in order. */
  readonly steps: readonly ToldStep[];
  /** The scenario that is being played; `null` for none. */
  readonly scenario: string | null;
  /** The stage to be played next. */
  readonly nextStage: number;
}

/**
 * The machine that the page shows: takes commands and answers what happened in it, step by step. It
 * knows nothing of pages and servers.
 */
export class MachineModel {
  #live!: LiveMachine;
  #witness!: Witness;
  #scenario: Scenario | null = null;
  #nextStage = 0;
  readonly #boot = crypto.randomUUID();
  #number = 0;
  #base!: MachineState;
  #steps: ToldStep[] = [];
  #cut = false;

  /** Boots a machine without a scenario. */
  constructor() {
    this.load(null);
  }

  /** The scenarios there are. */
  get scenarios(): readonly Scenario[] {
    return scenarios;
  }

  /** What has happened so far. */
  get story(): Story {
    return {
      boot: this.#boot,
      number: this.#number,
      base: this.#base,
      cut: this.#cut,
      steps: this.#steps,
      scenario: this.#scenario?.id ?? null,
      nextStage: this.#nextStage,
    };
  }

  /** The state now. */
  get state(): MachineState {
    return this.#witness.state;
  }

  /** Boots another machine, for a scenario or for none. A {@linkcode CommandError} for an unknown one. */
  load(id: string | null): void {
    const scenario = id === null ? null : scenarios.find((one) => one.id === id);
    if (scenario === undefined) throw new CommandError(`Cannot load "${id}": no such scenario`);
    this.#scenario = scenario;
    this.#nextStage = 0;
    this.#live = new LiveMachine(scenario?.online ?? ONLINE);
    this.#witness = new Witness(this.#live);
    this.#startAnew(this.#witness.state, []);
  }

  /** Plays the first stage of the scenario that was just loaded, where that only prepares the others. */
  prepare(): void {
    if (this.#nextStage === 0 && this.#scenario?.stages[0].prepares) this.next();
  }

  /**
   * Carries a command out. What the machine refuses is a step; a {@linkcode CommandError} when the
   * command is about something that is not there: then nothing has happened.
   */
  do(command: Command): readonly ToldStep[] {
    const before = this.state;
    return this.#record(before, this.#perform(command), null);
  }

  /** Plays the next stage of the scenario. A {@linkcode CommandError} when there is none. */
  next(): readonly ToldStep[] {
    const stage = this.#scenario?.stages[this.#nextStage];
    if (stage === undefined) throw new CommandError("Cannot go on: the scenario is at its end");
    const before = this.state;
    const steps = stage.commands.flatMap((command) => this.#performSafely(command));
    return this.#record(before, steps, this.#nextStage++);
  }

  /** A stage's command: what is not there any more, because the user took it away, is a step too. */
  #performSafely(command: Command): Step[] {
    try {
      return this.#perform(command);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#witness.begin(command.do, "The next part of the scenario", "");
      return this.#witness.end("error", `It cannot be done any more. ${answerOf(error)}`, "");
    }
  }

  #perform(command: Command): Step[] {
    const witness = this.#witness;
    const { name, text, place, run } = actionOf(command, this.#live, witness);
    this.#live.begin();
    witness.begin(name ?? command.do, text, place);
    const before = this.state;
    try {
      const answer = run();
      return typeof answer === "string"
        ? witness.end("done", answer, place, differsOf(command, before))
        : witness.end("lost", answer.lost, place);
    } catch (error) {
      const text = `The answer: ${answerOf(error)}`;
      return witness.end("error", text, place, differsOf(command, before, error));
    }
  }

  #record(before: MachineState, steps: readonly Step[], stage: number | null) {
    const told = steps.map((step) => ({ ...step, stage }));
    if (this.#steps.length + told.length > MOST_STEPS) {
      this.#startAnew(before, told);
      this.#cut = true;
    } else this.#steps.push(...told);
    return told;
  }

  #startAnew(base: MachineState, steps: ToldStep[]): void {
    this.#number++;
    this.#cut = false;
    this.#base = base;
    this.#steps = steps;
  }
}
