import { PAGE_SIZE } from "../../mod.ts";
import { CHANNELS, CommandError, LIMITS, parseCommand } from "./commands.ts";
import type { MachineModel, ToldStep } from "./model.ts";
import { loadFiles } from "./load_files.ts";

/** Names under which this host is reached from itself, and from nowhere else. */
const LOOPBACK: readonly string[] = ["127.0.0.1", "localhost"];
/** Longest body that is read, in bytes. */
const MOST_BYTES = 16384;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** How far the page has followed the story: refused if the machine has gone on since. */
interface At {
  readonly boot: string;
  readonly number: number;
  readonly length: number;
}

/** A request that is not answered. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Answers the page's requests about a machine: its files, `GET /story`, and as JSON `POST /do`, `/next`
 * and `/load`. Requests under another host's name and from other sites' pages are refused, so that no page
 * of the network can use the machine.
 */
export function machineHandler(model: MachineModel): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      assertLocal(request);
      const { pathname } = new URL(request.url);
      if (request.method === "POST") return json(await post(pathname, request, model));
      if (request.method !== "GET" && request.method !== "HEAD") {
        throw new Refusal(405, `Cannot ${request.method}: only GET, HEAD and POST are answered`);
      }
      if (pathname === "/story") return json(wholeStory(model));
      const file = (await loadFiles()).get(pathname);
      if (file === undefined) {
        throw new Refusal(404, `Cannot find ${pathname}: there is no such file`);
      }
      return new Response(file.text, { headers: { ...HEADERS, "content-type": file.type } });
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof Refusal) return json({ error: message }, error.status);
      if (error instanceof CommandError) return json({ error: message }, 400);
      throw error;
    }
  };
}

/** Refuses what comes from elsewhere: a name that was made to lead here, or another site's page. */
function assertLocal(request: Request): void {
  const host = request.headers.get("host") ?? "";
  if (!LOOPBACK.includes(host.replace(/:\d+$/, ""))) {
    throw new Refusal(403, `Cannot answer for ${host}: this page is for 127.0.0.1`);
  }
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  if (origin !== null && origin !== `http://${host}`) {
    throw new Refusal(403, `Cannot answer ${origin}: another site's page`);
  }
  if (request.method === "POST" && site !== null && site !== "same-origin") {
    throw new Refusal(403, "Cannot answer: another site's page");
  }
}

async function post(pathname: string, request: Request, model: MachineModel): Promise<unknown> {
  const body = await readBody(request);
  switch (pathname) {
    case "/do": {
      assertAt(body.at, model);
      const command = parseCommand(body.command);
      return told(model, () => model.do(command));
    }
    case "/next":
      assertAt(body.at, model);
      return told(model, () => model.next());
    case "/load":
      assertAt(body.at, model);
      if (body.scenario !== null && typeof body.scenario !== "string") {
        throw new CommandError("Cannot load: scenario is no name");
      }
      model.load(body.scenario);
      model.prepare();
      return wholeStory(model);
    default:
      throw new Refusal(404, `Cannot post to ${pathname}: there is nothing`);
  }
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  // A form of another site's page cannot be sent as this type.
  const [type] = (request.headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw new Refusal(415, "Cannot read the request: it is no JSON");
  }
  const bytes = new Uint8Array(MOST_BYTES);
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      if (length + chunk.length > MOST_BYTES) {
        throw new Refusal(413, `Cannot read the request: it is above ${MOST_BYTES} bytes`);
      }
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, `Cannot read the request: it broke off after ${length} bytes`);
  }
  try {
    const body = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    if (typeof body === "object" && body !== null) return body;
  } catch {
    // Said below.
  }
  throw new Refusal(400, "Cannot read the request: it is no JSON object");
}

function assertAt(value: unknown, { story }: MachineModel): void {
  const at = value as At | null | undefined;
  const isSame = at?.boot === story.boot && at.number === story.number;
  if (isSame && at.length === story.steps.length) return;
  throw new Refusal(409, "Cannot do this: the machine was used from another page meanwhile");
}

/** What a command answers: its steps, or the story if that began anew. */
function told(model: MachineModel, run: () => readonly ToldStep[]): unknown {
  const { number } = model.story;
  const steps = run();
  const { story } = model;
  return story.number === number ? { steps, nextStage: story.nextStage } : wholeStory(model);
}

function wholeStory({ story, scenarios }: MachineModel): unknown {
  const titles = scenarios.map(({ id, title, intro, stages }) => ({
    id,
    title,
    intro,
    stages: stages.map(({ commands: _, ...said }) => said),
  }));
  return { story, scenarios: titles, channels: CHANNELS, limits: LIMITS, pageSize: PAGE_SIZE };
}

function json(value: unknown, status: number = 200): Response {
  const headers = { ...HEADERS, "content-type": "application/json; charset=utf-8" };
  return new Response(JSON.stringify(value), { status, headers });
}
