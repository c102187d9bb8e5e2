import {
  ascending,
  CPU_DEAD,
  CPU_DYING,
  CPU_ONLINE,
  CPU_STARTING,
  CPU_UP_PREPARE,
  type CpuAction,
  cpuActionName,
  Cpus,
  Machine,
  NOTIFY_OK,
} from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

/** A machine that writes down on which CPU each event is told. */
function recordingMachine(options: { cpus: number; online?: number[] }) {
  const machine = new Machine({ nodes: [1], ...options });
  const where = new Map<CpuAction, number>();
  machine.hotplug.hotcpuNotifier((action) => {
    where.set(action, machine.cpus.smpProcessorId());
    return NOTIFY_OK;
  }, 0);
  return { machine, cpus: machine.cpus, where };
}

Deno.test("Cpus keeps the sets it is given, the online ones active", () => {
  const cpus = new Cpus({ possible: [0, 2, 5], present: [0, 2], online: [2] });
  assertEquals([...cpus.possible], [0, 2, 5], "possible");
  assertEquals([...cpus.present], [0, 2], "present");
  assertEquals([...cpus.online], [2], "online");
  assertEquals([...cpus.active], [2], "active");
});

Deno.test("Cpus.nrCpuIds is the highest possible number plus one, when numbers are left out", () => {
  assertStrictEquals(new Cpus({ possible: [6, 1], present: [1], online: [1] }).nrCpuIds, 7);
});

Deno.test("Cpus keeps its sets, when the lists it was given change", () => {
  const list = [0, 1];
  const cpus = new Cpus({ possible: list, present: list, online: list });
  list.pop();
  for (const name of ["possible", "present", "online", "active"] as const) {
    assert(cpus[name].has(1), `CPU 1 is still ${name}`);
  }
});

Deno.test("Cpus.setCpuOnline() and setCpuActive() each change one set alone", () => {
  const cpus = new Cpus({ possible: [0, 1], present: [0, 1], online: [0, 1] });
  cpus.setCpuOnline(1, false);
  assertEquals([[...cpus.online], [...cpus.active]], [[0], [0, 1]], "online cleared");
  cpus.setCpuActive(0, false);
  assertEquals([[...cpus.online], [...cpus.active]], [[0], [1]], "active cleared");
  cpus.setCpuOnline(1, true);
  cpus.setCpuActive(0, true);
  assertEquals([ascending(cpus.online), ascending(cpus.active)], [[0, 1], [0, 1]], "set again");
});

Deno.test("Cpus.smpProcessorId() is the lowest online CPU, when nothing is said", () => {
  const { machine, cpus } = recordingMachine({ cpus: 12, online: [10, 3, 11] });
  assertStrictEquals(cpus.smpProcessorId(), 3, "3, 10 and 11 are online");
  machine.hotplug.cpuDown(3);
  assertStrictEquals(cpus.smpProcessorId(), 10, "10 and 11 are online");
  machine.hotplug.cpuUp(1);
  assertStrictEquals(cpus.smpProcessorId(), 1, "1, 10 and 11 are online");
});

Deno.test("Cpus.runOn() says which CPU the caller is on, and returns what the function returns", () => {
  const { cpus } = recordingMachine({ cpus: 3 });
  assertStrictEquals(cpus.runOn(2, () => cpus.smpProcessorId()), 2);
  assertStrictEquals(cpus.smpProcessorId(), 0, "afterwards");
});

Deno.test("Cpus.runOn() puts the caller back where he was, when calls nest", () => {
  const { cpus } = recordingMachine({ cpus: 4 });
  const here = () => cpus.smpProcessorId();
  const seen = cpus.runOn(
    3,
    () => [here(), ...cpus.runOn(1, () => [here(), cpus.runOn(0, here), here()]), here()],
  );
  assertEquals(seen, [3, 1, 0, 1, 3], "on 3, within it on 1, within it on 0");
});

Deno.test("Cpus.runOn() puts the caller back, when the function throws", () => {
  const { cpus } = recordingMachine({ cpus: 3 });
  const thrown = new Error("from CPU 2");
  cpus.runOn(1, () => {
    const error = assertThrows(() =>
      cpus.runOn(2, () => {
        throw thrown;
      })
    );
    assertStrictEquals(error, thrown);
    assertStrictEquals(cpus.smpProcessorId(), 1, "back on the outer one");
  });
  assertStrictEquals(cpus.smpProcessorId(), 0, "back on none");
});

