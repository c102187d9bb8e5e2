/**
 * Kills programs at random moments while they record as fast as they can, and compares what is recovered
 * with the journal they keep outside: `deno task kills [--kills N] [--seed N]`. Initially 1,000.
 */
import { BoxFile, recover, TraceCompletion } from "../../../relay/blackbox/mod.ts";
import { TraceDirectory, type TraceOutput } from "../../../relay/consume/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { decodePacket } from "../trace/decode.ts";
import { random32 } from "../../../hw/fault_inject.ts";
import { checkOf, FIELDS, textOf } from "./killed_events.ts";
import type { KilledOrder } from "./killed_order.ts";

/** Most milliseconds from the moment that all threads are about to record to the kill. */
const LONGEST_MS = 120;

/** What a killed program was about. */
export interface KillCase {
  readonly output: "none" | "trace";
  readonly mode: KilledOrder["mode"];
  readonly threads: number;
  readonly subbufSize: number;
  readonly nSubbufs: number;
  readonly burst: number;
  readonly afterMs: number;
}

/** What was found after a kill. */
export interface KillResult {
  readonly events: number;
  readonly openSlots: number;
}

/** A case, by numbers from 0 to 2^32 - 1. */
export function randomCase(random: () => number): KillCase {
  const one = <T>(choices: readonly T[]): T => choices[random() % choices.length];
  const [mode, output] = one(
    [["flight-recorder", "none"], ["flight-recorder", "trace"], ["continuous", "none"], [
      "continuous",
      "trace",
    ]] as const,
  );
  return {
    mode,
    output,
    threads: one([1, 2, 3, 4]),
    subbufSize: one([4096, 8192, 65536]),
    nSubbufs: one([2, 4, 8, 64]),
    burst: one([0, 0, 100]),
    afterMs: random() % LONGEST_MS,
  };
}

/** Runs a program, kills it, recovers its trace, and fails unless that is what its journal says. */
export function killAndRecover(one: KillCase): Promise<KillResult> {
  return afterKill(one, verify);
}

/** Runs a program, kills it, and looks at what it has left. */
export async function afterKill<T>(
  one: KillCase,
  look: (order: KilledOrder, directory: string) => T,
): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "ltt-kill-" });
  try {
    const order: KilledOrder = {
      ...one,
      box: `${directory}/box`,
      journal: `${directory}/journal`,
      output: one.output === "none" ? null : `${directory}/trace`,
    };
    await runAndKill(order, one.afterMs);
    return look(order, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function runAndKill(order: KilledOrder, afterMs: number): Promise<void> {
  const program = new URL("./killed_program.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", program, JSON.stringify(order)],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const stderr = new Response(child.stderr).text();
  if (value !== undefined) await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await reader.cancel();
  const { signal } = await child.status;
  assertEquals([value !== undefined, signal], [true, "SIGKILL"], await stderr);
}

function verify(order: KilledOrder, directory: string): KillResult {
  const isCompleted = order.mode === "continuous" && order.output !== null;
  const path = isCompleted ? order.output! : `${directory}/recovered`;
  using box = new BoxFile(order.box, true);
  assert(box.tryLock(), "the program is gone, and its black box locked");
  const output: TraceOutput = isCompleted
    ? new TraceCompletion(path, box.info.uuid)
    : new TraceDirectory(path, { maxFileSize: 0, maxFiles: 0, openFor: [] });
  const found = recover(box, output, false);
  output.close();
  assertEquals(found.faults, [], "faults of the black box");

  const words = new Uint32Array(Deno.readFileSync(order.journal).buffer);
  const { cpus } = box.info;
  let events = 0;
  const seen = new Set<number>();
  for (let cpu = 0; cpu < cpus - 1; cpu++) {
    const stream = readStream(`${path}/channel0_${cpu}`);
    if (stream === null) continue;
    const { thread, numbers, lost } = stream;
    assert(!seen.has(thread), `thread ${thread} has two streams`);
    seen.add(thread);
    events += numbers.length;
    assertNumbers(order, thread, numbers, lost, [words[2 * thread], words[2 * thread + 1]]);
  }
  for (let thread = 0; thread < order.threads; thread++) {
    const done = words[2 * thread + 1];
    assert(seen.has(thread) || done === 0, `thread ${thread} recorded ${done}, and none is there`);
  }
  const openSlots = found.streams.reduce((sum, stream) => sum + stream.openSlots, 0);
  return { events, openSlots };
}

/** Fails unless a stream has every event that the journal says was recorded, and no other. */
function assertNumbers(
  { mode, subbufSize, nSubbufs }: KilledOrder,
  thread: number,
  numbers: readonly number[],
  lost: number,
  [begun, done]: readonly [number, number],
): void {
  const what =
    `thread ${thread}: events ${numbers[0]} to ${numbers.at(-1)}, ${numbers.length} of ` +
    `${done} recorded and ${begun} begun, ${lost} lost`;
  for (let i = 1; i < numbers.length; i++) {
    assert(numbers[i] > numbers[i - 1], `${what}: ${numbers[i]} behind ${numbers[i - 1]}`);
  }
  const last = numbers.at(-1)!;
  assert(last < begun, `${what}: the last was not begun`);
  if (mode === "continuous") {
    // What is missing is counted as lost: buffers were full, or the thread was killed within an event.
    const all = numbers.length + lost;
    assert(all >= done && all <= begun, what);
  } else {
    assert(last >= done - 1, `${what}: the last is missing`);
    assertEquals(last - numbers[0] + 1, numbers.length, `${what}: one between is missing`);
    const least = (nSubbufs - 1) * (subbufSize - 400);
    const bytes = numbers.reduce((sum, n) => sum + 23 + textOf(n).length, 0);
    assert(numbers[0] === 0 || bytes >= least, `${what}: ${bytes} bytes, not ${least}`);
  }
}

/** The events of a stream, each as it was recorded; `null` for none. */
function readStream(path: string): { thread: number; numbers: number[]; lost: number } | null {
  let bytes;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const view = new DataView(bytes.buffer);
  const numbers: number[] = [];
  let thread = -1;
  let lost = 0;
  for (let at = 0; at < bytes.length;) {
    const size = Number(view.getBigUint64(at + 56, true)) / 8;
    lost = Number(view.getBigUint64(at + 72, true));
    const events = decodePacket(bytes.slice(at, at + size), [], [{ id: 0, fields: FIELDS }]);
    for (const { fields } of events) {
      const n = Number(fields.n);
      thread = Number(fields.thread);
      assertEquals(Number(fields.check), checkOf(n, thread), `check of event ${n} of ${thread}`);
      assertEquals(fields.text, textOf(n), `text of event ${n} of thread ${thread}`);
      numbers.push(n);
    }
    at += size;
  }
  return numbers.length === 0 ? null : { thread, numbers, lost };
}

if (import.meta.main) {
  const option = (name: string, initial: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? initial : Number(Deno.args[at + 1]);
  };
  const kills = option("kills", 1000);
  const random = random32(option("seed", 1));
  let events = 0;
  let openSlots = 0;
  for (let i = 0; i < kills; i++) {
    const one = randomCase(random);
    try {
      const result = await killAndRecover(one);
      events += result.events;
      openSlots += result.openSlots;
    } catch (error) {
      console.error(`kill ${i}: ${JSON.stringify(one)}`);
      throw error;
    }
  }
  console.log(`${kills} kills: ${events} events recovered, ${openSlots} slots were open`);
}
