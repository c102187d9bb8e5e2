import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MachineModel } from "../../../relay/machine_page/mod.ts";
import { machineHandler } from "../../../relay/machine_page/handler.ts";

const URL_BASE = "http://127.0.0.1:8420";

/** A machine, and requests as a browser on this host sends them. */
class Site {
  readonly model = new MachineModel();
  readonly #handler = machineHandler(this.model);

  /** Sends a request; a body makes it a POST. */
  send(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const isPost = body !== undefined;
    return this.#handler(
      new Request(URL_BASE + path, {
        method: isPost ? "POST" : "GET",
        headers: {
          host: "127.0.0.1:8420",
          ...(isPost && { "content-type": "application/json", origin: URL_BASE }),
          ...headers,
        },
        ...(isPost && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  }

  /** Where the page believes the machine to be. */
  get at(): unknown {
    const { boot, number, steps } = this.model.story;
    return { boot, number, length: steps.length };
  }
}

/** The page's files are read from the disk when the first one is asked for. */
const folder = new URL("../../../relay/machine_page/", import.meta.url);
const canRead = Deno.permissions.querySync({ name: "read", path: folder }).state === "granted";
const fileTest = (name: string, fn: () => Promise<void>): void =>
  Deno.test({ name, ignore: !canRead, fn });

const open = { do: "open", mode: "relay", pages: 1, subbufs: 2 };

fileTest("machineHandler() serves the page, which may load nothing from elsewhere", async () => {
  const site = new Site();
  const response = await site.send("/");
  assertEquals(response.headers.get("content-type"), "text/html; charset=utf-8");
  assertStringIncludes(response.headers.get("content-security-policy")!, "default-src 'self'");
  const html = await response.text();
  const files = [...html.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path);
  assert(files.length >= 4, html);
  for (const path of files) assertEquals((await site.send(path)).status, 200, path);
});

Deno.test("machineHandler() loads a scenario with what prepares it done", async () => {
  const site = new Site();
  const response = await site.send("/load", { at: site.at, scenario: "after-close" });
  const { story, scenarios } = await response.json();
  assertEquals(story.nextStage, 1);
  assert("alpha" in site.model.state.channels);
  const { stages } = scenarios.find(({ id }: { id: string }) => id === "after-close");
  assertEquals(Object.keys(stages[0]).sort(), ["look", "prepares", "say", "shows", "title"]);
});

fileTest("machineHandler() serves every module that the page imports", async () => {
  const site = new Site();
  const seen = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const response = await site.send(path);
    assertEquals(response.status, 200, path);
    assertMatch(response.headers.get("content-type")!, /^text\/javascript/);
    const imported = (await response.text()).matchAll(/from "\.(\/[^"]+)"/g);
    for (const [, next] of imported) await follow(next);
  };
  await follow("/app.js");
  assertEquals(seen.size, 15, [...seen].join(" "));
});

for (
  const path of ["/mod.ts", "/../deno.json", "/%2e%2e/deno.json", "/page/app.js", "/etc/passwd"]
) {
  fileTest(`machineHandler() finds nothing at ${path}`, async () => {
    const response = await new Site().send(path);
    assertEquals(response.status, 404);
    assertMatch((await response.json()).error, /^Cannot find /);
  });
}

Deno.test("machineHandler() carries a command out and answers its steps", async () => {
  const site = new Site();
  const response = await site.send("/do", { at: site.at, command: open });
  assertEquals(response.status, 200);
  const { steps } = await response.json();
  assertEquals(steps, JSON.parse(JSON.stringify(site.model.story.steps)));
  assertEquals(steps.at(-1).text, "alpha is open, with a buffer for each CPU online");
});

Deno.test("machineHandler() loads a scenario, plays its parts, and ends with it", async () => {
  const site = new Site();
  const loaded = await (await site.send("/load", { at: site.at, scenario: "failed-open" })).json();
  assertEquals(loaded.story.scenario, "failed-open");
  for (const stage of [0, 1, 2]) {
    const answer = await (await site.send("/next", { at: site.at })).json();
    assertEquals([answer.steps[0].stage, answer.nextStage], [stage, stage + 1]);
  }
  const response = await site.send("/next", { at: site.at });
  assertEquals(response.status, 400);
  assertEquals(await response.json(), { error: "Cannot go on: the scenario is at its end" });
});

/** What is refused: path, body, headers, and the answer. */
type Refused = [
  what: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  status: number,
  error: RegExp,
];

const command = { at: null, command: open };
const refused: Refused[] = [
  ["another host's name", "/", undefined, { host: "evil.example" }, 403, /for evil\.example/],
  [
    "a name that only begins alike",
    "/",
    undefined,
    { host: "127.0.0.1.evil.example:80" },
    403,
    /^Cannot answer for/,
  ],
  [
    "a post under another host's name",
    "/do",
    command,
    { host: "evil.example" },
    403,
    /^Cannot answer for/,
  ],
  [
    "a post from another site",
    "/do",
    command,
    { origin: "http://evil.example" },
    403,
    /another site/,
  ],
  [
    "a post from another port",
    "/do",
    command,
    { origin: "http://127.0.0.1:1" },
    403,
    /another site/,
  ],
  ["a post without an origin", "/do", command, { origin: "null" }, 403, /another site/],
  [
    "a post that a browser says is another site's",
    "/do",
    command,
    { "sec-fetch-site": "cross-site" },
    403,
    /another site/,
  ],
  ["a form", "/do", "a=b", { "content-type": "text/plain" }, 415, /it is no JSON$/],
  ["what is no JSON", "/do", "{", {}, 400, /it is no JSON object$/],
  ["what is no object", "/do", "1", {}, 400, /it is no JSON object$/],
  ["a long body", "/do", "x".repeat(16385), {}, 413, /above 16384 bytes$/],
  ["a post to a file", "/app.js", {}, {}, 404, /^Cannot post to \/app\.js/],
  ["a page that is behind", "/do", command, {}, 409, /from another page meanwhile$/],
  ["a load by a page that is behind", "/load", { at: null, scenario: null }, {}, 409, /meanwhile$/],
];
for (const [what, path, body, headers, status, error] of refused) {
  Deno.test(`machineHandler() refuses ${what}, and nothing has changed`, async () => {
    const site = new Site();
    const before = JSON.stringify(site.model.story);
    const response = await site.send(path, body, headers);
    assertEquals(response.status, status);
    const answer = await response.json();
    assertEquals(Object.keys(answer), ["error"]);
    assertMatch(answer.error, error);
    assertEquals(JSON.stringify(site.model.story), before);
  });
}

Deno.test("machineHandler() refuses a bad command with one line, and nothing has changed", async () => {
  const site = new Site();
  const bad: [unknown, string][] = [
    [{ do: "explode" }, 'Cannot take the command: there is no "explode"'],
    [{ do: "fill", node: 9 }, "Cannot fill: there is no node 9"],
    [{ do: "close", channel: "alpha" }, 'Cannot do this: there is no channel "alpha"'],
  ];
  const before = JSON.stringify(site.model.story);
  for (const [command, error] of bad) {
    const response = await site.send("/do", { at: site.at, command });
    assertEquals([response.status, await response.json()], [400, { error }]);
    assertEquals(JSON.stringify(site.model.story), before);
  }
});

Deno.test("machineHandler() refuses to load what is no scenario, and nothing has changed", async () => {
  const site = new Site();
  const before = JSON.stringify(site.model.story);
  for (
    const [scenario, error] of [[3, /scenario is no name$/], ["x", /no such scenario$/]] as const
  ) {
    const response = await site.send("/load", { at: site.at, scenario });
    assertEquals(response.status, 400);
    assertMatch((await response.json()).error, error);
    assertEquals(JSON.stringify(site.model.story), before);
  }
});

Deno.test("machineHandler() refuses a page that knew another machine at the same step", async () => {
  const [site, other] = [new Site(), new Site()];
  for (const path of ["/do", "/next", "/load"]) {
    const response = await site.send(path, { at: other.at, command: open, scenario: null });
    assertEquals(response.status, 409, path);
    await response.body?.cancel();
  }
  assertEquals(site.model.story.steps, []);
});

Deno.test("machineHandler() takes JSON whatever parameters its type has", async () => {
  const site = new Site();
  const type = { "content-type": "Application/JSON; charset=utf-8" };
  const response = await site.send("/do", { at: site.at, command: open }, type);
  assertEquals(response.status, 200);
  await response.body?.cancel();
});

Deno.test("machineHandler() refuses a body that breaks off, and nothing has changed", async () => {
  const model = new MachineModel();
  let pulls = 0;
  const body = new ReadableStream({
    pull: (controller) => {
      if (pulls++ === 0) controller.enqueue(new TextEncoder().encode("{"));
      else controller.error(new Error("gone"));
    },
  });
  const headers = { host: "127.0.0.1:8420", "content-type": "application/json", origin: URL_BASE };
  const request = new Request(`${URL_BASE}/do`, { method: "POST", headers, body });
  const response = await machineHandler(model)(request);
  assertEquals(response.status, 400);
  assertMatch(
    (await response.json()).error,
    /^Cannot read the request: it broke off after \d bytes$/,
  );
  assertEquals(model.story.steps, []);
});

Deno.test("machineHandler() tells the page the limits of what it takes", async () => {
  const { limits, channels, pageSize } = await (await new Site().send("/story")).json();
  assertEquals(limits, { k: 999, offset: 2 ** 20, size: 2 ** 20, length: 4096, text: 4096 });
  assertEquals(pageSize, 4096);
  assertEquals(channels, ["alpha", "beta", "gamma", "delta"]);
});

Deno.test("machineHandler() refuses other methods", async () => {
  const handler = machineHandler(new MachineModel());
  const headers = { host: "localhost:8420" };
  const response = await handler(new Request(URL_BASE, { method: "DELETE", headers }));
  assertEquals(response.status, 405);
});
