/** A program of the tests that boots a machine of a file, and says why it cannot: `… FILE`. */
import { Machine } from "@ltt/relay/hw";

try {
  new Machine({ nodes: [16], backing: { file: Deno.args[0] } });
} catch (error) {
  console.log((error as Error).message);
}
