import { CtfError } from "../ctf/ctf_error.ts";

/** Most faults of a black box that are told one by one. */
const MOST_FAULTS = 20;

/** What is damaged in a black box, and was left out. */
export class Faults {
  readonly #told: string[] = [];
  #count = 0;

  /** The first of them, each a sentence. */
  get told(): readonly string[] {
    return this.#told;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Does something with the stream of a CPU; what of it turns out damaged is told. Says whether nothing was. */
  sparing(cpu: number, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof CtfError)) throw error;
      this.#count++;
      if (this.#told.length < MOST_FAULTS) this.#told.push(`CPU ${cpu}: ${error.message}`);
      return false;
    }
  }
}
