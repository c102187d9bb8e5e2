/** A program of the tests that does not end at a signal, and comes to its event loop: no reason to end it. */
import { BusyExit } from "../../../relay/session/busy_exit.ts";
import { SignalWords } from "../../../relay/session/signals.ts";

const words = new SignalWords();
const handled: string[] = [];
new BusyExit(words, true, ({ kind }) => {
  handled.push(kind);
  return "";
});
words.listen();
await new Promise((resolve) => setTimeout(resolve, 10));
Deno.kill(Deno.pid, "SIGINT");
await new Promise((resolve) => setTimeout(resolve, 1500));
console.log(handled);
