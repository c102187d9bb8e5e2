// Those of the program may be wrapped by the time they are called.
const { setTimeout, clearTimeout } = globalThis;

/** Closes a socket, once or again. */
export function closeSocket(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}

/** Why a daemon is left that says nothing. */
export function silent(ms: number): Error {
  return new Error(`it has not answered for ${ms / 1000} s`);
}

/** Connects in time, or rejects; also when it is aborted. */
export async function connect(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  silenceMs: number,
  signal?: AbortSignal,
): Promise<Deno.TcpConn> {
  const connecting = Deno.connect({ hostname, port });
  try {
    return await inTime(connecting, silenceMs, signal);
  } catch (error) {
    // It may still come, too late.
    connecting.then(closeSocket, () => {});
    throw error;
  }
}

/** What comes in time, and before an abort. */
export async function inTime<T>(promise: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new Error("it is closed"));
  const timer = setTimeout(() => reject(silent(ms)), ms);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
