/*
 * A relay daemon that keeps what it gets in memory, and can be told to do wrong. It reads the bytes of
 * the protocol by itself, by the offsets of LTTng's `relayd.h`, not by what sends them.
 */
import type { RelaydAddress } from "../../../../relay/consume/relayd/address.ts";

/** Whether nobody may connect here: for `{ ignore }`. */
export const CANNOT_CONNECT: boolean =
  Deno.permissions.querySync({ name: "net" }).state !== "granted";

const NOTHING = 2n ** 64n - 1n;

export const COMMANDS: Readonly<Record<number, { readonly name: string; readonly size?: number }>> =
  {
    1: { name: "ADD_STREAM", size: 4376 },
    2: { name: "CREATE_SESSION", size: 327 },
    5: { name: "VERSION", size: 8 },
    6: { name: "SEND_METADATA" },
    7: { name: "CLOSE_STREAM", size: 16 },
    8: { name: "DATA_PENDING", size: 16 },
    13: { name: "SEND_INDEX", size: 80 },
    16: { name: "STREAMS_SENT", size: 0 },
  };

/** Bytes that may pass before a connection is cut. */
export interface Limits {
  /** Of requests. */
  control: number;
  /** Of packets, with their headers. */
  data: number;
  /** Of replies. */
  replies: number;
}

/** What a daemon does wrong. */
export interface Faults {
  /** Version it answers. */
  version: readonly [number, number];
  /** What it answers a command with in the place of 10, by name. */
  code: (command: string) => number;
  /** Bytes of a reply that are written at a time; 0 for whole replies. */
  pieceSize: number;
  /** In total; each cuts once. */
  limits: Limits;
  /** Questions for what is pending that are answered with "yes" first. */
  pending: number;
  /** Connections it does not read. */
  deaf: readonly ("control" | "data")[];
  /** Answers nothing. */
  isMute: boolean;
  /** Closes each connection at once. */
  isDown: boolean;
}

export class FakeStream {
  /** By number in the stream at the daemon. */
  readonly data: Uint8Array[] = [];
  readonly indexes: Uint8Array[] = [];
  readonly beacons: { readonly time: bigint; readonly cpu: bigint }[] = [];
  /** Packets of metadata, as they came. */
  readonly metadata: Uint8Array[] = [];
  /** Answered: all up to here is written. */
  confirmed = -1;
  /** Number of the last packet, said when it was closed. */
  end: bigint | null = null;
  readonly channel: string;
  readonly path: string;

  constructor(channel: string, path: string) {
    this.channel = channel;
    this.path = path;
  }

  /** Packets that both halves have come of. */
  get packets(): Uint8Array[] {
    return this.data.slice(0, this.indexes.length);
  }
}

export class FakeSession {
  readonly streams: FakeStream[] = [];
  isShown = 0;
  readonly name: string;
  readonly hostname: string;
  readonly liveTimerUs: number;

  constructor(name: string, hostname: string, liveTimerUs: number) {
    this.name = name;
    this.hostname = hostname;
    this.liveTimerUs = liveTimerUs;
  }

  /** Text of the metadata; each message is one packet of it. */
  get metadata(): string {
    const stream = this.streams.find(({ channel }) => channel === "metadata");
    return (stream?.metadata ?? []).map((packet) => {
      const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
      const [magic, content, size] = [0, 24, 28].map((at) => view.getUint32(at, true));
      if (magic !== 0x75d11d57 || content !== 8 * packet.length || size < content) {
        throw new Error("no packet of metadata");
      }
      return new TextDecoder().decode(packet.subarray(37));
    }).join("");
  }
}

export class FakeDaemon implements AsyncDisposable {
  readonly sessions: FakeSession[] = [];
  readonly address: RelaydAddress;
  readonly passed: Limits = { control: 0, data: 0, replies: 0 };
  /** Names of the commands that came. */
  readonly commands: string[] = [];
  readonly faults: Faults;
  readonly #listeners: readonly Deno.Listener[];
  readonly #conns = new Set<Deno.Conn>();
  readonly #handles: FakeStream[] = [];
  readonly #ends: Promise<void>[] = [];

  constructor(faults: Partial<Faults> = {}) {
    this.faults = {
      version: [2, 13],
      code: () => 10,
      pieceSize: 0,
      limits: { control: Infinity, data: Infinity, replies: Infinity },
      pending: 0,
      deaf: [],
      isMute: false,
      isDown: false,
      ...faults,
    };
    const listen = (): Deno.Listener => Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#listeners = [listen(), listen()];
    const [controlPort, dataPort] = this.#listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
    this.address = { hostname: "127.0.0.1", controlPort, dataPort };
    this.#ends.push(this.#accept(this.#listeners[0], (conn) => this.#control(conn)));
    this.#ends.push(this.#accept(this.#listeners[1], (conn) => this.#data(conn)));
  }

  /** All streams of a channel, in the sessions one after the other. */
  streams(channel: string): FakeStream[] {
    return this.#handles.filter((stream) => stream.channel === channel);
  }

