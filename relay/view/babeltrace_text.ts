import type { EventClass, FieldValues, LostEvents, StructClass, TraceEvent } from "../ctf/mod.ts";
import { structText } from "./babeltrace_values.ts";
import { ClockText } from "./clock_text.ts";
import type { EventText } from "./event_text.ts";
import type { EventOrigin, OriginOf } from "./origins.ts";
import { harmless } from "./plain_values.ts";
import { secondsText } from "./seconds_text.ts";

type StructText = (fields: FieldValues) => string;

/** What is the same in all events of a class. */
interface ClassTexts {
  /** Host, program and name. */
  readonly head: string;
  /** Whether events have times. */
  readonly hasClock: boolean;
  readonly packetContext: StructText | null;
  readonly streamContext: StructText | null;
  readonly context: StructText | null;
  readonly fields: StructText;
}

/**
 * Events as Babeltrace 2 prints them with its default options, with the time of day in the local time
 * zone. Where events have no times none are shown.
 */
export class BabeltraceText implements EventText {
  readonly #clock: ClockText;
  readonly #originOf: OriginOf;
  readonly #isTerminal: boolean;
  readonly #classes = new Map<EventClass, ClassTexts>();
  /** Texts of packet contexts: a packet's is the same object for all its events. */
  #packetContext: FieldValues | null = null;
  #packetText = "";
  #last: number | null = null;

  /**
   * Times since `beginNs`, nanoseconds since 1970. For a terminal what would move its cursor is escaped, which
   * Babeltrace does not do in names.
   */
  constructor(beginNs: bigint, originOf: OriginOf, isTerminal: boolean = false) {
    this.#isTerminal = isTerminal;
    this.#clock = new ClockText(beginNs);
    this.#originOf = originOf;
  }

  /** A line. */
  event(
    { class: eventClass, time, packetContext, streamContext, context, fields }: TraceEvent,
  ): string {
    let texts = this.#classes.get(eventClass);
    if (texts === undefined) this.#classes.set(eventClass, texts = this.#textsOf(eventClass));
    if (packetContext !== this.#packetContext) {
      this.#packetContext = packetContext;
      this.#packetText = packetContext === null ? "" : `${texts.packetContext!(packetContext)}, `;
    }
    let text = `${texts.hasClock ? this.#timeText(time) : ""}${texts.head}${this.#packetText}`;
    if (texts.streamContext !== null) text += `${texts.streamContext(streamContext!)}, `;
    if (texts.context !== null) text += `${texts.context(context!)}, `;
    text += texts.fields(fields);
    return `${this.#isTerminal ? harmless(text) : text}\n`;
  }

  /** Nothing: Babeltrace tells on standard error, see {@linkcode BabeltraceText.warning}. */
  lost(_lost: LostEvents): string {
    return "";
  }

  /** A line for standard error. */
  warning({ count, cpu, begin, end }: LostEvents): string {
    const events = count === 1 ? "1 event" : `${count} events`;
    const between = `between [${this.#clock.of(begin)}] and [${this.#clock.of(end)}]`;
    const where = cpu < 0 ? "" : ` on CPU ${cpu}`;
    return `WARNING: Tracer discarded ${events} ${between}${where}.\n`;
  }

  #timeText(time: number): string {
    const delta = this.#last === null ? "+?.?????????" : `+${secondsText(time - this.#last)}`;
    this.#last = time;
    return `[${this.#clock.of(time)}] (${delta}) `;
  }

  #textsOf(eventClass: EventClass): ClassTexts {
    const { name, context, fields } = eventClass;
    const { env, hasClock, packetContext, streamContext } = this.#originOf(eventClass);
    return {
      head: `${originText(env)}${name}: `,
      hasClock,
      packetContext: contextText(packetContext),
      streamContext: contextText(streamContext),
      context: contextText(context),
      fields: structText(fields),
    };
  }
}

/** Host, program and process as far as they are known. */
function originText({ hostname, procname, vpid }: EventOrigin["env"]): string {
  const parts = [hostname, procname].filter((part) => typeof part === "string");
  if (typeof vpid === "number" || typeof vpid === "bigint") parts.push(`(${vpid})`);
  return parts.length === 0 ? "" : `${parts.join(":")} `;
}

function contextText(context: StructClass | null): StructText | null {
  return context === null ? null : structText(context);
}
