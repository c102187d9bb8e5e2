/**
 * The command line: {@linkcode relayFiles} is `deno task relay`. Run as a program, this module hands
 * it the arguments and exits with what it answers.
 *
 * @module
 */
import { relayFiles } from "./relay_files.ts";

export { relayFiles };

if (import.meta.main) Deno.exit(await relayFiles(Deno.args));
