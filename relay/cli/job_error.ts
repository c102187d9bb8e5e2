import { plainText } from "./plain_text.ts";

/** Ends the job with one line. */
export class JobError extends Error {
  override name = "JobError";
}

/** Runs `action` on a path; what the system has against it becomes a {@linkcode JobError}. */
export async function attempt<T>(
  what: string,
  path: string,
  action: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof JobError) throw error;
    throw new JobError(`Cannot ${what} ${path}: ${reasonOf(error)}`);
  }
}

/** What the system, or something else, has against an action: a line that a terminal can show. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or directory";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return `not allowed, ${error.message}`;
  // Messages of the system end in its number, which says nothing more.
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.replace(/ \(os error \d+\).*/, "");
  return plainText(reason.charAt(0).toLowerCase() + reason.slice(1));
}
