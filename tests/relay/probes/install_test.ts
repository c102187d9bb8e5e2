import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { currentSession } from "../../../relay/probes/current.ts";
import { installProbes } from "../../../relay/probes/install.ts";
import { TraceSession } from "../../../relay/session/mod.ts";
import { cannotRead, inDirectory, type ReadEvent, readTrace } from "./support.ts";

/** Everything that is replaced, by its descriptor. */
function descriptors(): Map<string, PropertyDescriptor | undefined> {
  const holders = {
    Deno,
    globalThis,
    console,
    Performance: Performance.prototype,
    Worker: Worker.prototype,
    Command: Deno.Command.prototype,
    URL,
    EventTarget: EventTarget.prototype,
  };
  const all = new Map<string, PropertyDescriptor | undefined>();
  for (const [name, holder] of Object.entries(holders)) {
    for (const key of Object.getOwnPropertyNames(holder)) {
      all.set(`${name}.${key}`, Object.getOwnPropertyDescriptor(holder, key));
    }
  }
  return all;
}

/** Runs something traced, and gives what was recorded. */
async function traced(
  directory: string,
  options: Parameters<typeof installProbes>[1],
  act: (session: TraceSession) => unknown,
): Promise<ReadEvent[]> {
  const session = await TraceSession.start({ output: `${directory}/trace`, handlesExit: false });
  const uninstall = installProbes(session, options);
  try {
    await act(session);
  } finally {
    uninstall();
    await session.close();
  }
  return await readTrace(`${directory}/trace`);
}

Deno.test(
  "installProbes() returns what restores every original",
  { ignore: cannotRead },
  async () => {
    await inDirectory({}, async (directory) => {
      // The session has wrappers of its own, from its first start on.
      await (await TraceSession.start({ output: `${directory}/first` })).close();
      const before = descriptors();
      await traced(directory, {}, (session) => {
        assertStrictEquals(currentSession(), session);
        assert(Deno.readFile !== before.get("Deno.readFile")?.value, "nothing was installed");
      });
      const after = descriptors();
      for (const [name, descriptor] of before) {
        const now = after.get(name);
        assertStrictEquals(now?.value, descriptor?.value, name);
        assertStrictEquals(now?.get, descriptor?.get, name);
        assertEquals([...after.keys()].length, before.size);
      }
      assertStrictEquals(currentSession(), null);
    });
  },
);

Deno.test("installProbes() leaves a wrapper of others alone, when it is taken away", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({}, async (directory) => {
    const { debug } = console;
    const texts: unknown[] = [];
    let theirs: typeof console.debug | undefined;
    await traced(directory, { probes: ["console"] }, () => {
      const ours = console.debug;
      theirs = console.debug = (...args) => {
        texts.push(args[0]);
        if (args[0] === "through") ours.call(console, "");
      };
    });
    try {
      assertStrictEquals(console.debug, theirs);
      console.debug("kept");
      assertEquals(texts, ["kept"]);
    } finally {
      console.debug = debug;
    }
  });
});

Deno.test("installProbes() hands through the very errors and results", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({ "a.txt": "a" }, async (directory) => {
    await traced(directory, { probes: ["file", "timer", "fetch"] }, async () => {
      assertEquals(Deno.readTextFileSync(`${directory}/a.txt`), "a");
      await assertRejects(() => Deno.readFile(`${directory}/b`), Deno.errors.NotFound);
      assertThrows(() => Deno.statSync(`${directory}/b`), Deno.errors.NotFound);
      const reason = new Error("own");
      const failed = await fetch("http://127.0.0.1:1/", { signal: AbortSignal.abort(reason) })
        .catch((error) => error);
      assertStrictEquals(failed, reason);
      const [self, args] = await new Promise<[unknown, unknown[]]>((resolve) => {
        const timer: unknown = setTimeout(
          function (this: unknown, ...args: unknown[]) {
            resolve([this === timer, args]);
          },
          1,
          "x",
        );
      });
      assertEquals([self, args], [true, ["x"]]);
    });
  });
});