  /** Cuts all connections. */
  cut(): void {
    for (const conn of this.#conns) conn.close();
    this.#conns.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.deaf = [];
    for (const listener of this.#listeners) listener.close();
    this.cut();
    await Promise.all(this.#ends);
  }

  async #accept(listener: Deno.Listener, serve: (conn: Deno.Conn) => Promise<void>): Promise<void> {
    const served: Promise<void>[] = [];
    try {
      for await (const conn of listener) {
        if (this.faults.isDown) conn.close();
        else {
          this.#conns.add(conn);
          served.push(serve(conn).catch(() => {}).finally(() => this.#close(conn)));
        }
      }
    } catch {
      // It is closed.
    }
    await Promise.all(served);
  }

  #close(conn: Deno.Conn): void {
    if (this.#conns.delete(conn)) conn.close();
  }

  /** Reads so many bytes; cuts the connection where it is to be cut. */
  async #read(conn: Deno.Conn, size: number, what: "control" | "data"): Promise<DataView> {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      while (this.faults.deaf.includes(what)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const left = this.faults.limits[what] - this.passed[what];
      if (left <= 0) this.#cutAt(what);
      const count = await conn.read(bytes.subarray(at, Math.min(size, at + left)));
      if (count === null) throw new Error("end");
      at += count;
      this.passed[what] += count;
    }
    return new DataView(bytes.buffer);
  }

  /** Ends a connection by an error, this one time. */
  #cutAt(what: keyof Limits): never {
    this.faults.limits[what] = Infinity;
    throw new Error("cut");
  }

  async #reply(conn: Deno.Conn, ...words: readonly number[]): Promise<void> {
    if (this.faults.isMute) return;
    const view = new DataView(new ArrayBuffer(4 * words.length));
    for (const [i, word] of words.entries()) view.setUint32(4 * i, word);
    const bytes = new Uint8Array(view.buffer);
    for (let at = 0; at < bytes.length;) {
      const left = this.faults.limits.replies - this.passed.replies;
      if (left <= 0) this.#cutAt("replies");
      const piece = Math.min(left, this.faults.pieceSize || bytes.length);
      const count = await conn.write(bytes.subarray(at, at + piece));
      at += count;
      this.passed.replies += count;
      if (this.faults.pieceSize > 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }

  async #control(conn: Deno.Conn): Promise<void> {
    (conn as Deno.TcpConn).setNoDelay(true);
    let session: FakeSession | null = null;
    for (;;) {
      const header = await this.#read(conn, 24, "control");
      if (header.getBigUint64(0) !== 0n || header.getUint32(20) !== 0) throw new Error("header");
      const size = Number(header.getBigUint64(8));
      const command = COMMANDS[header.getUint32(16)];
      if (command === undefined || size !== (command.size ?? size)) throw new Error("command");
      const { name } = command;
      this.commands.push(name);
      const body = await this.#read(conn, size, "control");
      const code = this.faults.code(name);
      const stream = (): FakeStream => this.#stream(body.getBigUint64(0));
      switch (name) {
        case "VERSION":
          await this.#reply(conn, ...this.faults.version);
          break;
        case "CREATE_SESSION":
          session = new FakeSession(text(body, 0, 255), text(body, 255, 64), body.getUint32(319));
          if (code === 10) this.sessions.push(session);
          await this.#reply(conn, 0, this.sessions.length, code);
          break;
        case "ADD_STREAM": {
          const added = new FakeStream(text(body, 0, 264), text(body, 264, 4096));
          if (code === 10) session!.streams.push(added);
          await this.#reply(conn, 0, this.#handles.push(added), code);
          break;
        }
        case "SEND_METADATA":
          if (body.getUint32(8) !== 0) throw new Error("padding");
          stream().metadata.push(new Uint8Array(body.buffer, 12));
          break;
        case "STREAMS_SENT":
          session!.isShown++;
          await this.#reply(conn, code);
          break;
        case "SEND_INDEX":
          if (code === 10) index(stream(), body);
          await this.#reply(conn, code);
          break;
        case "DATA_PENDING":
          await this.#reply(conn, this.#pending(stream(), body.getBigUint64(8)));
          break;
        case "CLOSE_STREAM":
          stream().end = body.getBigUint64(8);
          await this.#reply(conn, code);
      }
    }
  }

  /** As lttng-relayd: without data or indexes there is no limit but that of the others. */
  #pending(stream: FakeStream, last: bigint): number {
    const [data, indexes] = [stream.data, stream.indexes].map((all) =>
      all.length === 0 ? NOTHING : BigInt(all.length - 1)
    );
    const done = data < indexes ? data : indexes;
    if (BigInt.asIntN(64, done - last) < 0n || this.faults.pending-- > 0) return 1;
    stream.confirmed = Math.max(stream.confirmed, Number(last));
    return 0;
  }

  async #data(conn: Deno.Conn): Promise<void> {
    for (;;) {
      const header = await this.#read(conn, 32, "data");
      const stream = this.#stream(header.getBigUint64(8));
      if (Number(header.getBigUint64(16)) !== stream.data.length) throw new Error("number");
      const [size, padding] = [header.getUint32(24), header.getUint32(28)];
      const bytes = new Uint8Array(size + padding);
      bytes.set(new Uint8Array((await this.#read(conn, size, "data")).buffer));
      stream.data.push(bytes);
    }
  }

  #stream(handle: bigint): FakeStream {
    return this.#handles[Number(handle) - 1];
  }
}

/** An index, or a beacon. */
function index(stream: FakeStream, body: DataView): void {
  const netSeq = body.getBigUint64(8);
  if (netSeq === NOTHING) {
    // Ignored before the first index.
    if (stream.indexes.length === 0) return;
    stream.beacons.push({ time: body.getBigUint64(40), cpu: body.getBigUint64(64) });
  } else if (Number(netSeq) === stream.indexes.length) {
    stream.indexes.push(new Uint8Array(body.buffer));
  } else throw new Error("number");
}

function text(view: DataView, at: number, size: number): string {
  const bytes = new Uint8Array(view.buffer, at, size);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
