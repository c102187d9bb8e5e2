/** A program of the tests that prints why a session with a black box cannot start: `… BOX OUTPUT`. */
import { TraceSession } from "@ltt/relay/session";

const [file, output] = Deno.args;
try {
  await TraceSession.start({ output, backing: { file } });
} catch (error) {
  console.log((error as Error).message);
}