Deno.test("installProbes() of two sessions links each one's events of the same timer", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({}, async (directory) => {
    const ofTimer = (events: ReadEvent[]): unknown[] =>
      events.map(({ name, fields }) => [name, Number(fields.timer)]);
    let inner: ReadEvent[] = [];
    const outer = await traced(`${directory}/outer`, { probes: ["timer"] }, async (session) => {
      session.disable("*");
      const first = setTimeout(() => {}, 1e6);
      session.enable("*");
      inner = await traced(`${directory}/inner`, { probes: ["timer"] }, () => {
        clearTimeout(first);
        clearTimeout(setTimeout(() => {}, 1e6));
      });
    });
    const [set, clear] = ["timer:set", "timer:clear"];
    // What was set while nothing was recorded has no number.
    assertEquals(ofTimer(inner), [[clear, 0], [set, 1], [clear, 1]]);
    // Starting a session sets a timer too, which is not cleared.
    assertEquals(ofTimer(outer).slice(0, 4), [[set, 1], [clear, 0], [set, 2], [clear, 2]]);
  });
});

Deno.test("installProbes() tells timers apart that are one object", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({}, async (directory) => {
    const { setInterval, clearInterval } = globalThis;
    // As programs do that keep their own time.
    const timer = { unref() {} };
    Object.assign(globalThis, { setInterval: () => timer, clearInterval: () => {} });
    try {
      const events = await traced(directory, { probes: ["timer"] }, () => {
        for (let i = 0; i < 2; i++) globalThis.setInterval(() => {}, 1e6);
        globalThis.clearInterval(timer as unknown as number);
      });
      assertEquals(events.map(({ name, fields }) => [name, Number(fields.timer)]), [
        ["timer:set", 1],
        ["timer:set", 2],
        ["timer:clear", 2],
      ]);
    } finally {
      Object.assign(globalThis, { setInterval, clearInterval });
    }
  });
});

Deno.test("a redaction hook decides, and one that throws leaks nothing", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({ "a.txt": "a" }, async (directory) => {
    const redact = (kind: string, value: string): string => {
      if (value.includes("bad")) throw new Error(value);
      return `${kind}:${value.length}`;
    };
    const events = await traced(directory, { probes: ["file", "performance"], redact }, () => {
      Deno.statSync(`${directory}/a.txt`);
      performance.mark("bad secret");
    });
    assertEquals(events.map(({ fields }) => fields.path ?? fields.name), [
      `path:${directory.length + 6}`,
      "[redaction failed]",
    ]);
  });
});

Deno.test("workers of a session whose hook cannot be sent to them tell nothing", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({}, async (directory) => {
    const events = await traced(directory, { redact: (_kind, value) => value }, async () => {
      const source = "console.log('secret');performance.mark('secret');self.postMessage(0)";
      const worker = new Worker(`data:text/javascript,${source}`, { type: "module" });
      await new Promise((resolve) => worker.onmessage = resolve);
      worker.terminate();
    });
    const inWorker = events.filter(({ name }) => /console:log|performance:mark/.test(name));
    assertEquals(inWorker.map(({ fields }) => fields.text ?? fields.name), [
      "[redacted]",
      "[redacted]",
    ]);
  });
});

Deno.test("a disabled event runs nothing of the probe's, nor of the hook", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({ "a.txt": "a" }, async (directory) => {
    let asked = 0;
    const redact = (_kind: string, value: string): string => {
      asked++;
      return value;
    };
    const events = await traced(directory, { probes: ["file", "console"], redact }, (session) => {
      session.disable("*");
      Deno.statSync(`${directory}/a.txt`);
      session.enable("file:stat");
      Deno.statSync(`${directory}/a.txt`);
      Deno.lstatSync(`${directory}/a.txt`);
    });
    assertEquals([events.length, asked], [1, 1]);
  });
});

Deno.test("installProbes() refuses bounds there cannot be, and installs nothing", {
  ignore: cannotRead,
}, async () => {
  await inDirectory({}, async (directory) => {
    await using session = await TraceSession.start({ output: directory, handlesExit: false });
    const { readFile } = Deno;
    assertThrows(
      () => installProbes(session, { loopPeriodMs: 0 }),
      RangeError,
      "loopPeriodMs is 0",
    );
    assertStrictEquals(Deno.readFile, readFile);
  });
});
