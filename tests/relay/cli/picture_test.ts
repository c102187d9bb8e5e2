import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { sumLost } from "@ltt/relay/session";
import { i32, string } from "@ltt/relay/trace";
import { pathToFileURL } from "node:url";
import { TraceData, unpackPage } from "../../../relay/view/picture/page/trace_data.ts";
import { ignore, startSession, TempDirectory } from "../session/support.ts";
import { type ChromeTrace, readChromeTrace } from "../view/chrome_format.ts";
import { number, text, writeHandMade } from "../view/hand_made_trace.ts";
import { MAIN, PROGRAMS, run as runDeno } from "./support.ts";
import { CHROMIUM_MISSING, startChromium } from "../../chromium.ts";

const program = `${PROGRAMS}slow_server.ts`;
/** The permissions of `deno task view` and `deno task convert`. */
const FILES = ["--allow-read", "--allow-write"];

/** Runs a command in a directory. */
async function run(
  cwd: string,
  permissions: readonly string[],
  ...args: string[]
): Promise<{ readonly code: number; readonly err: string }> {
  const { code, err } = await runDeno([...permissions, MAIN, ...args], cwd);
  return { code, err };
}

/** A trace of three events with a number and a text each. */
function writeTrace(path: string): void {
  const payloads = [1, 2, 3].map((i) => [...number(BigInt(i), 8), ...text(`text ${i}`)]);
  writeHandMade(path, {
    fields: "uint64_t n; string s;",
    payloads,
    env: 'hostname = "workshop";',
    beginNs: 1_790_000_000_000_000_000n,
  });
}

async function readPage(path: string): Promise<TraceData> {
  const [, base64] = / id="data">([^<]*)</.exec(await Deno.readTextFile(path))!;
  return new TraceData(await unpackPage(base64));
}

async function readChrome(path: string): Promise<ChromeTrace> {
  return readChromeTrace(await Deno.readTextFile(path));
}

Deno.test({
  name: "view --html makes a page of all events, and says so",
  ignore,
  async fn() {
    using at = new TempDirectory();
    writeTrace(`${at.path}/trace`);
    const { code, err } = await run(at.path, FILES, "view", "--html", "page.html", "trace");
    assertEquals({ code, err }, { code: 0, err: "3 events in page.html: open it in a browser\n" });
    const data = await readPage(`${at.path}/page.html`);
    assertEquals(data.facts.title, "trace");
    assertEquals(Object.values(data.facts.environments)[0].hostname, "workshop");
    assertEquals(data.facts.beginNs, "1790000000000000000");
    assertEquals(
      [0, 1, 2].map((i) => data.fieldsOf(i)[1]),
      [1, 2, 3].map((i) => ["s", `text ${i}`]),
    );
  },
});

Deno.test({
  name: "view --html makes a page of the events that are chosen",
  ignore,
  async fn() {
    using at = new TempDirectory();
    writeTrace(`${at.path}/trace`);
    const args = ["--where", "n >= 2", "--html", "page.html", "trace"];
    assertEquals((await run(at.path, FILES, "view", ...args)).code, 0);
    assertEquals((await readPage(`${at.path}/page.html`)).events, 2);
  },
});

Deno.test({
  name: "view --html and convert say which file cannot be written",
  ignore,
  async fn() {
    using at = new TempDirectory();
    writeTrace(`${at.path}/trace`);
    const file = `${at.path}/none/out`;
    const html = await run(at.path, FILES, "view", "--html", file, "trace");
    assertEquals(html, {
      code: 1,
      err: `error: Cannot write picture to ${file}: no such file or directory\n`,
    });
    const json = await run(
      at.path,
      FILES,
      "convert",
      "--to",
      "chrome-json",
      "--out",
      file,
      "trace",
    );
    assertEquals(json, {
      code: 1,
      err: `error: Cannot write ${file}: no such file or directory\n`,
    });
  },
});

Deno.test({
  name: "convert does not touch its file when there is no trace",
  ignore,
  async fn() {
    using at = new TempDirectory();
    Deno.writeTextFileSync(`${at.path}/out`, "before");
    const { code, err } = await run(
      at.path,
      FILES,
      ...["convert", "--to", "chrome-json", "--out", "out", "nothing"],
    );
    assertEquals(code, 1);
    assertStringIncludes(err, "Cannot read trace");
    assertEquals(Deno.readTextFileSync(`${at.path}/out`), "before");
  },
});

Deno.test({
  name: "convert writes whole JSON of what can be read of a broken trace, and fails",
  ignore,
  async fn() {
    using at = new TempDirectory();
    writeTrace(`${at.path}/trace`);
    Deno.writeFileSync(`${at.path}/trace/stream_1`, new Uint8Array(100).fill(7));
    const { code, err } = await run(
      at.path,
      FILES,
      ...["convert", "--to", "chrome-json", "--out", "out.json", "trace"],
    );
    assertEquals(code, 1);
    assertStringIncludes(err, "stream_1");
    const { traceEvents } = await readChrome(`${at.path}/out.json`);
    assertEquals(traceEvents.filter(({ ph }) => ph === "i").length, 3);
  },
});

