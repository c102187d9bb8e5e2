/**
 * The command line. Run as a program, this module hands its arguments to {@linkcode main} and exits
 * with what that answers. In a clone `deno task record` is `record`, and the others likewise.
 *
 * | command | exit code |
 * | --- | --- |
 * | `record` | the program's, 0 when its `--seconds` were over, 1 when nothing could be recorded |
 * | `view`, `convert` | 0, 1 when a trace or an argument is wrong |
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

/** Runs the command that the first argument names on the others; answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, ...others] = args;
  switch (command) {
    case "record":
      return await record(others);
    case "view":
      return await view(others);
    case "convert":
      return await convert(others);
    case "recover":
      return await recover(others);
    case "relay":
      return await relayFiles(others);
    case "machine":
      return await machine(others);
    case "--help":
    case "-h":
      console.log(usage);
      return 0;
    default:
      console.error(
        command === undefined ? usage : `error: There is no command "${command}"\n\n${usage}`,
      );
      return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
