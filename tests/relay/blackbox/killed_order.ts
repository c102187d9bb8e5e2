/** What a program that is to be killed is told. */
export interface KilledOrder {
  /** Its black box. */
  readonly box: string;
  /** Where it keeps its journal: two words a thread, events begun and events recorded. */
  readonly journal: string;
  /** Its trace; `null` for none. */
  readonly output: string | null;
  readonly mode: "continuous" | "flight-recorder";
  readonly threads: number;
  readonly subbufSize: number;
  readonly nSubbufs: number;
  /** Events recorded at a time, with a millisecond between; 0 for as fast as it can. */
  readonly burst: number;
}
