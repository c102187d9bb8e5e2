/**
 * Who wants to hear of something as it happens. What a listener throws is reported as an uncaught
 * error: the machine is in the middle of something and goes on.
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
        reportError(error);
      }
    }
  }
}
