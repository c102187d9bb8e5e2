import type { TraceSession } from "../session/session.ts";

/** Where all instances of these modules in a thread find its session. */
export const SESSION_KEY: symbol = Symbol.for("@ltt/relay/session");

/** Makes a session the thread's, or none. */
export function setCurrentSession(session: TraceSession | null): void {
  if (session === null) {
    delete (globalThis as unknown as Record<symbol, unknown>)[SESSION_KEY];
    return;
  }
  const descriptor = { value: session, configurable: true, writable: true, enumerable: false };
  Object.defineProperty(globalThis, SESSION_KEY, descriptor);
}
