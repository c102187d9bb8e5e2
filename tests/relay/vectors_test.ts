/**
 * Replays the golden vectors: those under tests/vectors, or, run with all permissions, those of the
 * folder that the environment variable RELAY_VECTORS names (all `*.jsonl` below it).
 */
import { assert, assertEquals } from "@std/assert";
import deviations from "../vectors/deviations.jsonl" with { type: "text" };
import handwritten from "../vectors/handwritten.jsonl" with { type: "text" };
import random from "../vectors/random.jsonl" with { type: "text" };
import { DeviationJudge } from "./deviations.ts";
import { type Json, mergePatch, type Operation, parseVectors, type Vector } from "./vector.ts";
import { describeOutcome, type Outcome, World } from "./world.ts";
import { stateOf } from "./world_state.ts";

const variable = { name: "env", variable: "RELAY_VECTORS" } as const;
const granted = Deno.permissions.querySync(variable).state === "granted";
const folder = granted ? Deno.env.get("RELAY_VECTORS") : undefined;
const vectors = folder === undefined
  ? [
    ...parseVectors(handwritten, "handwritten.jsonl"),
    ...parseVectors(random, "random.jsonl"),
    ...parseVectors(deviations, "deviations.jsonl"),
  ]
  : readFolder(folder);

let replayedVectors = 0;
let replayedOperations = 0;

for (const vector of vectors) {
  const { name, deviates } = vector.header;
  const kind = deviates.length > 0 ? "vector that deviates" : "vector";
  Deno.test(`${kind} ${name}`, () => {
    if (deviates.length > 0) replayDeviating(vector);
    else replayExactly(vector);
    replayedVectors++;
  });
}

Deno.test.afterAll(() => {
  const where = folder === undefined ? "" : ` of ${folder}`;
  const total = `${replayedVectors} of ${vectors.length} vectors${where} replayed`;
  console.log(`${total}, ${replayedOperations} operations`);
});

function readFolder(path: string): Vector[] {
  const found: Vector[] = [];
  const entries = (): Iterable<Deno.DirEntry> => {
    try {
      return [...Deno.readDirSync(path)];
    } catch (cause) {
      throw new Error(`RELAY_VECTORS: cannot read the folder ${path}`, { cause });
    }
  };
  for (const entry of entries()) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) found.push(...readFolder(inner));
    else if (entry.name.endsWith(".jsonl")) {
      found.push(...parseVectors(Deno.readTextFileSync(inner), inner));
    }
  }
  if (path === folder && found.length === 0) throw new Error(`no *.jsonl below ${path}`);
  return found;
}

/** Everything as recorded, operation by operation. */
function replayExactly({ header, operations }: Vector): void {
  const world = new World(header.check_random_access);
  let expected: Json = {};
  for (const [index, op] of operations.entries()) {
    const outcome = world.apply(op);
    expected = mergePatch(expected, op.expect.state ?? {});
    const message = `operation ${index + 1}, ${op.op}: ${describeOutcome(outcome)}`;
    assert(matchesRet(op, outcome), `${message}, expected ${JSON.stringify(op.expect)}`);
    assertEquals(outcome.log, op.expect.log ?? [], message);
    assertEquals(stateOf(world), expected, message);
    replayedOperations++;
  }
}

/** As recorded up to where the design departs, from there on as the judge says. */
function replayDeviating({ header, operations }: Vector): void {
  const world = new World(header.check_random_access);
  const judge = new DeviationJudge(world);
  let expected: Json = {};
  let departed = false;
  for (const [index, op] of operations.entries()) {
    if (departed && !judge.applies(op)) continue;
    if (op.op === "open" && world.channels.has(op.chan)) world.forget(op.chan);
    const before = index === 0 ? {} : stateOf(world);
    const faultPending = index > 0 && world.faultPending;
    const outcome = world.apply(op);
    const after = stateOf(world);
    expected = mergePatch(expected, op.expect.state ?? {});
    const same = matchesRet(op, outcome) && equal(outcome.log, op.expect.log ?? []) &&
      equal(after, expected);
    departed ||= !same;
    if (!same) judge.judge(op, outcome, before, after, faultPending && !world.faultPending);
    judge.note(op, outcome);
    assertNothingLost(world);
    replayedOperations++;
  }
  if (folder === undefined) assert(departed, "nothing in it departs from the recording");
  assertUsable(world, judge);
}

function matchesRet(op: Operation, { ret, extra, error }: Outcome): boolean {
  const { ret: expectedRet, log: _log, state: _state, ...expectedExtra } = op.expect;
  const asExpected = equal(ret, expectedRet) && equal(extra, expectedExtra as Json);
  // Only what the kernel reports may be thrown where the recording has a result.
  return asExpected && (error === null || error instanceof Error && error.name === "KernelError");
}

function equal(a: Json, b: Json): boolean {
  try {
    assertEquals(a, b);
    return true;
  } catch {
    return false;
  }
}

/** Every page and small object in use belongs to a channel that somebody refers to. */
function assertNothingLost({ machine, channels }: World): void {
  const alive = [...channels.values()].filter((channel) => channel.kref > 0);
  const buffers = alive.flatMap((channel) => channel.buf).filter((buffer) => buffer !== null);
  const pages = buffers.reduce((sum, buffer) => sum + buffer.pages.length, 0);
  const frames = machine.pages.zones.reduce((sum, zone) => sum + zone.frames - zone.nrFreePages, 0);
  assertEquals(frames, pages, "page frames in use, against pages of live buffers");
  const objects = alive.length + buffers.length + pages;
  assertEquals(machine.slab.live, objects, "small objects, against those of live channels");
}

/** All can be given back, and then everything works as on a fresh machine. */
function assertUsable(world: World, judge: DeviationJudge): void {
  const { machine, relay, channels, files } = world;
  machine.failslab.failNth(0);
  machine.failPageAlloc.failNth(0);
  for (const file of files.values()) file.close();
  judge.releaseAll();
  for (const channel of channels.values()) channel[Symbol.dispose]();
  assertEquals(machine.slab.live, 0, "small objects after everything was given back");
  assertEquals(relay.channels, [], "channels after everything was closed");
  assertEquals(machine.debugfs.root.children, [], "files after everything was closed");
  using channel = relay.open({ baseFilename: "after", subbufSize: 4096, nSubbufs: 2 });
  for (const cpu of machine.cpus.online) {
    const bytes = new Uint8Array(3);
    channel.buf[cpu]!.write(8189, new Uint8Array([1, 2, 3]));
    channel.buf[cpu]!.read(8189, bytes);
    assertEquals([...bytes], [1, 2, 3]);
  }
}
