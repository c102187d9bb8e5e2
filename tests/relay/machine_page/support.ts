import {
  apply,
  type Json,
  MachineModel,
  type MachineState,
  type ToldStep,
} from "../../../relay/machine_page/mod.ts";

/** A model with a scenario loaded. */
export function loaded(scenario: string): MachineModel {
  const model = new MachineModel();
  model.load(scenario);
  return model;
}

/** Plays stages of the scenario and answers the steps of the last one. */
export function play(model: MachineModel, stages: number): readonly ToldStep[] {
  let steps: readonly ToldStep[] = [];
  for (let i = 0; i < stages; i++) steps = model.next();
  return steps;
}

/** The texts of steps of some kinds. */
export function texts(steps: readonly ToldStep[], ...kinds: string[]): string[] {
  return steps.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => text);
}

/** The state that the steps lead to from the base. */
export function replayed({ story }: MachineModel): MachineState {
  const changes = story.steps.flatMap((step) => step.changes);
  return apply(story.base as unknown as Json, changes) as unknown as MachineState;
}

/** What of a state has to be the same again when all was given back: not the counters. */
export function holdings({ nodes, channels, files, locks }: MachineState): unknown {
  return {
    nodes: nodes.map(({ frames, free, slabs }) => ({ frames, free, slabs })),
    channels,
    files,
    locks,
  };
}
