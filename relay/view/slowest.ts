/** Keeps of all durations that come the longest, with what they are of. */
export class Slowest<T> {
  readonly #limit: number;
  /** The longest first. */
  readonly #kept: { readonly duration: number; readonly of: T }[] = [];

  /** Keeps at most so many. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a duration is among the longest so far. */
  takes(duration: number): boolean {
    const kept = this.#kept;
    return kept.length < this.#limit || duration > kept[kept.length - 1].duration;
  }

  /** One more: of two that are equal the first stays. */
  add(duration: number, of: T): void {
    const kept = this.#kept;
    if (!this.takes(duration)) return;
    let at = kept.length;
    while (at > 0 && kept[at - 1].duration < duration) at--;
    kept.splice(at, 0, { duration, of });
    if (kept.length > this.#limit) kept.pop();
  }

  /** What is kept, the longest first. */
  get all(): readonly T[] {
    return this.#kept.map(({ of }) => of);
  }
}