for (const [cpu, what] of [[1, "is off"], [7, "is none"], [-1, "is no number of a CPU"]] as const) {
  Deno.test(`Cpus.runOn() refuses CPU ${cpu} and does not call, when it ${what}`, () => {
    const { cpus } = recordingMachine({ cpus: 2, online: [0] });
    const fn = spy();
    assertThrows(
      () => cpus.runOn(cpu, fn),
      RangeError,
      `Cannot run on CPU ${cpu}: it is not online`,
    );
    assertSpyCalls(fn, 0);
    assertStrictEquals(cpus.smpProcessorId(), 0, "the caller stays");
  });
}

Deno.test("Cpus.runOn() leaves the caller on the lowest online CPU, when he takes his own down", () => {
  const { machine, cpus } = recordingMachine({ cpus: 3 });
  const seen = cpus.runOn(1, () => {
    machine.hotplug.cpuDown(1);
    return cpus.smpProcessorId();
  });
  assertStrictEquals(seen, 0, "CPU 1 took itself down, 0 and 2 are online");
});

Deno.test("Cpus.runOn() takes another CPU within the first, when the first went down", () => {
  const { machine, cpus } = recordingMachine({ cpus: 3 });
  const seen = cpus.runOn(1, () => {
    machine.hotplug.cpuDown(1);
    return [cpus.runOn(2, () => cpus.smpProcessorId()), cpus.smpProcessorId()];
  });
  assertEquals(seen, [2, 0]);
});

Deno.test("CpuHotplug.cpuUp() tells CPU_STARTING on the CPU itself, and the rest on the caller's", () => {
  const { machine, where } = recordingMachine({ cpus: 3, online: [0, 2] });
  machine.runOn(2, () => machine.hotplug.cpuUp(1));
  assertEquals(
    [...where].map(([action, cpu]) => `${cpuActionName(action)} on ${cpu}`),
    ["CPU_UP_PREPARE on 2", "CPU_STARTING on 1", "CPU_ONLINE on 2"],
    "CPU 2 brings up CPU 1",
  );
});

Deno.test("CpuHotplug.cpuDown() tells CPU_DYING on the CPU itself, and the rest on the caller's", () => {
  const { machine, where } = recordingMachine({ cpus: 3 });
  machine.runOn(2, () => machine.hotplug.cpuDown(1));
  assertEquals(
    [...where].map(([action, cpu]) => `${cpuActionName(action)} on ${cpu}`),
    ["CPU_DOWN_PREPARE on 2", "CPU_DYING on 1", "CPU_DEAD on 2", "CPU_POST_DEAD on 2"],
    "CPU 2 takes down CPU 1",
  );
});

Deno.test("CpuHotplug.cpuDown() tells CPU_DYING on the CPU itself and CPU_DEAD on another, when it is the caller's", () => {
  const { machine, where } = recordingMachine({ cpus: 3 });
  machine.runOn(1, () => machine.hotplug.cpuDown(1));
  assertStrictEquals(where.get(CPU_DYING), 1, "CPU_DYING");
  assertStrictEquals(where.get(CPU_DEAD), 0, "CPU_DEAD");
});

Deno.test("Cpus.runOn() of an online CPU works within CPU_STARTING and CPU_DYING, and ends there", () => {
  const { machine, cpus } = recordingMachine({ cpus: 3, online: [0, 2] });
  const seen: number[] = [];
  machine.hotplug.hotcpuNotifier((action) => {
    if (action === CPU_STARTING || action === CPU_DYING) {
      seen.push(cpus.runOn(2, () => cpus.smpProcessorId()), cpus.smpProcessorId());
    }
    return NOTIFY_OK;
  }, 0);
  machine.hotplug.cpuUp(1);
  machine.hotplug.cpuDown(1);
  assertEquals(seen, [2, 1, 2, 1], "on 2, then on 1 again; as it comes, as it goes");
});

for (const action of [CPU_STARTING, CPU_DYING]) {
  Deno.test(`Cpus.smpProcessorId() is the caller's, when a notifier has thrown in ${cpuActionName(action)}`, () => {
    const { machine, cpus } = recordingMachine({ cpus: 3 });
    machine.hotplug.cpuDown(1);
    machine.hotplug.hotcpuNotifier((told) => {
      if (told === action) throw new Error("thrown");
      return NOTIFY_OK;
    }, 0);
    machine.runOn(2, () => {
      for (const move of ["cpuUp", "cpuDown"] as const) {
        try {
          machine.hotplug[move](1);
        } catch (error) {
          assertStrictEquals((error as Error).message, "thrown", move);
        }
        assertStrictEquals(cpus.smpProcessorId(), 2, `after ${move}(1) by CPU 2`);
      }
    });
  });
}

