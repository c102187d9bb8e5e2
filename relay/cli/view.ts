import { resolve } from "node:path";
import type { CtfError, LostEvents, TraceEvent } from "../ctf/mod.ts";
import {
  Between,
  betweenJson,
  betweenText,
  DeclaredNames,
  EventFilter,
  EventValues,
  Follower,
  OpenedTraces,
  Statistics,
  statisticsJson,
  statisticsText,
  type TraceListener,
  type TraceSpan,
} from "../view/mod.ts";
import { PictureData } from "../view/picture/mod.ts";
import { attempt, JobError } from "./job_error.ts";
import { assertNoTraceOverwritten } from "./output_path.ts";
import { plainText } from "./plain_text.ts";
import { runCommand } from "./run_command.ts";
import { OutputClosed, TextOutput } from "./text_output.ts";
import { directoriesOf } from "./trace_arguments.ts";
import { parseViewArguments, type ViewArguments, viewUsage } from "./view_arguments.ts";
import { collect, environmentsOf, titleOf, writePicture } from "./view_picture.ts";
import { eventText, terminalStyle } from "./view_style.ts";

/** Slowest that `--between` tells of. */
const SLOWEST = 10;
/** Events after which signals have their turn. */
const TURN = 50_000;

/**
 * Shows the events of traces, or figures of them: the command `view`. Answers the exit code: 1 if nothing
 * could be shown, or a trace is broken, which ends in a line on standard error, behind what was before.
 * When whoever reads standard output does not any more, that is all that was wanted.
 */
export function view(args: readonly string[]): Promise<number> {
  const command = { usage: viewUsage, parse: parseViewArguments };
  return runCommand(command, args, async (options) => {
    const cwd = resolve(options.cwd);
    const directories = await directoriesOf(options.traces, cwd);
    if (options.html !== null) {
      await assertNoTraceOverwritten(resolve(cwd, options.html), directories);
    }
    return await new View(options, directories).run();
  });
}

/** Shows what is in traces. */
class View implements TraceListener {
  readonly #options: ViewArguments;
  readonly #directories: readonly string[];
  readonly #output = new TextOutput();
  /** Which events are wanted; `null` before it is known when the traces begin. */
  #filter: EventFilter | null = null;
  /** Takes what is told of lost events. */
  #onLost: (lost: LostEvents) => void = () => {};
  #code = 0;

  constructor(options: ViewArguments, directories: readonly string[]) {
    this.#options = options;
    this.#directories = directories;
  }

