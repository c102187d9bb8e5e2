/** What is used of Web Locks, which Deno has but does not declare. */
interface Locks {
  request<T>(name: string, callback: () => T | Promise<T>): Promise<T>;
}

const { locks } = navigator as unknown as { readonly locks: Locks };

/**
 * Takes a lock and keeps it until `release` is called or the thread is gone, whatever ends it.
 * Resolves when it is held. It is asked for at once, however long the thread stays busy then.
 */
export async function holdThreadLock(name: string): Promise<() => void> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await new Promise<void>((held) => {
    locks.request(name, () => {
      held();
      return released;
    });
  });
  return release;
}

/** Resolves when nobody holds a lock any more: its thread is gone, or has released it. */
export async function threadLockFree(name: string): Promise<void> {
  await locks.request(name, () => {});
}