Deno.test({
  name: "view --html and convert tell all that was lost, and on which CPU",
  ignore,
  async fn() {
    using at = new TempDirectory();
    const session = await startSession(at, { subbufSize: 4096, nSubbufs: 2 });
    const record = session.tracepoint("t", i32("n"));
    const long = session.tracepoint("long", string("text"));
    record(0);
    // Lost however fast the disk is: they fit into no sub-buffer.
    for (let i = 0; i < 7; i++) long("x".repeat(5000));
    await session.flush();
    record(1);
    const lost = sumLost(session.statistics().lost);
    await session.close();
    assertEquals(lost, 7);
    assertEquals((await run(at.path, FILES, "view", "--html", "page.html", "trace")).code, 0);
    const data = await readPage(`${at.path}/page.html`);
    assertEquals(data.lostCount, lost);
    assertEquals(new Set(data.lost.lane), new Set(data.lane));
    const args = ["--to", "chrome-json", "--out", "trace.json", "trace"];
    assertEquals((await run(at.path, FILES, "convert", ...args)).code, 0);
    const { traceEvents } = await readChrome(`${at.path}/trace.json`);
    const counters = traceEvents.filter(({ ph }) => ph === "C");
    assertEquals(counters.at(-1)!.name, "lost on CPU 0");
    assertEquals(counters.at(-1)!.args.events, lost);
  },
});

Deno.test({
  name: "a server that is recorded is seen in a browser, and the slow request is found",
  ignore: ignore || CHROMIUM_MISSING,
  // Chromium is a process of playwright's.
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    using at = new TempDirectory();
    const recorded = await run(at.path, ["-A"], "record", "--out", "trace", "-A", program);
    assertEquals(recorded.code, 0, recorded.err);
    const viewed = await run(at.path, FILES, "view", "--html", "page.html", "trace");
    assertEquals(viewed.code, 0, viewed.err);
    const browser = await startChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      await page.goto(pathToFileURL(`${at.path}/page.html`).href);
      await page.waitForSelector("html[data-ready]");
      await page.click("#duration-rows button:text-is('http:server')");
      await page.click("#slowest button");
      const details = await page.innerText("#details");
      assertStringIncludes(details, "/slow");
      const [, duration] = /([\d.]+) ms/.exec(details)!;
      assert(Number(duration) >= 249, `${duration} ms`);
      await page.fill("#search", "status>=500");
      await page.press("#search", "Enter");
      assertStringIncludes(await page.innerText("#details"), "500");
    } finally {
      await browser.close();
    }
  },
});

Deno.test({
  name: "convert writes a recorded server's trace in Chrome's format",
  ignore,
  async fn() {
    using at = new TempDirectory();
    const recorded = await run(at.path, ["-A"], "record", "--out", "trace", "-A", program);
    assertEquals(recorded.code, 0, recorded.err);
    const args = ["--to", "chrome-json", "--out", "trace.json", "trace"];
    const { code, err } = await run(at.path, FILES, "convert", ...args);
    const next = "open it in Perfetto, or in Chrome's chrome://tracing";
    assertEquals([code, err.replace(/^\d+/, "N")], [0, `N events in trace.json: ${next}\n`]);
    const { traceEvents } = await readChrome(`${at.path}/trace.json`);
    const begins = traceEvents.filter(({ ph, name }) => ph === "b" && name === "http:server");
    assertEquals(begins.length, 60);
    const slow = begins.find(({ args }) => JSON.stringify(args.fields).includes('/slow"'))!;
    const end = traceEvents.find(({ ph, id }) => ph === "e" && id === slow.id)!;
    assert(end.ts - slow.ts >= 249_000, `${end.ts - slow.ts} µs`);
  },
});

Deno.test({
  name: "view --html and convert refuse to write over the trace they read, and leave it as it is",
  ignore,
  async fn() {
    using at = new TempDirectory();
    writeTrace(`${at.path}/trace`);
    const stream = `${at.path}/trace/stream_0`;
    const before = await Deno.readFile(stream);
    await Deno.symlink(stream, `${at.path}/link`);
    await Deno.link(stream, `${at.path}/hard`);
    await Deno.symlink(`${at.path}/trace`, `${at.path}/directory`);
    for (const out of ["trace/stream_0", "trace/metadata", "trace/new", "link", "hard"]) {
      for (const way of [["view", "--html"], ["convert", "--to", "chrome-json", "--out"]]) {
        const { code, err } = await run(at.path, FILES, ...way, out, "directory");
        const message = `error: Cannot write ${at.path}/${out}: it is in the trace that is read, ` +
          `${at.path}/directory\n`;
        assertEquals({ code, err }, { code: 1, err: message });
      }
    }
    assertEquals(await Deno.readFile(stream), before);
    const names = Array.from(Deno.readDirSync(`${at.path}/trace`), ({ name }) => name);
    assertEquals(names.sort(), ["metadata", "stream_0"]);
  },
});
