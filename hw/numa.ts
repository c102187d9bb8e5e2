/** Distance of a node to itself. Linux 2.6.29, include/linux/topology.h. */
export const LOCAL_DISTANCE: number = 10;
/** Distance of any two nodes, unless a table says otherwise. */
export const REMOTE_DISTANCE: number = 20;

/** Which nodes there are, how far apart, and on which of them each CPU is. Never changes. */
export class NumaTopology {
  /** Number of nodes. */
  readonly nrNodes: number;
  readonly #cpuToNode: readonly number[];
  readonly #distance: readonly (readonly number[])[] | null;
  readonly #zonelists: readonly (readonly number[])[];

  /** @ignore `distance[a][b]` may differ from `distance[b][a]`; `null` for 10 and 20. */
  constructor(
    nrNodes: number,
    cpuToNode: readonly number[],
    distance: readonly (readonly number[])[] | null,
  ) {
    this.nrNodes = nrNodes;
    this.#cpuToNode = [...cpuToNode];
    this.#distance = distance?.map((row) => [...row]) ?? null;
    const nodes = Array.from({ length: nrNodes }, (_, nid) => nid);
    this.#zonelists = nodes.map((nid) => this.#buildZonelist(nid, nodes));
  }

  /** Node of a CPU, possible or not (`cpu_to_node`); a `RangeError` above the highest possible. */
  cpuToNode(cpu: number): number {
    const nid = this.#cpuToNode[cpu];
    if (nid === undefined) throw new RangeError(`Cannot tell the node of CPU ${cpu}: no such CPU`);
    return nid;
  }

  /** Distance from one node to another (`node_distance`). */
  nodeDistance(from: number, to: number): number {
    this.assertNode(from);
    this.assertNode(to);
    return this.#between(from, to);
  }

  /** Nodes in the order an allocation for `nid` tries them, `nid` first. */
  zonelist(nid: number): readonly number[] {
    this.assertNode(nid);
    return this.#zonelists[nid];
  }

  /** A `RangeError` unless there is a node `nid`. */
  assertNode(nid: number): void {
    if (!Number.isInteger(nid) || nid < 0 || nid >= this.nrNodes) {
      throw new RangeError(`Cannot use node ${nid}: there are ${this.nrNodes}`);
    }
  }

  /**
   * The order `find_next_best_node` gives at boot: the nearer node first, lower ones handicapped
   * by one, ties to the lower number. The handicap for nodes with CPUs is still zero then.
   */
  #buildZonelist(nid: number, nodes: readonly number[]): readonly number[] {
    const value = (other: number): number =>
      other === nid ? -1 : this.#between(nid, other) + (other < nid ? 1 : 0);
    return [...nodes].sort((a, b) => value(a) - value(b) || a - b);
  }

  #between(from: number, to: number): number {
    return this.#distance?.[from][to] ?? (from === to ? LOCAL_DISTANCE : REMOTE_DISTANCE);
  }
}
