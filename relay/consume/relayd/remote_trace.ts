import { metadataPacket } from "../../ctf/metadata_packet.ts";
import { GrowingMetadata, type MetadataSource } from "../growing_metadata.ts";
import { CHANNEL_NAME } from "../output_directory.ts";
import type { CutPacket } from "../packet_cursor.ts";
import type { RelaydSession } from "./relayd_session.ts";
import type { RemoteStream } from "./remote_stream.ts";

/** What a trace is at the daemon. */
export interface RemoteTraceOptions extends MetadataSource {
  /** Bytes a file may have at the daemon; 0 for any number. */
  readonly maxFileSize: number;
  /** Files a stream may have there; 0 for any number. */
  readonly maxFiles: number;
}

/** A trace in a session at a daemon: its metadata, which grows, and the streams of its CPUs. */
export class RemoteTrace {
  /** The session it is in. */
  readonly session: RelaydSession;
  readonly #path: string;
  readonly #options: RemoteTraceOptions;
  readonly #metadata: GrowingMetadata;

  /** Makes it, with the metadata of now. Throws why the session has ended. */
  static async make(
    session: RelaydSession,
    path: string,
    options: RemoteTraceOptions,
  ): Promise<RemoteTrace> {
    await session.addStream({ channel: "metadata", path, maxFileSize: 0, maxFiles: 0 });
    const trace = new RemoteTrace(session, path, options);
    // At once: a trace without any cannot be read, and hinders the reading of others.
    trace.#sendMetadata();
    return trace;
  }

  private constructor(session: RelaydSession, path: string, options: RemoteTraceOptions) {
    this.session = session;
    this.#path = path;
    this.#options = options;
    this.#metadata = new GrowingMetadata(options);
  }

  /** Makes the stream of a CPU; `onConfirmed` is told how many more packets the daemon has written. */
  addStream(cpu: number, onConfirmed: (packets: number) => void): Promise<RemoteStream> {
    const { maxFileSize, maxFiles } = this.#options;
    const stream = { channel: `${CHANNEL_NAME}${cpu}`, path: this.#path, maxFileSize, maxFiles };
    return this.session.addStream(stream, onConfirmed);
  }

  /** Sends a packet; resolves when more can be sent, or the session has ended. */
  async send(remote: RemoteStream, { info, pieces }: CutPacket): Promise<void> {
    this.#sendMetadata();
    this.session.packet(remote, info, pieces);
    await this.session.room();
  }

  #sendMetadata(): void {
    const { uuid } = this.#options;
    this.#metadata.take((text) => this.session.metadata(metadataPacket(uuid, text)));
  }
}
