import { Waiters } from "./waiters.ts";

/** Pieces from this size on are sent by themselves, from where they lie; smaller ones are gathered. */
const LARGE = 64 * 1024;
/** Bytes that small pieces are gathered to. */
const GATHERED = 256 * 1024;

/** Pieces that are sent before the queue lets go of them. */
const FORGOTTEN = 1024;

/** What bytes can be written to: a `Deno.Conn`. */
export interface ByteSink {
  /** Writes the first of the bytes, and resolves to how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Sends pieces in order, as fast as a connection takes them. Whoever posts never waits; who could post
 * without end asks for room now and then. Pieces must not change until they are sent.
 */
export class SendQueue {
  readonly #sink: ByteSink;
  readonly #failed: (error: unknown) => void;
  #pieces: Uint8Array[] = [];
  /** Of the pieces, how many are sent. */
  #sent = 0;
  readonly #gathered = new Uint8Array(GATHERED);
  #queued = 0;
  #isSending = false;
  #isClosed = false;
  readonly #waiters = new Waiters();

  /** A queue before a connection; `failed` is told, once, why that takes no more. */
  constructor(sink: ByteSink, failed: (error: unknown) => void) {
    this.#sink = sink;
    this.#failed = failed;
  }

  /** Bytes that are not sent yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Sends pieces after all that were posted before. Nothing once it is closed. */
  post(...pieces: Uint8Array[]): void {
    if (this.#isClosed) return;
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#queued += piece.length;
    }
    if (this.#isSending) return;
    this.#isSending = true;
    // What else is posted in the same turn goes along.
    queueMicrotask(() => this.#send());
  }

  /** Resolves when no more than `bytes` are queued, or nothing is sent any more. */
  async room(bytes: number): Promise<void> {
    while (this.#queued > bytes && !this.#isClosed) {
      await this.#waiters.next();
    }
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#pieces = [];
    this.#waiters.wake();
  }

  async #send(): Promise<void> {
    try {
      while (this.#sent < this.#pieces.length) {
        const bytes = this.#next();
        for (let at = 0; at < bytes.length && !this.#isClosed;) {
          at += await this.#sink.write(at === 0 ? bytes : bytes.subarray(at));
        }
        this.#queued -= bytes.length;
        this.#waiters.wake();
      }
      this.#pieces = [];
      this.#sent = 0;
      this.#isSending = false;
    } catch (error) {
      const wasClosed = this.#isClosed;
      this.close();
      if (!wasClosed) this.#failed(error);
    }
  }

  /** The next large piece, or as many small ones as can be gathered. */
  #next(): Uint8Array {
    // A queue that is never empty must not grow for ever.
    if (this.#sent >= FORGOTTEN) {
      this.#pieces = this.#pieces.slice(this.#sent);
      this.#sent = 0;
    }
    const first = this.#pieces[this.#sent++];
    if (first.length >= LARGE) return first;
    this.#gathered.set(first);
    let size = first.length;
    while (this.#sent < this.#pieces.length) {
      const piece = this.#pieces[this.#sent];
      if (piece.length >= LARGE || size + piece.length > GATHERED) break;
      this.#gathered.set(piece, size);
      size += piece.length;
      this.#sent++;
    }
    return this.#gathered.subarray(0, size);
  }
}
