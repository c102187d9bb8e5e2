/**
 * Loops that write events with what a Deno program would otherwise take. Every event has a time,
 * that of `performance.now()` unless the peer takes its own. No specifier is a literal, so that
 * nobody fetches these packages but who runs this.
 */
import type { EventKind } from "./peer.ts";

/** Writes so many events. */
type Write = (events: number) => void;

interface Writer {
  /** This many times fewer events than the fast peers write. */
  fewer: number;
  /** `path` is for a writer that needs a file. */
  open(event: EventKind, path: string): Promise<Write>;
}

/** 17 characters each. */
const texts = Array.from({ length: 16 }, (_, i) => `a string, no. ${`${i}`.padStart(3, "0")}`);

/** Words in a ring of 4 MiB; the writer throws them away when it is full. */
async function ringbuf(event: EventKind, now: () => number): Promise<Write> {
  const specifier: string = "npm:ringbuf.js@^0.4.0";
  const { RingBuffer } = await import(specifier);
  const ring = new RingBuffer(RingBuffer.getStorageForCapacity(2 ** 20, Uint32Array), Uint32Array);
  const thrownAway = new Uint32Array(2 ** 20);
  const words = new Uint32Array(event === "u64" ? 5 : 13);
  const chars = new Uint8Array(words.buffer);
  let next = 0;
  const push = (id: number): void => {
    const time = now();
    words[0] = id;
    words[1] = time;
    words[2] = time / 2 ** 32;
    if (ring.push(words) !== 0) return;
    ring.pop(thrownAway);
    ring.push(words);
  };
  if (event === "u64") {
    return (events) => {
      for (const end = next + events; next < end; next++) {
        words[3] = next;
        words[4] = next / 2 ** 32;
        push(1);
      }
    };
  }
  return (events) => {
    for (const end = next + events; next < end; next++) {
      words[3] = next;
      words[4] = -next;
      words[5] = Math.floor(-next / 2 ** 32);
      words[6] = next + 1;
      words[7] = (next + 1) / 2 ** 32;
      const text = texts[next & 15];
      for (let i = 0; i < text.length; i++) chars[32 + i] = text.charCodeAt(i);
      push(2);
    }
  };
}

/** Lines of text, put together by the caller. */
async function sonicBoom(event: EventKind, path: string): Promise<Write> {
  const specifier: string = "npm:sonic-boom@^4.2.0";
  const { default: SonicBoom } = await import(specifier);
  const file = new SonicBoom({ dest: path, sync: true, minLength: 4096 });
  let next = 0;
  return (events) => {
    Deno.truncateSync(path);
    const end = next + events;
    if (event === "u64") {
      for (; next < end; next++) file.write(`${performance.now()} u64 ${next}\n`);
      return;
    }
    for (; next < end; next++) {
      file.write(`${performance.now()} four ${next} ${-next} ${next + 1} ${texts[next & 15]}\n`);
    }
  };
}

/** Lines of JSON. The time is pino's own, in milliseconds. */
async function pino(event: EventKind, path: string): Promise<Write> {
  const specifier: string = "npm:pino@^10.0.0";
  const { default: makePino } = await import(specifier);
  const log = makePino(makePino.destination({ dest: path, sync: true, minLength: 4096 }));
  let next = 0;
  return (events) => {
    Deno.truncateSync(path);
    const end = next + events;
    if (event === "u64") {
      for (; next < end; next++) log.info({ value: next });
      return;
    }
    for (; next < end; next++) log.info({ a: next, b: -next, c: next + 1, text: texts[next & 15] });
  };
}

/** Spans that are begun and ended, with times of their own, and kept nowhere. */
async function openTelemetry(event: EventKind): Promise<Write> {
  const api: string = "npm:@opentelemetry/api@~1.9.0";
  const sdk: string = "npm:@opentelemetry/sdk-trace-base@^2.0.0";
  const { trace } = await import(api);
  const { BasicTracerProvider, NoopSpanProcessor } = await import(sdk);
  const spanProcessors = [new NoopSpanProcessor()];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  const tracer = trace.getTracer("peers");
  let next = 0;
  return (events) => {
    const end = next + events;
    if (event === "u64") {
      for (; next < end; next++) tracer.startSpan("u64", { attributes: { value: next } }).end();
      return;
    }
    for (; next < end; next++) {
      const attributes = { a: next, b: -next, c: next + 1, text: texts[next & 15] };
      tracer.startSpan("four", { attributes }).end();
    }
  };
}

/** Marks of the platform's user timing, thrown away a slice at a time. */
function marks(event: EventKind): Write {
  let next = 0;
  return (events) => {
    performance.clearMarks();
    const end = next + events;
    if (event === "u64") {
      for (; next < end; next++) performance.mark("u64", { detail: next });
      return;
    }
    for (; next < end; next++) {
      const detail = { a: next, b: -next, c: next + 1, text: texts[next & 15] };
      performance.mark("four", { detail });
    }
  };
}

/** By the names they have in the table. */
export const writers: Record<string, Writer> = {
  "ringbuf.js": {
    fewer: 1,
    open: (event) => ringbuf(event, () => performance.now() * 1e6),
  },
  "ringbuf.js, no time": { fewer: 1, open: (event) => ringbuf(event, () => 0) },
  "sonic-boom": { fewer: 5, open: sonicBoom },
  "pino": { fewer: 5, open: pino },
  "OpenTelemetry span": { fewer: 25, open: openTelemetry },
  "performance.mark": { fewer: 25, open: (event) => Promise.resolve(marks(event)) },
};
