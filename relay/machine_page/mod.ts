/**
 * A page that shows the machine: what every command does in it, step by step, with the place in the
 * patch that does it, and five scenarios. `deno task machine` serves it.
 *
 * {@linkcode MachineModel} is the machine with its commands and steps, without a page; it stands on the
 * public face of this package alone. {@linkcode serveMachine} serves it on loopback, with the files of
 * `page/`, which are plain HTML, CSS and JavaScript.
 *
 * @module
 */
export * from "./changes.ts";
export {
  type Command,
  CommandError,
  type OfBuffer,
  parseCommand,
  type RecordCommand,
  type RingCommand,
} from "./commands.ts";
export * from "./model.ts";
export * from "./scenario.ts";
export * from "./server.ts";
export * from "./state.ts";
export * from "./steps.ts";
