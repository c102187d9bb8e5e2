import { assertOk, type ControlRequest } from "./messages.ts";
import { type ByteSink, SendQueue } from "./send_queue.ts";
import { Waiters } from "./waiters.ts";

/** Requests that may be without reply at a time. */
const MAX_IN_FLIGHT = 1024;
/** Bytes read at a time. */
const READ_SIZE = 16 * 1024;

/** What requests go out on and replies come in on: a `Deno.Conn`. */
export interface ControlSocket extends ByteSink {
  /** Reads some bytes, and resolves to how many; `null` at the end. */
  read(bytes: Uint8Array): Promise<number | null>;
  /** Ends reading and writing. */
  close(): void;
}

interface Awaited {
  readonly request: ControlRequest;
  readonly reply: (reply: DataView) => void;
  readonly failed: (error: Error) => void;
}

/**
 * Requests to a relay daemon and its replies, which come in the same order: many requests can be
 * under way at a time.
 */
export class ControlConnection {
  readonly #socket: ControlSocket;
  readonly #queue: SendQueue;
  readonly #failed: (error: Error) => void;
  #awaited: Awaited[] = [];
  readonly #waiters = new Waiters();
  #isClosed = false;
  #lastReply = performance.now();

  /** On an open socket; `failed` is told, once, why it can be used no more; it must not throw. */
  constructor(socket: ControlSocket, failed: (error: Error) => void) {
    this.#socket = socket;
    this.#failed = failed;
    this.#queue = new SendQueue(socket, (error) => this.#fail(error));
    this.#read();
  }

  /** Milliseconds for which a request has been without reply; 0 if none is. */
  get silenceMs(): number {
    return this.#awaited.length === 0 ? 0 : performance.now() - this.#lastReply;
  }

  /**
   * Sends a request; `reply` is called with its reply, never if the connection ends before. An error
   * that `reply` throws ends the connection. One without a reply is just sent.
   */
  post(request: ControlRequest, reply: (reply: DataView) => void = () => {}): void {
    if (!this.#isClosed) this.#send({ request, reply, failed: () => {} });
  }

  /** Sends a request whose reply is a code; one that is an error's ends the connection. */
  order(request: ControlRequest): void {
    this.post(request, (reply) => assertOk(request, reply.getUint32(0)));
  }

  /** Sends a request, and resolves to its reply; rejects with why the connection has ended. */
  ask(request: ControlRequest): Promise<DataView> {
    return new Promise((reply, failed) => {
      if (this.#isClosed) failed(new Error("it is closed"));
      else this.#send({ request, reply, failed });
    });
  }

  /** Resolves when another request may be sent, or none can be any more. */
  async room(): Promise<void> {
    while (this.#awaited.length >= MAX_IN_FLIGHT && !this.#isClosed) {
      await this.#waiters.next();
    }
    await this.#queue.room(READ_SIZE);
  }

  /** Closes the socket. Requests under way get no reply. */
  close(why: Error = new Error("it is closed")): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.close();
    this.#socket.close();
    for (const { failed } of this.#awaited.splice(0)) failed(why);
    this.#waiters.wake();
  }

  #send(awaited: Awaited): void {
    const { request } = awaited;
    if (request.replySize > 0) {
      if (this.#awaited.length === 0) this.#lastReply = performance.now();
      this.#awaited.push(awaited);
    }
    this.#queue.post(request.bytes);
  }

  /** Takes replies as they come, in whatever pieces. */
  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    let filled = 0;
    try {
      for (;;) {
        const count = await this.#socket.read(buffer.subarray(filled));
        if (this.#isClosed) return;
        if (count === null) throw new Error("it has closed the connection");
        filled += count;
        let at = 0;
        for (let next; (next = this.#awaited[0]) !== undefined;) {
          const { replySize } = next.request;
          if (filled - at < replySize) break;
          this.#awaited.shift();
          this.#lastReply = performance.now();
          next.reply(new DataView(buffer.slice(at, at + replySize).buffer));
          at += replySize;
        }
        if (this.#awaited.length === 0 && at < filled) {
          throw new Error(`it has sent ${filled - at} bytes that answer nothing`);
        }
        buffer.copyWithin(0, at, filled);
        filled -= at;
        this.#waiters.wake();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    const why = error instanceof Error ? error : new Error(`${error}`);
    this.close(why);
    this.#failed(why);
  }
}
