import { openLibc } from "../../hw/libc.ts";

/**
 * What ends the process by a signal's default action, whoever listens; `null` without the permission to
 * open the C library, or on another system than Linux and macOS. The permission may be given up later.
 */
export function openRaise(): ((signal: number) => void) | null {
  const symbols = openLibc({
    signal: { parameters: ["i32", "pointer"], result: "pointer" },
    getpid: { parameters: [], result: "i32" },
    kill: { parameters: ["i32", "i32"], result: "i32" },
  });
  if (symbols === null) return null;
  return (signal) => {
    // SIG_DFL is 0.
    symbols.signal(signal, null);
    symbols.kill(symbols.getpid(), signal);
  };
}
