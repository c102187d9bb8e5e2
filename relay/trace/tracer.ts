import { COMPACT_HEADER_SIZE } from "../ctf/event_header.ts";
import { assertFields } from "../ctf/field_rules.ts";
import { fixedSize } from "../ctf/field_size.ts";
import type { ArgumentsOf, EnumerationType, FieldLike } from "../ctf/field_types.ts";
import { u64 } from "../ctf/fields.ts";
import { LOGLEVELS } from "../ctf/loglevel.ts";
import type { RingWriter } from "../ring/writer.ts";
import type { Clock } from "./clock.ts";
import type { Registry } from "./registry.ts";
import { Scratch } from "./scratch.ts";
import { spanSource } from "./span_source.ts";
import { ThreadStream } from "./thread_stream.ts";
import type {
  Span,
  SpanOptions,
  Tracepoint,
  TracepointOf,
  TracepointOptions,
} from "./tracepoint.ts";
import { highHalf, writerSource } from "./writer_source.ts";

/** What a thread's tracepoints write with. */
export interface TracerOptions {
  /** The memory that rings and registry are in. */
  readonly ram: ArrayBufferLike;
  /** What the threads of the session share. */
  readonly registry: Registry;
  /** This thread's clock. */
  readonly clock: Clock;
  /** Bytes of a sub-buffer. */
  readonly subbufSize: number;
  /** Fields each event has before its own. */
  readonly contextFields: readonly FieldLike[];
  /** A writer that is not attached, and never will be: it refuses while the thread has no CPU. */
  readonly idle: RingWriter;
}

/** Declares the tracepoints of a thread, and makes a writer for each that fits its fields alone. */
export class Tracer {
  /** Where the tracepoints write to. */
  readonly stream: ThreadStream;
  /** Values of the context fields, in their order; read at every event. */
  readonly context: unknown[] = [];
  readonly #options: TracerOptions;
  readonly #scratch: Scratch;
  readonly #view: DataView;
  /** The tracepoints this thread has declared, by ID and how they convert their arguments. */
  readonly #tracepoints = new Map<string, Tracepoint<readonly unknown[]>>();
  /** Number of this thread's first span; no other thread has those that follow. */
  readonly #firstSpan: number;
  /** Spans begun. */
  readonly #spans = { begun: 0 };

  /** A tracer whose stream is attached to no CPU yet. */
  constructor(options: TracerOptions) {
    this.#options = options;
    this.stream = new ThreadStream(options.registry, options.idle);
    this.#scratch = new Scratch(options.ram, options.subbufSize);
    this.#view = new DataView(options.ram);
    this.#firstSpan = options.registry.countThread() * 2 ** 32 + 1;
  }

  /** Declares a tracepoint: `TraceSession.tracepoint`, where its errors stand. */
  tracepoint<const Fields extends readonly FieldLike[]>(
    declaration: string | TracepointOptions,
    ...fields: Fields
  ): TracepointOf<Fields> {
    const { name, loglevel } = declared(declaration);
    assertFields(`tracepoint "${name}"`, fields);
    const { registry, contextFields } = this.#options;
    const size = COMPACT_HEADER_SIZE + fixedSize([...contextFields, ...fields]);
    const id = registry.declare({ name, loglevel, fields, size });
    // Fields can be the same in the trace and take other arguments: bool("a") and an enumeration.
    const key = `${id} ${textOf(fields)}`;
    let tracepoint = this.#tracepoints.get(key);
    if (tracepoint === undefined) {
      tracepoint = this.#make(id, fields);
      this.#tracepoints.set(key, tracepoint);
    }
    return tracepoint as unknown as TracepointOf<Fields>;
  }

  /** Declares a pair of tracepoints: `TraceSession.span`. */
  span<const Fields extends readonly FieldLike[], const End extends readonly FieldLike[] = []>(
    declaration: string | SpanOptions<End>,
    ...fields: Fields
  ): Span<ArgumentsOf<Fields>, ArgumentsOf<End>> {
    const { end: endFields, ...options }: SpanOptions<readonly FieldLike[]> =
      typeof declaration === "string" ? { name: declaration } : declaration;
    const { name } = options;
    const number = u64("span");
    const begin = this.#untyped({ ...options, name: `${name}_begin` }, number, ...fields);
    const end = this.#untyped({ ...options, name: `${name}_end` }, number, ...endFields ?? []);
    const tools = {
      begin,
      end,
      first: this.#firstSpan,
      dispose: Symbol.dispose,
      count: this.#spans,
    };
    const body = spanSource(fields.length, endFields?.length ?? 0);
    const span = new Function("tools", body)(tools) as (...values: unknown[]) => unknown;
    const enabled = { get: (): boolean => begin.enabled || end.enabled };
    return Object.defineProperty(span, "enabled", enabled) as Span<
      ArgumentsOf<Fields>,
      ArgumentsOf<End>
    >;
  }

  #untyped(
    declaration: TracepointOptions,
    ...fields: FieldLike[]
  ): Tracepoint<readonly unknown[]> {
    return this.tracepoint(declaration, ...fields) as Tracepoint<readonly unknown[]>;
  }

  #make(id: number, fields: readonly FieldLike[]): Tracepoint<readonly unknown[]> {
    const { registry, clock, contextFields } = this.#options;
    const { flags } = registry;
    const { body, enumerations } = writerSource(id, contextFields, fields);
    const make = new Function("tools", body) as (tools: unknown) => (...values: unknown[]) => void;
    const write = make({
      flags,
      stream: this.stream,
      scratch: this.#scratch,
      view: this.#view,
      now: clock.now,
      context: this.context,
      enumerations,
      labelValue,
      highHalf,
    });
    return Object.defineProperties(write, {
      id: { value: id },
      enabled: { get: () => flags[id] !== 0 },
    }) as unknown as Tracepoint<readonly unknown[]>;
  }
}

function declared(declaration: string | TracepointOptions): { name: string; loglevel: number } {
  const { name, loglevel = "debug_line" } = typeof declaration === "string"
    ? { name: declaration }
    : declaration;
  if (typeof name !== "string" || name === "") {
    throw new TypeError("Cannot declare a tracepoint: it has no name");
  }
  if (!Object.hasOwn(LOGLEVELS, loglevel)) {
    throw new TypeError(`Cannot declare tracepoint "${name}": there is no log level "${loglevel}"`);
  }
  return { name, loglevel: LOGLEVELS[loglevel] };
}

/** All that is known of fields, as text. */
function textOf(fields: readonly FieldLike[]): string {
  return JSON.stringify(fields, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}`;
    return value instanceof Map ? [...value] : value;
  });
}

/** Value of a label; a `RangeError` when there is none. */
function labelValue(
  { name, type }: { readonly name: string; readonly type: EnumerationType },
  label: string,
): number | bigint {
  const value = type.labels.get(label);
  if (value !== undefined) return value;
  throw new RangeError(`Cannot record "${name}": it has no label "${label}"`);
}
