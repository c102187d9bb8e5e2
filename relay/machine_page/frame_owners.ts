import { MAX_ORDER, type Zone } from "../../mod.ts";

/** A buffer that is being made. */
interface Building {
  readonly channel: string;
  readonly cpu: number;
}

/**
 * What each frame is used for. The machine knows only that it is in use; who took it follows from
 * what is being built when it is handed out.
 */
export class FrameOwners {
  readonly #owners = new Map<number, string>();
  /** Buffers to be made, in the order the patch makes them. */
  readonly #expected: Building[] = [];
  /** The one of them that is being made. */
  #building: Building | null = null;
  /** Pages it has. */
  #pages = 0;
  /** The ring being put on a buffer, and how many of its pages are to be spare ones. */
  #ring: Building & { spare: number } | null = null;

  /** The buffer being made. */
  get building(): Building | null {
    return this.#building;
  }

  /** What the next block that is handed out will be for. */
  get next(): string {
    if (this.#building !== null) {
      const { channel, cpu } = this.#building;
      return `data:${channel}:${cpu}:${this.#pages}`;
    }
    if (this.#ring === null) return "fill";
    const { channel, cpu, spare } = this.#ring;
    return `${spare > 0 ? "spare" : "control"}:${channel}:${cpu}`;
  }

  /** Says which buffers will be made next, and that nothing is being made now. */
  expect(buffers: readonly Building[]): void {
    this.#expected.splice(0, Infinity, ...buffers);
    this.#building = null;
    this.#ring = null;
  }

  /** The next buffer is being made from now on. */
  begin(): void {
    this.#building = this.#expected.shift() ?? null;
    this.#pages = 0;
  }

  /** It is there, or has failed. */
  end(): void {
    this.#building = null;
  }

  /** Pages are taken for a ring from now on, the first `spare` for the reader. */
  beginRing(channel: string, cpu: number, spare: number): void {
    this.#ring = { channel, cpu, spare };
  }

  /** Names what a block that was just handed out is for. */
  take(pfn: number, order: number): string {
    const owner = this.next;
    if (this.#building !== null) this.#pages++;
    else if (this.#ring !== null) this.#ring.spare--;
    for (let i = 0; i < 1 << order; i++) this.#owners.set(pfn + i, owner);
    return owner;
  }

  /** The block is free; answers what it was for. */
  give(pfn: number, order: number): string {
    const owner = this.#owners.get(pfn) ?? "";
    for (let i = 0; i < 1 << order; i++) this.#owners.delete(pfn + i);
    return owner;
  }

  /** What each frame of a zone is for. */
  framesOf(zone: Zone): string[] {
    const frames = Array.from(
      { length: zone.frames },
      (_, i) => this.#owners.get(zone.startPfn + i) ?? "",
    );
    for (let order = 0; order < MAX_ORDER; order++) {
      for (const first of zone.freeBlocks(order)) {
        const begin = first - zone.startPfn;
        frames.fill(`free:${first}:${order}`, begin, begin + 2 ** order);
      }
    }
    return frames;
  }
}
