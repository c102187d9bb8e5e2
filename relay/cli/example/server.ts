/**
 * A program to record: an HTTP server on loopback and two workers that send it requests, the second
 * from half-time on. Now and then a request is slow: it works out all prices anew, and the others wait. It
 * ends after as many seconds as its argument says.
 *
 * @module
 */
import { currentSession } from "../../probes/current.ts";
import { string, u32 } from "../../trace/mod.ts";

const seconds = Number(Deno.args[0] ?? 4);
const pages = ["/", "/about", "/prices", "/search?q=secret", "/nowhere"];

// Tracepoints of the program's own, if it is being recorded.
const session = currentSession();
const visit = session?.tracepoint("shop:visit", string("page"), u32("visits"));
const pricing = session?.span("shop:pricing", u32("articles"));
const visits = new Map<string, number>();

function workOutPrices(articles: number): void {
  const end = pricing?.(articles);
  const prices = Array.from({ length: articles }, (_, i) => ({ price: Math.sin(i) }));
  prices.sort((a, b) => a.price - b.price);
  end?.();
}

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { pathname } = new URL(request.url);
  const count = (visits.get(pathname) ?? 0) + 1;
  visits.set(pathname, count);
  visit?.(pathname, count);
  if (pathname === "/prices" && count % 1000 === 500) workOutPrices(100_000);
  return pathname === "/nowhere"
    ? new Response("no such page", { status: 404 })
    : new Response(`visit ${count} of ${pathname}`);
});
const origin = `http://127.0.0.1:${server.addr.port}`;

function visitor(name: string): Worker {
  const worker = new Worker(new URL("./visitor.ts", import.meta.url), { type: "module", name });
  worker.postMessage({ origin, pages });
  return worker;
}

const visitors = [visitor("visitor 1")];
setTimeout(() => visitors.push(visitor("visitor 2")), seconds * 500);
setTimeout(async () => {
  for (const worker of visitors) worker.terminate();
  await server.shutdown();
  const total = [...visits.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${total} requests on ${visits.size} pages`);
}, seconds * 1000);