  /** Answers the exit code. */
  async run(): Promise<number> {
    const { follow, stats, between, html } = this.#options;
    try {
      if (html !== null) await this.#picture(resolve(this.#options.cwd, html));
      else if (follow) await this.#follow();
      else if (stats || between !== null) this.#figures();
      else this.#show();
      this.#output.flush();
    } catch (error) {
      if (error instanceof OutputClosed) return this.#code;
      if (error instanceof JobError) throw error;
      this.#output.flush();
      await attempt("read trace", this.#directories.join(", "), () => {
        throw error;
      });
    }
    return this.#code;
  }

  /** Tells of lost events, if they are wanted. */
  lost(lost: LostEvents): void {
    if (this.#filter?.wantsLost(lost) !== false) this.#onLost(lost);
  }

  /** Says what is wrong with a file. */
  broken(error: CtfError): void {
    this.#code = 1;
    this.#output.flush();
    console.error(`error: ${plainText(error.message)}`);
  }

  #show(): void {
    using traces = new OpenedTraces(this.#directories, this);
    const print = this.#printer(traces);
    const values = new EventValues(traces.originOf);
    for (const event of this.#wanted(traces, values)) print(event);
  }

  async #follow(): Promise<void> {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    Deno.addSignalListener("SIGINT", abort);
    try {
      using traces = new Follower(this.#directories, this);
      let print: ((event: TraceEvent) => void) | null = null;
      // Only when the first of them comes is it known when they begin.
      const start = (): (event: TraceEvent) => void => {
        this.#sayMissing(new DeclaredNames(traces.formats, "no event so far"));
        const values = new EventValues(traces.originOf);
        this.#filter = this.#filterOf({ beginNs: traces.beginNs, end: null }, values);
        return print = this.#printer(traces);
      };
      this.#onLost = (lost) => {
        start();
        this.lost(lost);
      };
      let seen = 0;
      for await (const events of traces.looks(stop.signal)) {
        for (const event of events) {
          print ??= start();
          if (this.#filter!.isOver(event.time)) return;
          if (this.#filter!.wants(event)) print(event);
          // What is there already may take a while: signals have to have their turn.
          if (++seen % TURN === 0) await new Promise((resolve) => setTimeout(resolve));
          if (stop.signal.aborted) return;
        }
        this.#output.flush();
      }
    } finally {
      Deno.removeSignalListener("SIGINT", abort);
    }
  }

  #figures(): void {
    using traces = new OpenedTraces(this.#directories, this);
    const { stats, between: names, by, format } = this.#options;
    const statistics = stats
      ? new Statistics((eventClass) => traces.originOf(eventClass).trace)
      : null;
    const values = new EventValues(traces.originOf);
    const between = names === null ? null : new Between({
      from: names[0],
      to: names[1],
      by: by === null ? null : values.readerOf(by),
      slowest: SLOWEST,
    });
    this.#onLost = (lost) => statistics?.lost(lost, traces.traceOfStream(lost.stream ?? ""));
    for (const event of this.#wanted(traces, values)) {
      statistics?.push(event);
      between?.push(event);
    }
    const isJson = format === "json";
    const style = terminalStyle();
    if (statistics !== null) {
      const { names } = traces;
      this.#output.write(
        isJson ? statisticsJson(statistics, names) : statisticsText(statistics, style, names),
      );
    }
    if (between !== null && names !== null) {
      if (statistics !== null && !isJson) this.#output.write("\n");
      const [from, to] = names;
      const text = isJson ? betweenJson : betweenText;
      this.#output.write(text(between, from, to, style));
    }
  }

  async #picture(path: string): Promise<void> {
    using traces = new OpenedTraces(this.#directories, this);
    const data = new PictureData(traces.originOf);
    this.#onLost = (lost) => data.lost(lost, traces.traceOfStream(lost.stream ?? ""));
    collect(data, this.#wanted(traces, new EventValues(traces.originOf)));
    const lives = (this.#filter?.cut(traces.lives()) ?? []).map(({ cpu, begin, end, stream }) => {
      return { trace: traces.traceOfStream(stream), cpu, begin, end };
    });
    await writePicture(path, data, {
      title: titleOf(this.#directories),
      beginNs: String(traces.beginNs),
      environments: environmentsOf(traces),
      lives,
    });
  }

  /** The events that are wanted. */
  *#wanted(traces: OpenedTraces, values: EventValues): Generator<TraceEvent, void, void> {
    this.#sayMissing(new DeclaredNames(traces.formats, "no event"));
    this.#sayMissingCpus(traces);
    const filter = this.#filterOf(traces.span(), values);
    this.#filter = filter;
    for (const event of traces.events(values.looksBack ? -Infinity : filter.from)) {
      if (filter.isOver(event.time)) return;
      if (filter.wants(event)) yield event;
    }
  }

  #filterOf(span: TraceSpan, values: EventValues): EventFilter {
    const { events, cpus, where, from, to } = this.#options;
    return new EventFilter({
      names: events,
      cpus: new Set(cpus.flatMap((range) => range.cpus)),
      meet: (event) => values.meet(event),
      where: where?.testOf(values) ?? null,
      from: from?.(span) ?? -Infinity,
      to: to?.(span) ?? Infinity,
    });
  }

  /** Says which of the names that were asked for are not in the traces. */
  #sayMissing(declared: DeclaredNames): void {
    const { events, between, where, by } = this.#options;
    const missing = [
      ...declared.missingEvents([...events, ...between ?? []]),
      ...declared.missingFields(where?.paths ?? [], where?.besideTexts),
      ...declared.missingFields(by === null ? [] : [by]),
    ];
    for (const one of new Set(missing)) console.error(`warning: ${plainText(one)}`);
  }

  /** Says which of the CPUs that were asked for no trace has recorded on. */
  #sayMissingCpus(traces: OpenedTraces): void {
    const { cpus } = this.#options;
    if (cpus.length === 0) return;
    const there = new Set(traces.lives().map(({ cpu }) => cpu).filter((cpu) => cpu >= 0));
    const shown = [...there].sort((a, b) => a - b).join(", ");
    for (const { text, cpus: wanted } of cpus) {
      if (wanted.some((cpu) => there.has(cpu))) continue;
      const hint = shown === "" ? "" : `; there is ${shown}`;
      console.error(`warning: no event is of CPU ${text}${hint}`);
    }
  }

  /** Prints events, from now on also what is lost. */
  #printer(
    { beginNs, originOf, names }: OpenedTraces | Follower,
  ): (event: TraceEvent) => void {
    const output = this.#output;
    const { text, title } = eventText(this.#options.format, beginNs, originOf, names);
    output.write(title);
    this.#onLost = (lost) => {
      output.write(text.lost(lost));
      const warning = text.warning(lost);
      if (warning !== "") Deno.stderr.writeSync(new TextEncoder().encode(warning));
    };
    return (event) => output.write(text.event(event));
  }
}
