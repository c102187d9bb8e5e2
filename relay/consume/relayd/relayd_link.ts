import { type RelaydAddress, relaydUrl } from "./address.ts";
import { RelaydSession } from "./relayd_session.ts";

/** Milliseconds between two tries to reach a daemon again: the first time, and at most. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

// That of the program may be wrapped by the time it is called.
const { setTimeout, clearTimeout } = globalThis;

/** Which sessions are made at a daemon. */
export interface RelaydLinkOptions {
  /** Where the daemon is. */
  readonly address: RelaydAddress;
  /** The session's name, for viewers. Those that continue it have `-2`, `-3` … behind it. */
  readonly name: string;
  /** Name of the host. */
  readonly hostname: string;
  /**
   * Directory below the daemon's output. The session is in `1` below that, those that continue it in
   * `2`, `3` …: so a reader that is given the directory finds them all.
   */
  readonly path: string;
  /** Milliseconds between two looks of a live session; 0 for one that is not live. */
  readonly livePeriodMs: number;
  /** Milliseconds before a daemon that went away is first tried again; initially 100. */
  readonly retryMs?: number | undefined;
  /** Milliseconds that a daemon may take to answer; initially 10,000. */
  readonly silenceMs?: number | undefined;
}

/**
 * Keeps a session open at a relay daemon: when it has ended, for whatever reason, a new one is made as
 * soon as that can be, with more and more time between tries. The user is told of the first time.
 */
export class RelaydLink {
  readonly #options: RelaydLinkOptions;
  #session: RelaydSession | null;
  #part = 1;
  #outages = 0;
  #why: Error | null = null;
  #retryMs: number;
  readonly #closing = new AbortController();
  /** Ends when it is closed. */
  readonly #watching: Promise<void>;
  #changed: () => void = () => {};
  #say: (text: string) => void = () => {};

  /** Opens the first session. What cannot be done is thrown. */
  static async open(options: RelaydLinkOptions): Promise<RelaydLink> {
    return new RelaydLink(options, await openPart(options, 1));
  }

  private constructor(options: RelaydLinkOptions, session: RelaydSession) {
    this.#options = options;
    this.#session = session;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.#watching = this.#watch();
  }

  /** The session; `null` while the daemon is away. */
  get session(): RelaydSession | null {
    return this.#session?.hasEnded ? null : this.#session;
  }

  /** Where the trace goes, all parts of it: the daemon's URL, and the directory below its output. */
  get name(): string {
    const { address, path } = this.#options;
    return `${relaydUrl(address)}/${path}`;
  }

  /** Directory of the session, below the daemon's output. */
  get path(): string {
    return `${this.#options.path}/${this.#part}`;
  }

  /** Why the daemon is away; `null` while it is not. */
  get away(): string | null {
    return this.session !== null ? null : this.#why?.message ?? "it is closed";
  }

  /** Calls `changed` when the session has ended or there is another one, and `say` with what the user should know. */
  attend(changed: () => void, say: (text: string) => void): void {
    this.#changed = changed;
    this.#say = say;
  }

  /** The daemon has confirmed something: the next time it goes away, it is soon tried again. */
  proven(): void {
    this.#retryMs = this.#options.retryMs ?? RETRY_MS;
  }

  /** Ends the session, and makes no other one. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.session?.close();
    await this.#watching;
    if (this.#outages === 0) return;
    const times = this.#outages === 1 ? "once" : `${this.#outages} times`;
    const parts = `${this.#part} part${this.#part === 1 ? "" : "s"}`;
    this.#say(`the relay daemon was away ${times}; the trace is in ${parts}, below ${this.name}`);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#session !== null) {
      this.#why = await this.#session.ended;
      this.#session = null;
      if (signal.aborted) return;
      if (this.#outages++ === 0) {
        const url = relaydUrl(this.#options.address);
        this.#say(`the relay daemon at ${url} is away: ${this.#why.message}; it is tried again`);
      }
      this.#changed();
      this.#session = await this.#reconnect();
      this.#changed();
    }
  }

  /** Makes the next part; `null` when it is closed before that can be. */
  async #reconnect(): Promise<RelaydSession | null> {
    const { signal } = this.#closing;
    for (;;) {
      await pause(this.#retryMs, signal);
      this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
      if (signal.aborted) return null;
      try {
        const session = await openPart(this.#options, this.#part + 1, signal);
        if (signal.aborted) {
          await session.close();
          return null;
        }
        this.#part++;
        if (this.#outages === 1) {
          const { name } = this.#options;
          this.#say(`the relay daemon is back: the trace goes on in session ${name}-${this.#part}`);
        }
        return session;
      } catch (error) {
        this.#why = (error as Error).cause as Error;
      }
    }
  }
}

function openPart(
  { address, name, hostname, livePeriodMs, silenceMs }: RelaydLinkOptions,
  part: number,
  signal?: AbortSignal,
): Promise<RelaydSession> {
  const liveTimerUs = Math.ceil(1000 * livePeriodMs);
  const partName = part === 1 ? name : `${name}-${part}`;
  const session = { name: partName, hostname, liveTimerUs };
  return RelaydSession.open(address, session, { silenceMs, signal });
}

/** Resolves after some time, or when it is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
