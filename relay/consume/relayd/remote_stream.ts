import type { PacketInfo } from "../../ctf/packet.ts";
import type { ControlConnection } from "./control_connection.ts";
import {
  beaconRequest,
  type ControlRequest,
  dataPendingRequest,
  indexRequest,
} from "./messages.ts";

/** Milliseconds between two questions whether packets are written; at most, while none is answered. */
const ASK_MS = 1;
const MAX_ASK_MS = 50;

// Those of the program may be wrapped by the time they are called.
const { setTimeout, clearTimeout } = globalThis;

/** A stream of a session on a daemon: tells it of packets, and asks until it has written them. */
export class RemoteStream {
  /** Its number there. */
  readonly handle: bigint;
  readonly #control: ControlConnection;
  readonly #onConfirmed: (packets: number) => void;
  #sent = 0;
  #confirmed = 0;
  /** Indexes that wait until the daemon has the first packet; `null` from then on. */
  #held: ControlRequest[] | null = [];
  #isAsking = false;
  #hasEnded = false;
  #wake: () => void = () => {};

  /** One that the daemon has made; `onConfirmed` is called when it has written packets, with how many. */
  constructor(
    handle: bigint,
    control: ControlConnection,
    onConfirmed: (packets: number) => void,
  ) {
    this.handle = handle;
    this.#control = control;
    this.#onConfirmed = onConfirmed;
  }

  /** Packets sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Packets that the daemon has written, as it says. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Tells of the next packet, the data of which was sent. */
  index(info: PacketInfo): void {
    const request = indexRequest(this.handle, this.#sent++, info);
    // Asked what is written, a daemon that has indexes and no data at all takes the indexes for it.
    if (this.#held === null) this.#control.order(request);
    else this.#held.push(request);
    this.#ask();
  }

  /** Tells viewers that nothing older than `time` comes. They do not hear it before the first packet. */
  beacon(time: number, cpu: number): void {
    if (this.#held === null) this.#control.order(beaconRequest(this.handle, time, cpu));
  }

  /** Asks no more. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** Asks until the daemon has written what was sent. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    // Whatever is sent in the same turn is asked about at once.
    await Promise.resolve();
    let pauseMs = ASK_MS;
    while (!this.#hasEnded && this.#confirmed < this.#sent) {
      let isAnswered = false;
      this.#askOnce(() => isAnswered = true);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      // The daemon's kernel keeps a reply back until the one before is acknowledged; ours does that
      // when something is sent. So it is asked again though it may not have answered.
      pauseMs = isAnswered ? ASK_MS : Math.min(2 * pauseMs, MAX_ASK_MS);
    }
    this.#isAsking = false;
  }

  /** Asks whether half of what was sent is written: what comes behind keeps the daemon busy meanwhile. */
  #askOnce(answered: () => void): void {
    const isHeld = this.#held !== null;
    const packets = isHeld ? 1 : this.#confirmed + Math.ceil((this.#sent - this.#confirmed) / 2);
    this.#control.post(dataPendingRequest(this.handle, packets - 1), (reply) => {
      answered();
      if (reply.getUint32(0) !== 0) return;
      if (isHeld) {
        // It is not confirmed: this question came before its index.
        for (const index of this.#held ?? []) this.#control.order(index);
        this.#held = null;
      } else if (packets > this.#confirmed) {
        const more = packets - this.#confirmed;
        this.#confirmed = packets;
        this.#onConfirmed(more);
      }
      this.#wake();
    });
  }
}
