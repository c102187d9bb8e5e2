import { type BabeltraceEnd, type BabeltraceEvent, eachEvent } from "../../ctf/babeltrace.ts";

/** Microseconds after which babeltrace2 asks again. */
const RETRY_US = 1000;

/** Babeltrace as a live viewer of sessions at a relay daemon. */
export class Viewer {
  /** What it has shown so far, in its order. */
  readonly events: BabeltraceEvent[] = [];
  /** Resolves when the sessions have ended, or the viewer cannot go on. */
  readonly ended: Promise<BabeltraceEnd>;

  /** Views sessions, `HOST/NAME`, which must be there; `look` is called with each event at once. */
  constructor(
    livePort: number,
    sessions: string | readonly string[],
    look: (event: BabeltraceEvent) => void = () => {},
  ) {
    const inputs = [sessions].flat().flatMap((session, i) => [
      `--component=s${i}:source.ctf.lttng-live`,
      `--params=inputs=["net://127.0.0.1:${livePort}/host/${session}"]`,
      // Otherwise it waits for the session to come again.
      `--params=session-not-found-action="end"`,
    ]);
    const see = (event: BabeltraceEvent): void => {
      this.events.push(event);
      look(event);
    };
    this.ended = eachEvent([`--retry-duration=${RETRY_US}`, ...inputs], see, true);
  }
}
