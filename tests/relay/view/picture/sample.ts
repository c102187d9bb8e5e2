import type { TraceEvent } from "../../../../relay/ctf/reader/trace_event.ts";
import { PictureData } from "../../../../relay/view/picture/picture_data.ts";
import type { PictureFacts } from "../../../../relay/view/picture/picture_format.ts";
import { event } from "../support.ts";

/** A path that would end the page's data, or run, if it were taken for anything but text. */
export const HOSTILE = `/</script><img src=x onerror="document.title='run'">`;

/** Facts of a server's trace of `seconds`. */
export function serverFacts(seconds: number): PictureFacts {
  const end = seconds * 1e9;
  return {
    title: "orders & <friends>",
    beginNs: "1790000000123456789",
    environments: { "": { hostname: "workshop", tracer_name: "ltt-relay-deno", vpid: 4711 } },
    lives: [
      { trace: "", cpu: 0, begin: 0, end },
      { trace: "", cpu: 1, begin: 0.1 * end, end },
      { trace: "", cpu: 2, begin: 0.3 * end, end: 0.8 * end },
    ],
  };
}

/**
 * Events of a server on three threads: requests that overlap, files that are read for them, timers. One
 * request, `/slow`, lasts 0.4 s. Each request is 5 events; every tenth is to {@linkcode HOSTILE}.
 */
export function* serverEvents(requests: number, seconds: number): Generator<TraceEvent> {
  const waiting: TraceEvent[] = [];
  const step = (seconds * 1e9) / (requests + 1);
  let seed = 42;
  const random = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  for (let request = 1; request <= requests; request++) {
    const begin = Math.round(request * step);
    const isSlow = request === Math.floor(requests / 2);
    const url = isSlow ? "/slow" : request % 10 === 0 ? HOSTILE : `/order/${request % 100}`;
    const duration = isSlow ? 0.4e9 : Math.round((0.5 + 3 * random() ** 3) * 1e6);
    const cpu = isSlow ? 0 : begin > 0.3e9 * seconds && begin < 0.75e9 * seconds ? request % 3 : 0;
    const add = (part: number, name: string, fields: TraceEvent["fields"]): void => {
      waiting.push(event(name, begin + Math.round(part * duration), fields, { cpu }));
    };
    add(0, "http:server_request", { request, method: "GET", url });
    add(0.2, "timer:set", { timer: request, delay_ms: 1, repeats: 0 });
    add(0.7, "file:read_text_file", {
      path: `/srv/orders/${request % 100}.json`,
      error: "",
      duration_ns: Math.round(0.4 * duration),
    });
    add(0.8, "console:log", { text: `order ${request % 100} read` });
    const failed = request % 97 === 0;
    if (failed) {
      add(1, "http:server_failure", { request, error: "TypeError", message: "no such order" });
    } else {
      add(1, "http:server_response", {
        request,
        status: request % 50 === 0 ? 500 : 200,
        duration_ns: duration,
      });
    }
    waiting.sort((a, b) => a.time - b.time);
    while (waiting.length > 0 && waiting[0].time < begin + step) yield waiting.shift()!;
  }
  yield* waiting;
}

/** What a picture is given of such a server, with events lost on CPU 1. */
export function serverData(requests: number, seconds: number): Uint8Array<ArrayBuffer> {
  const data = new PictureData();
  for (const one of serverEvents(requests, seconds)) data.push(one);
  const at = (part: number): number => Math.round(part * seconds * 1e9);
  data.lost({ cpu: 1, begin: at(0.55), end: at(0.62), count: 12_345 });
  return data.finish(serverFacts(seconds));
}
