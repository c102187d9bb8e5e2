import { assertEquals, assertThrows } from "@std/assert";
import { readSettings, selectGroups, type VariableName } from "../../../relay/probes/options.ts";
import { PROBE_GROUPS } from "../../../relay/probes/probe.ts";

const read = (values: Partial<Record<VariableName, string>>) =>
  readSettings((name) => values[name], new Date(2026, 0, 2, 3, 4, 5));

Deno.test("readSettings() gives defaults, when nothing is set", () => {
  assertEquals(read({}), {
    session: {
      output: "trace-20260102-030405",
      snapshotsAtExit: false,
      opensAllFiles: false,
    },
    probes: PROBE_GROUPS,
    redactModule: null,
    giveUp: [],
    subscribes: false,
    loopPeriodMs: undefined,
  });
});

Deno.test("readSettings() reads each variable", () => {
  const settings = read({
    LTT_RELAY_OUT: "/t",
    LTT_RELAY_PROBES: "http, fetch",
    LTT_RELAY_SUBBUF_SIZE: "4096",
    LTT_RELAY_SUBBUFS: "4",
    LTT_RELAY_CPUS: "3",
    LTT_RELAY_MODE: "continuous",
    LTT_RELAY_EVENTS: "http:*,own:?",
    LTT_RELAY_MAX_FILE_SIZE: "65536",
    LTT_RELAY_MAX_FILES: "5",
    LTT_RELAY_CONTEXTS: "cpu,worker",
    LTT_RELAY_STATISTICS: "/figures",
    LTT_RELAY_GIVE_UP: "write=/t,ffi,env=LTT_*,sys=hostname,net=a:1,run=/b=c,import=d",
    LTT_RELAY_REDACT: "./hook.ts",
    LTT_RELAY_DIAGNOSTICS: "subscribe",
    LTT_RELAY_LOOP_PERIOD: "7",
    LTT_RELAY_NAME: "n",
    LTT_RELAY_LIVE: "20",
    LTT_RELAY_SPILL: "/missed",
  });
  assertEquals(settings.session, {
    output: "/t",
    mode: "continuous",
    subbufSize: 4096,
    nSubbufs: 4,
    maxCpus: 3,
    events: ["http:*", "own:?"],
    contexts: ["cpu", "worker"],
    maxFileSize: 65536,
    maxFiles: 5,
    name: "n",
    live: true,
    livePeriodMs: 20,
    spill: "/missed",
    statisticsDirectory: "/figures",
    snapshotsAtExit: false,
    opensAllFiles: false,
  });
  assertEquals(settings.probes, ["http", "fetch"]);
  assertEquals(settings.giveUp, [
    { name: "write", path: "/t" },
    { name: "ffi" },
    { name: "env", variable: "LTT_*" },
    { name: "sys", kind: "hostname" },
    { name: "net", host: "a:1" },
    { name: "run", command: "/b=c" },
    { name: "import", host: "d" },
  ] as Deno.PermissionDescriptor[]);
  assertEquals([settings.redactModule, settings.subscribes, settings.loopPeriodMs], [
    "./hook.ts",
    true,
    7,
  ]);
});

Deno.test("readSettings() opens no files at the start that come only later", () => {
  const opens = (values: Partial<Record<VariableName, string>>) =>
    read({ LTT_RELAY_STATISTICS: "1", ...values }).session.opensAllFiles;
  assertEquals(opens({ LTT_RELAY_MODE: "flight-recorder" }), false);
  assertEquals(opens({ LTT_RELAY_MAX_FILE_SIZE: "4096" }), false);
  assertEquals(opens({ LTT_RELAY_MAX_FILE_SIZE: "4096", LTT_RELAY_MAX_FILES: "2" }), false);
  assertEquals(opens({ LTT_RELAY_MAX_FILE_SIZE: "0" }), true);
  assertEquals(opens({}), true);
});

Deno.test("readSettings() refuses what makes no sense", () => {
  const wrong: readonly (readonly [VariableName, string, string])[] = [
    ["LTT_RELAY_CPUS", "-1", '"-1" is no number'],
    ["LTT_RELAY_PROBES", "-ftp", '"-ftp"'],
    ["LTT_RELAY_GIVE_UP", "all", '"all"'],
    ["LTT_RELAY_DIAGNOSTICS", "yes", '"yes"'],
  ];
  for (const [name, value, message] of wrong) {
    assertThrows(() => read({ [name]: value }), TypeError, message);
  }
});

Deno.test("selectGroups() takes those named, or all but those with a minus", () => {
  assertEquals(selectGroups(["file", "http"]), ["http", "file"]);
  const rest = PROBE_GROUPS.filter((group) => group !== "timer" && group !== "loop");
  assertEquals(selectGroups(["-timer", "-loop"]), rest);
  assertEquals(selectGroups(["file", "http", "-http"]), ["file"]);
});
