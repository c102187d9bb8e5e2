/** Milliseconds a program has to end by itself before it is told more firmly. */
const PATIENCE_MS = 10_000;
/** What a program is ended with, one after the other. */
const ENDING: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGKILL"];

/** Ends a program when its time is over, more firmly from time to time. */
export class Ending {
  readonly #child: Deno.ChildProcess;
  readonly #signals = [...ENDING];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasBegun = false;

  /** Of that program. */
  constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Whether the program has been told to end. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Tells the program to end in so many milliseconds. */
  begin(ms: number): void {
    this.#timer = setTimeout(() => {
      const signal = this.#signals.shift();
      if (signal === undefined) return;
      this.#hasBegun = true;
      kill(this.#child, signal);
      this.begin(PATIENCE_MS);
    }, ms);
  }

  /** The program has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Hands on signals to a program, until what is returned is called; SIGINT of a terminal it gets itself. */
export function forwardSignals(child: Deno.ChildProcess): () => void {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => (): void => {
    if (signal !== "SIGINT" || !Deno.stdin.isTerminal()) kill(child, signal);
  });
  for (const [i, signal] of signals.entries()) Deno.addSignalListener(signal, listeners[i]);
  return () => {
    for (const [i, signal] of signals.entries()) Deno.removeSignalListener(signal, listeners[i]);
  };
}

/** Sends a signal to a program, unless it has ended. */
function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has.
  }
}
