import { resolve } from "node:path";
import { ChromeJson, OpenedTraces } from "../view/mod.ts";
import { convertUsage, parseConvertArguments } from "./convert_arguments.ts";
import { FileOutput, sayWritten } from "./file_output.ts";
import { attempt } from "./job_error.ts";
import { assertNoTraceOverwritten } from "./output_path.ts";
import { plainText } from "./plain_text.ts";
import { runCommand } from "./run_command.ts";
import { directoriesOf } from "./trace_arguments.ts";

/**
 * Writes the events of traces for other programs: the command `convert`. Answers the exit code: 1 if nothing
 * could be written, or a trace is broken, which ends in a line on standard error; what could be read is
 * written all the same.
 */
export function convert(args: readonly string[]): Promise<number> {
  const command = { usage: convertUsage, parse: parseConvertArguments };
  return runCommand(command, args, async (options) => {
    const cwd = resolve(options.cwd);
    const directories = await directoriesOf(options.traces, cwd);
    const out = resolve(cwd, options.out);
    await assertNoTraceOverwritten(out, directories);
    return await run(directories, out);
  });
}

async function run(directories: readonly string[], out: string): Promise<number> {
  let code = 0;
  let events = 0;
  // A trace that cannot be opened is found out before the file is emptied.
  let write: (text: string) => void = () => {};
  let json: ChromeJson | null = null;
  using traces = await attempt(
    "read trace",
    directories.join(", "),
    () =>
      new OpenedTraces(directories, {
        lost: (lost) => {
          const trace = traces.traceOfStream(lost.stream ?? "");
          if (json !== null) write(json.lost(lost, trace, traces.environments.get(trace) ?? {}));
        },
        broken: (error) => {
          code = 1;
          console.error(`error: ${plainText(error.message)}`);
        },
      }),
  );
  await attempt("write", out, () => {
    using output = new FileOutput(out);
    write = (text) => output.write(text);
    json = new ChromeJson(traces.beginNs, traces.originOf);
    write(json.begin());
    for (const event of traces.events(0)) {
      write(json.event(event));
      events++;
    }
    write(json.end());
    output.flush();
  });
  sayWritten(out, events, "open it in Perfetto, or in Chrome's chrome://tracing");
  return code;
}
