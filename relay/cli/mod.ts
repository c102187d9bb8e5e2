/**
 * The command line. Run as a program, this module hands its arguments to {@linkcode main} and exits
 * with what that answers. In a clone `deno task record` is `record`, and the others likewise.
 *
 * | command | exit code |
 * | --- | --- |
 * | `record` | the program's, 0 when its `--seconds` were over, 1 when nothing could be recorded |
 * | `view`, `convert` | 0, also when no event was chosen; 1 when a trace or an argument is wrong |
 * | `recover` | 0, 1 when something in the black box is damaged, or nothing could be done |
 * | `relay` | 0 when what came out is what went in |
 * | `machine` | 0 |
 *
 * @module
 */
import { convert } from "./convert.ts";
import { machine } from "./machine.ts";
import { record } from "./record.ts";
import { recover } from "./recover.ts";
import { relayFiles } from "./relay_files.ts";
import { view } from "./view.ts";

export { convert, machine, record, recover, relayFiles, view };

const usage = `Usage: COMMAND [ARGS]

  record [OPTIONS] [SCRIPT [ARGS]]   traces a Deno program that knows nothing of it
  view [OPTIONS] TRACE...            shows the events of traces, or figures of them
  convert --to FORMAT --out FILE TRACE...
                                     writes the events of traces as other programs read them
  recover [OPTIONS] FILE             makes a trace of the black box of a program that was killed
  relay [OPTIONS] [FILE...]          relays files through the buffers of a machine
  machine [OPTIONS]                  serves a page on which a machine is seen as it is

COMMAND --help says more.
`;

/** The commands by their names. */
const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<number>> = new Map([
  ["record", record],
  ["view", view],
  ["convert", convert],
  ["recover", recover],
  ["relay", relayFiles],
  ["machine", machine],
]);

/** Runs the command that the first argument names on the others; answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...others] = args;
  const command = COMMANDS.get(name);
  if (command !== undefined) return await command(others);
  if (name === "--help" || name === "-h") {
    console.log(usage);
    return 0;
  }
  console.error(name === undefined ? usage : `error: There is no command "${name}"\n\n${usage}`);
  return 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
