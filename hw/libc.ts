/**
 * The host's C library, by FFI: for what the platform does not offer otherwise. The machine does without
 * it unless its RAM is a file.
 *
 * @module
 */

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
 * Opens functions of the C library; `null` without the permission, which nobody is asked for, or on
 * another system than Linux and macOS. What is open stays so when the permission is given up.
 */
export function openLibc<const Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.StaticForeignLibraryInterface<Symbols> | null {
  for (const library of LIBRARIES[Deno.build.os] ?? []) {
    if (!isFfiAllowed(library.startsWith("/") ? library : undefined)) continue;
    try {
      return Deno.dlopen(library, symbols).symbols;
    } catch {
      // Not under this name.
    }
  }
  return null;
}

/** Whether a library may be opened; without `path` any. */
export function isFfiAllowed(path?: string): boolean {
  const descriptor = { name: "ffi", ...(path === undefined ? {} : { path }) } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** The path by which this system's C library can be opened; `null` where none is known. Needs `--allow-read`. */
export function libcPath(): string | null {
  for (const library of LIBRARIES[Deno.build.os] ?? []) {
    if (!library.startsWith("/")) continue;
    try {
      if (Deno.statSync(library).isFile) return library;
    } catch {
      // Not there.
    }
  }
  return null;
}
