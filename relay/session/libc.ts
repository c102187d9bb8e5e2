/** C libraries, each by the name and paths it can have. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, readonly string[]>> = {
  linux: [
    "libc.so.6",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
  ],
  darwin: ["libSystem.B.dylib", "/usr/lib/libSystem.B.dylib"],
};

/**
 * What ends the process by a signal's default action, whoever listens; `null` without the permission to
 * open the C library, or on another system than Linux and macOS. The permission may be given up later.
 */
export function openRaise(): ((signal: number) => void) | null {
  for (const library of LIBRARIES[Deno.build.os] ?? []) {
    // Asking for the permission would stop the program.
    if (!isAllowed(library.startsWith("/") ? library : undefined)) continue;
    try {
      const { symbols } = Deno.dlopen(library, {
        signal: { parameters: ["i32", "pointer"], result: "pointer" },
        getpid: { parameters: [], result: "i32" },
        kill: { parameters: ["i32", "i32"], result: "i32" },
      });
      return (signal) => {
        // SIG_DFL is 0.
        symbols.signal(signal, null);
        symbols.kill(symbols.getpid(), signal);
      };
    } catch {
      // Not under this name.
    }
  }
  return null;
}

function isAllowed(path?: string): boolean {
  const descriptor = { name: "ffi", ...(path === undefined ? {} : { path }) } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}