Deno.test("Cpus.online lacks a CPU in CPU_STARTING and CPU_DYING", () => {
  const { machine, cpus } = recordingMachine({ cpus: 2, online: [0] });
  const seen: string[] = [];
  machine.hotplug.hotcpuNotifier((action, cpu) => {
    seen.push(`${cpuActionName(action)} ${cpus.online.has(cpu) ? "online" : "offline"}`);
    return NOTIFY_OK;
  }, 0);
  machine.hotplug.cpuUp(1);
  assertEquals(seen, ["CPU_UP_PREPARE offline", "CPU_STARTING offline", "CPU_ONLINE online"]);
  seen.length = 0;
  machine.hotplug.cpuDown(1);
  assertEquals(seen.slice(0, 3), [
    "CPU_DOWN_PREPARE online",
    "CPU_DYING offline",
    "CPU_DEAD offline",
  ]);
});

Deno.test("Machine.numaNodeId() is the node of the CPU the caller is on, starting and dying ones too", () => {
  const machine = new Machine({ nodes: [1, 1, 1], cpus: 3, online: [0, 1], cpuToNode: [2, 0, 1] });
  const seen: number[] = [];
  machine.hotplug.hotcpuNotifier((action) => {
    if (action === CPU_UP_PREPARE || action === CPU_STARTING || action === CPU_ONLINE) {
      seen.push(machine.numaNodeId());
    }
    return NOTIFY_OK;
  }, 0);
  machine.runOn(1, () => machine.hotplug.cpuUp(2));
  assertEquals(seen, [0, 1, 0], "CPU 1 on node 0 brings up CPU 2 on node 1");
  assertStrictEquals(machine.numaNodeId(), 2, "CPU 0 is on node 2");
});

Deno.test("ascending() sorts by number, not by digits, and leaves what it is given", () => {
  const cpus = [10, 9, 100, 0];
  assertEquals(ascending(cpus), [0, 9, 10, 100]);
  assertEquals(cpus, [10, 9, 100, 0], "the argument");
});

Deno.test("Cpus.runOn() does not take the caller back to a CPU that went down and came up again", () => {
  const { hotplug, cpus } = new Machine({ nodes: [1], cpus: 3 });
  cpus.runOn(2, () => {
    hotplug.cpuDown(2);
    hotplug.cpuUp(2);
    assertStrictEquals(cpus.smpProcessorId(), 0, "CPU of the caller who left CPU 2");
  });
});

Deno.test("the arch hook that stops a CPU runs on that CPU", () => {
  const seen: number[] = [];
  const machine = new Machine({
    nodes: [1],
    cpus: 2,
    arch: { cpuDisable: () => void seen.push(machine.cpus.smpProcessorId()) },
  });
  machine.hotplug.cpuDown(1);
  assertEquals(seen, [1], "CPUs the hook ran on");
});

Deno.test("Cpus.runOn() does not take an outer caller back either, when the inner one took his CPU down", () => {
  const { hotplug, cpus } = new Machine({ nodes: [1], cpus: 3 });
  cpus.runOn(2, () => {
    cpus.runOn(1, () => {
      hotplug.cpuDown(2);
      hotplug.cpuUp(2);
      assertStrictEquals(cpus.smpProcessorId(), 1, "CPU of the inner caller");
    });
    assertStrictEquals(cpus.smpProcessorId(), 0, "CPU of the outer caller who lost CPU 2");
  });
});

Deno.test("a CPU whose arch hook throws as it dies is dead all the same, and the error thrown last", () => {
  const died = new Error("died badly");
  const cpuDie = (): never => {
    throw died;
  };
  const machine = new Machine({ nodes: [1], cpus: 2, arch: { cpuDie } });
  const seen: CpuAction[] = [];
  machine.hotplug.hotcpuNotifier((action) => {
    seen.push(action);
    return NOTIFY_OK;
  }, 0);
  assertStrictEquals(assertThrows(() => machine.hotplug.cpuDown(1)), died);
  assertEquals(seen.map(cpuActionName).slice(-2), ["CPU_DEAD", "CPU_POST_DEAD"], "last events");
  assertEquals([...machine.cpus.online], [0], "CPUs online");
});
