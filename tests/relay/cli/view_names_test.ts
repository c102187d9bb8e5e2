/** Names that occur in no event, and events without times. */
import { i32 } from "@ltt/relay/trace";
import { assertEquals } from "@std/assert";
import { startSession, TempDirectory } from "../session/support.ts";
import { ignore, requests, start, view, writeClockless } from "./view_support.ts";

const response = "http:server_response";
const cases: [readonly string[], readonly string[]][] = [
  [["--event", "htp:*"], [
    'no event is named "htp:*"; there is http:server_request, http:server_response',
  ]],
  [["--event", "http:*,x,server_respond"], [
    'no event is named "x"',
    'no event is named "server_respond"; there is http:server_response',
  ]],
  [["--where", "statsu > 1 && !(url == GET) || context.request == request"], [
    'no event has a field "statsu"; there is status',
    'no event has a field "GET"; text stands in quotes',
    'no event has a field "context.request"; there is request',
  ]],
  [["--where", 'ur1 == "/" || txt == "hi" || "hi" == urll'], [
    'no event has a field "ur1"; there is url',
    'no event has a field "txt"',
    'no event has a field "urll"; there is url',
  ]],
  [["--where", "url[0] == 1 && status.x == 2"], [
    'no event has a field "url[0]"',
    'no event has a field "status.x"; there is status',
  ]],
  [
    ["--where", "fields.status == 1 || context.cpu_id == cpu || duration > time || name == 'x'"],
    [],
  ],
  [["--cpu", "0-1,9,4-5"], [
    "no event is of CPU 9; there is 0",
    "no event is of CPU 4-5; there is 0",
  ]],
  [["--between", "*request", "*respons", "--by", "req"], [
    'no event is named "*respons"; there is http:server_response',
    'no event has a field "req"; there is request',
  ]],
  [["--between", "*request", response, "--by", "request", "--stats"], []],
];
for (const [options, missing] of cases) {
  Deno.test(
    `view() says which names are of nothing, by ${options.join(" ")}`,
    { ignore },
    async () => {
      using directory = new TempDirectory();
      const { code, err } = await view([...options, await requests(directory, 2)]);
      assertEquals([code, err], [0, missing.map((one) => `warning: ${one}\n`).join("")]);
    },
  );
}

Deno.test("view --follow says which names are of nothing so far, when there is something", {
  ignore,
}, async () => {
  using directory = new TempDirectory();
  const session = await startSession(directory, { switchTimerMs: 20 });
  session.tracepoint("begin", i32("n"))(1);
  await session.flush();
  const args = [
    "--follow",
    "--event",
    "tock,begin",
    "--where",
    "m > 0 || n > 0",
    "--format",
    "json",
  ];
  const child = start([...args, `${directory.path}/trace`]);
  const stderr = new Response(child.stderr).text();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals(JSON.parse((await lines.read()).value!).fields, { n: 1 });
  // It is declared only now, and shown all the same.
  session.tracepoint("tock", i32("m"))(2);
  await session.close();
  assertEquals(JSON.parse((await lines.read()).value!).fields, { m: 2 });
  assertEquals((await child.status).code, 0);
  await lines.cancel();
  assertEquals(
    await stderr,
    'warning: no event so far is named "tock"\n' +
      'warning: no event so far has a field "m"; text stands in quotes\n',
  );
});

Deno.test("view() shows no times of a trace without a clock", { ignore }, async () => {
  using directory = new TempDirectory();
  const { path } = directory;
  writeClockless(path);
  const rows = (await view([path])).out.split("\n");
  assertEquals(rows, [1, 2].map((n) => `${" ".repeat(28)}e${" ".repeat(20)}n=${n}`).concat(""));
  const lines = (await view(["--format", "json", path])).out.trimEnd().split("\n");
  assertEquals(
    lines.map((line) => JSON.parse(line)),
    [1, 2].map((n) => {
      return { time: null, s: null, event: "e", cpu: null, fields: { n } };
    }),
  );
});
