import type { PacketInfo } from "../../ctf/packet.ts";
import { type RelaydAddress, relaydUrl } from "./address.ts";
import { closeSocket, connect, inTime, silent } from "./connecting.ts";
import { ControlConnection } from "./control_connection.ts";
import {
  addStreamRequest,
  assertOk,
  closeStreamRequest,
  createSessionRequest,
  dataHeader,
  metadataRequest,
  RELAYD_VERSION,
  type RelayedSession,
  type RelayedStream,
  streamsSentRequest,
  versionRequest,
} from "./messages.ts";
import { RemoteStream } from "./remote_stream.ts";
import { SendQueue } from "./send_queue.ts";

/** Bytes of packets that may wait for the connection to take them. */
const MAX_QUEUED = 1024 * 1024;
/** How long a daemon may take to answer at all, in milliseconds. */
const SILENCE_MS = 10_000;
/** How often that is looked at, at most that long apart. */
const LOOK_MS = 500;

// Those of the program may be wrapped by the time they are called.
const { setInterval, clearInterval } = globalThis;

/** How long a daemon is waited for. */
export interface Patience {
  /** How long it may take to answer at all, in milliseconds; initially 10,000. */
  readonly silenceMs?: number | undefined;
  /** Ends the waiting for a session that is being opened. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A session on a relay daemon, over two connections. Requests are sent without waiting for the replies
 * to those before; an error that comes late ends the session, and `ended` tells it.
 */
export class RelaydSession {
  /** Resolves, to the reason, when the session can be used no more. It never rejects. */
  readonly ended: Promise<Error>;
  readonly #control: ControlConnection;
  readonly #data: SendQueue;
  readonly #dataSocket: Deno.Conn;
  readonly #silenceMs: number;
  readonly #end: (why: Error) => void;
  readonly #look: ReturnType<typeof setInterval>;
  readonly #streams: RemoteStream[] = [];
  #metadata: bigint | null = null;
  #hasEnded = false;

  /**
   * Connects, and makes a session. What the daemon refuses, or does not answer in time, is thrown.
   */
  static async open(
    address: RelaydAddress,
    session: RelayedSession,
    { silenceMs = SILENCE_MS, signal }: Patience = {},
  ): Promise<RelaydSession> {
    const { hostname, controlPort, dataPort } = address;
    const sockets: Deno.Conn[] = [];
    let opened: RelaydSession | null = null;
    const abort = (): void => opened?.abort();
    try {
      for (const port of [controlPort, dataPort]) {
        const socket = await connect({ hostname, port }, silenceMs, signal);
        sockets.push(socket);
        socket.setNoDelay(true);
      }
      opened = new RelaydSession(sockets[0], sockets[1], silenceMs);
      signal?.addEventListener("abort", abort);
      await opened.#create(session);
      return opened;
    } catch (error) {
      if (opened === null) sockets.forEach(closeSocket);
      else opened.abort();
      const { message } = error as Error;
      throw new Error(`Cannot send a trace to ${relaydUrl(address)}: ${message}`, { cause: error });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  private constructor(control: Deno.Conn, data: Deno.Conn, silenceMs: number) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.ended = promise;
    this.#end = resolve;
    const fail = (error: unknown): void =>
      this.#close(error instanceof Error ? error : new Error(`${error}`));
    this.#control = new ControlConnection(control, fail);
    this.#data = new SendQueue(data, fail);
    this.#dataSocket = data;
    this.#silenceMs = silenceMs;
    this.#watchData(fail);
    this.#look = setInterval(() => {
      if (this.#control.silenceMs > silenceMs) fail(silent(silenceMs));
    }, Math.min(LOOK_MS, silenceMs / 4));
  }

  /** Whether it can be used no more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Makes a stream, `metadata` for that of the metadata. Throws why the session has ended. */
  async addStream(
    stream: RelayedStream,
    onConfirmed: (packets: number) => void = () => {},
  ): Promise<RemoteStream> {
    const request = addStreamRequest(stream);
    const reply = await this.#control.ask(request);
    assertOk(request, reply.getUint32(8));
    const handle = reply.getBigUint64(0);
    const remote = new RemoteStream(handle, this.#control, onConfirmed);
    if (stream.channel === "metadata") this.#metadata = handle;
    else this.#streams.push(remote);
    return remote;
  }

  /** Shows viewers the streams made so far. */
  streamsSent(): void {
    this.#control.order(streamsSentRequest());
  }

  /** Appends to the metadata, whole declarations: before the packets that need them. */
  metadata(text: Uint8Array): void {
    this.#control.post(metadataRequest(this.#metadata!, text));
  }

  /**
   * Sends a packet: `pieces` are its bytes up to the end of its content. They must stay as they are
   * until the packet is confirmed, or the session has ended.
   */
  packet(stream: RemoteStream, info: PacketInfo, pieces: readonly Uint8Array[]): void {
    const { handle, sent } = stream;
    const padding = info.packetSize - info.contentSize;
    this.#data.post(dataHeader(handle, sent, info.contentSize, padding), ...pieces);
    stream.index(info);
  }

  /** Resolves when more can be sent, or the session has ended. */
  async room(): Promise<void> {
    await this.#data.room(MAX_QUEUED);
    await this.#control.room();
  }

  /** Ends all streams and the session, which viewers see. Resolves when the daemon has said so, or not in time. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    const replies = this.#streams.map(({ handle, sent }) =>
      this.#control.ask(closeStreamRequest(handle, sent))
    );
    if (this.#metadata !== null) {
      replies.push(this.#control.ask(closeStreamRequest(this.#metadata, 0)));
    }
    // The daemon has all packets; that it does not say goodbye changes nothing.
    await inTime(Promise.allSettled(replies), this.#silenceMs).catch(() => {});
    this.#close(new Error("it is closed"));
  }

  /** Ends the session at once. */
  abort(why: Error = new Error("it is closed")): void {
    this.#close(why);
  }

  async #create(session: RelayedSession): Promise<void> {
    const version = await this.#control.ask(versionRequest());
    const [major, minor] = [version.getUint32(0), version.getUint32(4)];
    if (major !== RELAYD_VERSION.major || minor < RELAYD_VERSION.minor) {
      throw new Error(`it speaks version ${major}.${minor} of the protocol, not 2.10`);
    }
    const request = createSessionRequest(session);
    assertOk(request, (await this.#control.ask(request)).getUint32(8));
  }

  /** The daemon says nothing on the connection for packets; but it may close it. */
  async #watchData(fail: (error: unknown) => void): Promise<void> {
    try {
      if (await this.#dataSocket.read(new Uint8Array(1)) !== null) {
        fail(new Error("it has sent what nobody asked for"));
      } else fail(new Error("it has closed the connection for packets"));
    } catch (error) {
      fail(error);
    }
  }

  #close(why: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#look);
    this.#control.close(why);
    this.#data.close();
    closeSocket(this.#dataSocket);
    for (const stream of this.#streams) stream.end();
    this.#end(why);
  }
}
