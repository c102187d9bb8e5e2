/**
 * Who wants to hear of something as it happens. The machine is in the middle of something then, and does
 * it to the end whatever a listener throws. That is an uncaught error afterwards, as of any callback of
 * the event loop: it ends the program unless the program handles `error` events.
 */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** Whether anybody listens; nothing needs to be told otherwise. */
  get any(): boolean {
    return this.#listeners.size > 0;
  }

  /** Adds a listener; the same one twice is called twice. The function returned takes it off. */
  add(listener: (event: Event) => void): () => void {
    const subscription = (event: Event): void => listener(event);
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  /** Calls those who listen when it begins, in the order they came. */
  tell(event: Event): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // Everything in the machine is synchronous: it is done before the microtask is run.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
