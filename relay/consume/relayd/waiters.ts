/** Those who wait until something has happened. */
export class Waiters {
  #waiting: (() => void)[] = [];

  /** Resolves when it happens next. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** It has happened. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
