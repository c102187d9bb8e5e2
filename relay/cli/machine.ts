import { type MachineServer, serveMachine } from "../machine_page/mod.ts";
import { JobError } from "./job_error.ts";
import { machineUsage, parseMachineArguments } from "./machine_arguments.ts";
import { runCommand } from "./run_command.ts";

/**
 * Serves the page of a machine until the program is interrupted. Answers the exit code; everything
 * that can go wrong ends in one line on standard error.
 */
export function machine(args: readonly string[]): Promise<number> {
  const command = { usage: machineUsage, parse: parseMachineArguments };
  return runCommand(command, args, async ({ port }) => {
    const server = await serve(port);
    console.log(`The machine is at ${server.url} (for this computer alone; Ctrl-C ends it)`);
    await server.finished;
    return 0;
  });
}

async function serve(port: number): Promise<MachineServer> {
  try {
    return await serveMachine(port);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new JobError(`Cannot serve on port ${port}: it is in use; --port 0 takes a free one`);
    }
    if (error instanceof Deno.errors.NotCapable) {
      const allow = "--allow-net=127.0.0.1 allows it";
      throw new JobError(`Cannot serve on port ${port}: it is not allowed; ${allow}`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new JobError(`Cannot serve on port ${port}: the system does not permit it`);
    }
    throw error;
  }
}
