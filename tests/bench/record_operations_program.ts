/**
 * A program of `record_operations.ts` that knows nothing of being recorded: prints the nanoseconds that each
 * of its operations took at least, as JSON, by its name.
 */
const directory = await Deno.makeTempDir();
const file = `${directory}/file`;
Deno.writeTextFileSync(file, "a file of 22 characters");
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response("Hello World"),
);
const url = `http://127.0.0.1:${server.addr.port}/`;

/** Each does what it is named after `count` times. */
const operations: Record<string, readonly [count: number, run: (count: number) => Promise<void>]> =
  {
    "a timer, set and fired": [20_000, (count) =>
      new Promise((resolve) => {
        let fired = 0;
        for (let i = 0; i < count; i++) setTimeout(() => ++fired === count && resolve(), 0);
      })],
    "a timer, set and cleared": [50_000, (count) => {
      for (let i = 0; i < count; i++) clearTimeout(setTimeout(() => {}, 1000));
      return Promise.resolve();
    }],
    "a small file read, readTextFileSync": [5_000, (count) => {
      for (let i = 0; i < count; i++) Deno.readTextFileSync(file);
      return Promise.resolve();
    }],
    "a small file read, await readTextFile": [2_000, async (count) => {
      for (let i = 0; i < count; i++) await Deno.readTextFile(file);
    }],
    "a request, fetched and served": [2_000, async (count) => {
      for (let i = 0; i < count; i++) await (await fetch(url)).text();
    }],
  };

/** The least of some runs is what nothing else disturbed; the first ones compile. */
const RUNS = 8;
const found: Record<string, number> = {};
for (const [name, [count, run]] of Object.entries(operations)) {
  found[name] = Infinity;
  for (let i = 0; i < RUNS; i++) {
    const begin = performance.now();
    await run(count);
    found[name] = Math.min(found[name], (performance.now() - begin) * 1e6 / count);
  }
}
await server.shutdown();
await Deno.remove(directory, { recursive: true });
await Deno.writeTextFile(Deno.args[0], JSON.stringify(found));
