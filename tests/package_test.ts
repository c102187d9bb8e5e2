import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
/** Node.js to try: a path, or a command. */
const NODE = (await allowed("env")) ? Deno.env.get("NODE22") ?? "node" : "node";

async function allowed(name: "env" | "run" | "read" | "write"): Promise<boolean> {
  return (await Deno.permissions.query({ name })).state === "granted";
}
const ignore = !((await allowed("run")) && (await allowed("read")) && (await allowed("write")));

/** Whether Node.js is there, and new enough. */
async function hasNode(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command(NODE, { args: ["--version"] }).output();
    return Number(/^v(\d+)/.exec(new TextDecoder().decode(stdout))?.[1]) >= 22;
  } catch {
    return false;
  }
}
const ignoreNode = ignore || !(await hasNode());

/** The package as npm would install it, in a directory that is gone afterwards. */
async function packed(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ltt-package-" });
  try {
    const tarball = `${directory}/package.tgz`;
    await run(Deno.execPath(), ["pack", "--quiet", "--allow-dirty", "--output", tarball], ROOT);
    const modules = `${directory}/node_modules/@ltt/relay`;
    await Deno.mkdir(modules, { recursive: true });
    await run("tar", ["xzf", tarball, "-C", modules, "--strip-components", "1"], ROOT);
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function run(command: string, args: readonly string[], cwd: string | URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  assert(success, `${command} ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}

function* declarations(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* declarations(path);
    else if (name.endsWith(".d.ts")) yield path;
  }
}

Deno.test("the package declares no type as any", { ignore }, async () => {
  await packed(async (directory) => {
    const found: string[] = [];
    let files = 0;
    for (const path of declarations(`${directory}/node_modules/@ltt/relay`)) {
      files++;
      const code = (await Deno.readTextFile(path)).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      for (const line of code.split("\n")) {
        if (/[:<|,=]\s*any\b/.test(line)) found.push(line.trim());
      }
    }
    assertEquals(found, []);
    assert(files > 50, `${files} files of declarations`);
  });
});

/** Each is a program that prints its last line. */
const PROGRAMS: readonly (readonly [what: string, source: string])[] = [
  [
    "hw and relay",
    `import { Machine } from "@ltt/relay/hw";
     import { Relay } from "@ltt/relay/relay";
     const machine = new Machine({ nodes: [64], cpus: 2, online: [0] });
     const relay = Relay.start(machine);
     const channel = relay.open({ baseFilename: "trace", subbufSize: 4096, nSubbufs: 4 });
     channel.buf[0].write(4090, new TextEncoder().encode("across two pages"));
     const text = new Uint8Array(16);
     channel.buf[0].read(4090, text);
     machine.hotplug.cpuUp(1);
     channel.close();
     console.log(new TextDecoder().decode(text), machine.snapshot().nodes[0].free);`,
  ],
  [
    "ring",
    `import { Machine } from "@ltt/relay/hw";
     import { Relay } from "@ltt/relay/relay";
     import { RingChannel } from "@ltt/relay/ring";
     const machine = new Machine({ nodes: [256], cpus: 1 });
     const options = { baseFilename: "ring", subbufSize: 4096, nSubbufs: 4, mode: "discard" };
     const channel = RingChannel.open(Relay.start(machine), options);
     const ring = channel.buf[0];
     const address = ring.writer.reserve(4);
     machine.ram.view.setUint32(address, 42);
     ring.writer.commit();
     ring.flush("active");
     const subbuf = ring.reader().getNextSubbuf();
     console.log(subbuf.views(subbuf.dataSize)[0].join(" "));`,
  ],
  [
    "ctf",
    `import { eventMetadata, u32 } from "@ltt/relay/ctf";
     console.log(eventMetadata({ name: "a:b", id: 1, loglevel: 14, fields: [u32("n")] }));`,
  ],
];
const SAYS: readonly string[] = ["across two pages 64", "0 0 0 42", 'name = "a:b"'];

for (const [i, [what, source]] of PROGRAMS.entries()) {
  Deno.test(`the package works under Node.js 22 and later: ${what}`, {
    ignore: ignoreNode,
  }, async () => {
    await packed(async (directory) => {
      await Deno.writeTextFile(`${directory}/program.mjs`, source);
      assertStringIncludes(await run(NODE, ["program.mjs"], directory), SAYS[i]);
    });
  });
}
