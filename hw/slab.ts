import { KernelError } from "./errno.ts";
import type { FaultInjection } from "./fault_inject.ts";
import { __GFP_ZERO, type Gfp } from "./gfp.ts";
import { Listeners } from "./listeners.ts";

/** Sizes small allocations are rounded up to, in bytes. Linux 2.6.29, include/linux/slub_def.h. */
// deno-fmt-ignore
export const SLAB_SIZES: readonly number[] = [
  8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096,
];

/** A small allocation. It has no bytes: only that it exists, how large and where is modelled. */
export class SlabObject {
  /** Bytes it takes up, one of {@linkcode SLAB_SIZES}. */
  readonly size: number;
  /** Node it is accounted to. */
  readonly nid: number;

  /** @ignore Made by {@linkcode Slab}. */
  constructor(size: number, nid: number) {
    this.size = size;
    this.nid = nid;
  }
}

/**
 * What happens to a small allocation, told when it is done: what the kernel's tracepoints `kmalloc`
 * and `kfree` tell, which came after 2.6.29. `object` is `null` when it was refused.
 */
export type SlabEvent =
  | {
    readonly type: "kmalloc";
    /** Bytes asked for. */
    readonly size: number;
    /** Node asked for. */
    readonly nid: number;
    readonly object: SlabObject | null;
  }
  | { readonly type: "kfree"; readonly object: SlabObject };

/**
 * Small allocations, accounted for by node so that a leak shows, and made to fail by
 * {@linkcode FaultInjection}. They take no page frames, so nothing else makes them fail.
 */
export class Slab {
  readonly #live = new Set<SlabObject>();
  /** Objects allocated and not freed, by node. */
  readonly liveByNode: number[];
  readonly #failslab: FaultInjection;
  readonly #numaNodeId: () => number;
  readonly #listeners = new Listeners<SlabEvent>();
  #allocated = 0;

  /** @ignore Nothing allocated on `nrNodes` nodes; `numaNodeId` tells the caller's. */
  constructor(nrNodes: number, failslab: FaultInjection, numaNodeId: () => number) {
    this.liveByNode = new Array(nrNodes).fill(0);
    this.#failslab = failslab;
    this.#numaNodeId = numaNodeId;
  }

  /** Objects allocated and not freed. */
  get live(): number {
    return this.#live.size;
  }

  /** Objects ever allocated. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Allocates `size` bytes, 1 to 4096, on the caller's node. `ENOMEM` by fault injection. */
  kmalloc(size: number, gfp: Gfp): SlabObject {
    return this.kmallocNode(size, gfp, -1);
  }

  /** `kmalloc` with zeroed bytes. */
  kzalloc(size: number, gfp: Gfp): SlabObject {
    return this.kmalloc(size, gfp | __GFP_ZERO);
  }

  /** `kmalloc` on node `nid`; -1 is the caller's. A node without frames will do: it takes none. */
  kmallocNode(size: number, gfp: Gfp, nid: number): SlabObject {
    const objectSize = SLAB_SIZES.find((candidate) => candidate >= size);
    if (!Number.isInteger(size) || size <= 0 || objectSize === undefined) {
      throw new RangeError(`Cannot allocate ${size} bytes: not a size from 1 to 4096`);
    }
    const node = nid === -1 ? this.#numaNodeId() : nid;
    if (!Number.isInteger(node) || this.liveByNode[node] === undefined) {
      throw new RangeError(`Cannot allocate on node ${nid}: no such node`);
    }
    if (this.#failslab.failSlab(objectSize, gfp)) {
      this.#tell({ type: "kmalloc", size, nid: node, object: null });
      throw new KernelError("ENOMEM", `Cannot allocate ${size} bytes: failed by fault injection`);
    }
    const object = new SlabObject(objectSize, node);
    this.#live.add(object);
    this.liveByNode[node]++;
    this.#allocated++;
    this.#tell({ type: "kmalloc", size, nid: node, object });
    return object;
  }

  /** Frees an object; `null` does nothing. A `TypeError` for one freed before. */
  kfree(object: SlabObject | null): void {
    if (object === null) return;
    if (!this.#live.delete(object)) {
      throw new TypeError("Cannot free a slab object: it is not allocated here");
    }
    this.liveByNode[object.nid]--;
    this.#tell({ type: "kfree", object });
  }

  /** Calls `listener` with what happens from now on, until the function returned is called. */
  subscribe(listener: (event: SlabEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  #tell(event: SlabEvent): void {
    if (this.#listeners.any) this.#listeners.tell(event);
  }
}
