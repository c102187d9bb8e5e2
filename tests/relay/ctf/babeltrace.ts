/*
 * Runs Debian's babeltrace2 on a trace and reads what it prints:
 *
 *   timestamp = 1700000000.000000005, trace:hostname = HOST, loglevel = TRACE_DEBUG_LINE (13),
 *   name = NAME, stream.packet.context = { … }, stream.event.context = { … }, event.fields = { … }
 *
 * on one line, unless the name has line ends, which babeltrace2 prints as they are, like all of a
 * name. So a name that holds ", stream.packet.context = { " itself is not told from what follows it.
 */
import { type Value, ValueParser } from "./babeltrace_values.ts";

/** An event as babeltrace2 shows it. */
export interface BabeltraceEvent {
  /** Nanoseconds since the epoch. */
  readonly timestampNs: bigint;
  /** What the trace calls its host. */
  readonly host: string;
  /** Its log level, `TRACE_DEBUG_LINE (13)`. */
  readonly loglevel: string;
  readonly name: string;
  /** Of the packet context only what has no meaning to readers: `cpu_id`. */
  readonly packetContext: Readonly<Record<string, Value>>;
  /** `null` when events have none. */
  readonly eventContext: Readonly<Record<string, Value>> | null;
  /** The length of a sequence `x` is a field `_x_length` before it. */
  readonly fields: Readonly<Record<string, Value>>;
}

/** A warning that something is missing. */
export interface Discarded {
  /** How many; negative where a tracer's counter went down. */
  readonly count: number;
  readonly what: "events" | "packets";
  /** Path of the stream's file. */
  readonly stream: string;
}

/** A warning that something may be missing: babeltrace2 does not count what a stream's first packet tells. */
export type Uncounted = Omit<Discarded, "count">;

/** How a run ended. */
export interface BabeltraceEnd {
  /** 0 unless the trace is broken. */
  readonly exitCode: number;
  readonly discarded: readonly Discarded[];
  readonly uncounted: readonly Uncounted[];
  readonly stderr: string;
}

/** A run with all its events. */
export interface BabeltraceRun extends BabeltraceEnd {
  readonly events: readonly BabeltraceEvent[];
}

const COMMAND = "babeltrace2";

/** Whether there is no babeltrace2, or it may not be run or given files: for `{ ignore }`. */
export const BABELTRACE_MISSING: boolean = isMissing();

function isMissing(): boolean {
  const needed = [{ name: "run", command: COMMAND }, { name: "read" }, { name: "write" }] as const;
  if (needed.some((one) => Deno.permissions.querySync(one).state !== "granted")) return true;
  try {
    return !new Deno.Command(COMMAND, { args: ["--version"] }).outputSync().success;
  } catch {
    return true;
  }
}

/** Reads a trace. */
export async function babeltrace(directory: string): Promise<BabeltraceRun> {
  const events: BabeltraceEvent[] = [];
  const end = await eachEvent(directory, (event) => events.push(event));
  return { ...end, events };
}

/**
 * Reads a trace of any length, of a directory or what else: calls `look` with one event after the other.
 * With `isLive` an event is over when a line is; otherwise, for names have line ends, when another begins.
 */
export async function eachEvent(
  input: string | readonly string[],
  look: (event: BabeltraceEvent) => void,
  isLive: boolean = false,
): Promise<BabeltraceEnd> {
  const options = ["--clock-seconds", "--no-delta", "--names=all", "--color=never"];
  const args = [...options, "--fields=trace:hostname,loglevel", ...[input].flat()];
  const child = new Deno.Command(COMMAND, {
    args,
    env: { LC_ALL: "C.UTF-8" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Read at the same time: a full pipe would stop it.
  const stderrText = new Response(child.stderr).text();
  for await (const texts of eventTexts(child.stdout, isLive)) {
    for (const text of texts) look(parseEvent(text));
  }
  const { code: exitCode } = await child.status;
  const stderr = await stderrText;
  return { exitCode, ...parseWarnings(stderr), stderr };
}

/** What babeltrace2 takes the metadata of a trace to be; an `Error` when it finds none. */
export function babeltraceMetadata(directory: string): string {
  const args = ["--output-format=ctf-metadata", directory];
  const { success, stdout, stderr } = new Deno.Command(COMMAND, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** How every event begins, behind the end of the line before. */
const EVENT_BEGIN = "\ntimestamp = ";

/** Texts of events, as many at a time as come at once: a promise for each would cost more than the rest. */
async function* eventTexts(
  stdout: ReadableStream<Uint8Array>,
  isLive: boolean,
): AsyncGenerator<string[], void, void> {
  const decoder = new TextDecoder();
  let text = "\n";
  for await (const chunk of stdout) {
    text += decoder.decode(chunk, { stream: true });
    const texts: string[] = [];
    let begin = 0;
    for (let next; (next = text.indexOf(EVENT_BEGIN, begin + 1)) >= 0; begin = next) {
      texts.push(text.slice(begin, next));
    }
    text = text.slice(begin);
    if (isLive && text.endsWith(" }\n")) {
      texts.push(text.slice(0, -1));
      text = "\n";
    }
    yield texts;
  }
  if (text.length > 1) yield [text.replace(/\n$/, "")];
}

const LOGLEVEL = ", loglevel = ";
const NAME = ", name = ";
const PACKET_CONTEXT = ", stream.packet.context = ";
const EVENT_CONTEXT = ", stream.event.context = ";
const FIELDS = ", event.fields = ";

/** An event of a line, which begins with the end of the line before. */
function parseEvent(text: string): BabeltraceEvent {
  const head = /^\ntimestamp = (\d+)\.(\d{9}), trace:hostname = /.exec(text);
  if (head === null) throw new SyntaxError(`No event: ${text.slice(0, 500)}`);
  const loglevelAt = text.indexOf(LOGLEVEL, head[0].length);
  const nameAt = text.indexOf(NAME, loglevelAt);
  const contextAt = text.indexOf(`${PACKET_CONTEXT}{ `, nameAt);
  if (loglevelAt < 0 || nameAt < 0 || contextAt < 0) {
    throw new SyntaxError(`No event: ${text.slice(0, 500)}`);
  }
  const values = new ValueParser(text, contextAt);
  values.expect(PACKET_CONTEXT);
  const packetContext = values.value() as Record<string, Value>;
  let eventContext: Record<string, Value> | null = null;
  if (values.take(EVENT_CONTEXT)) eventContext = values.value() as Record<string, Value>;
  values.expect(FIELDS);
  const fields = values.value() as Record<string, Value>;
  values.expectEnd();
  return {
    timestampNs: BigInt(head[1] + head[2]),
    host: text.slice(head[0].length, loglevelAt),
    loglevel: text.slice(loglevelAt + LOGLEVEL.length, nameAt),
    name: text.slice(nameAt + NAME.length, contextAt),
    packetContext,
    eventContext,
    fields,
  };
}

function parseWarnings(stderr: string): Pick<BabeltraceEnd, "discarded" | "uncounted"> {
  const warning =
    /Tracer (?:discarded (\d+)|may have discarded) (event|packet)s? .*? within stream "(.*)" \(stream class/g;
  const discarded: Discarded[] = [];
  const uncounted: Uncounted[] = [];
  for (const [, count, one, stream] of stderr.matchAll(warning)) {
    const what = one === "event" ? "events" : "packets";
    if (count === undefined) uncounted.push({ what, stream });
    // Of a counter that went down it tells a difference of nearly 2^64.
    else discarded.push({ count: Number(BigInt.asIntN(64, BigInt(count))), what, stream });
  }
  return { discarded, uncounted };
}
