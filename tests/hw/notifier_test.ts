import {
  type CpuHotplug,
  type ErrnoCode,
  KernelError,
  Machine,
  type NotifierBlock,
  type NotifierResult,
  NOTIFY_BAD,
  NOTIFY_DONE,
  NOTIFY_OK,
  NOTIFY_STOP,
} from "@ltt/relay/hw";
import { NotifierChain } from "../../hw/notifier.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertSpyCalls, spy } from "@std/testing/mock";

/** `notifier_from_errno(-ENOMEM)`: ends the round and is no veto. */
const STOP_ENOMEM = 0x800d;

/** A chain whose notifiers write their names into `called`. */
function chainOf(...members: [name: string, priority: number, answer?: NotifierResult][]) {
  const called: string[] = [];
  const chain = new NotifierChain();
  const blocks = members.map(([name, priority, answer = NOTIFY_OK]): NotifierBlock => ({
    notifierCall: () => {
      called.push(name);
      return answer;
    },
    priority,
  }));
  for (const block of blocks) chain.register(block);
  return { chain, blocks, called };
}

Deno.test("NotifierChain.call() goes from the highest priority down, whatever the order of registration", () => {
  const { chain, called } = chainOf(["zero", 0], ["ten", 10], ["minus", -20], ["five", 5]);
  chain.call(1, 0);
  assertEquals(called, ["ten", "five", "zero", "minus"], "priorities 0, 10, -20, 5");
});

Deno.test("NotifierChain.call() keeps the order of registration, among equal priorities", () => {
  const { chain, called } = chainOf(["a", 0], ["b", 0], ["high", 1], ["c", 0], ["low", -1], [
    "d",
    0,
  ]);
  chain.call(1, 0);
  assertEquals(called, ["high", "a", "b", "c", "d", "low"], "a, b, c and d have priority 0");
});

Deno.test("NotifierChain.priorities lists priorities in the order of calling", () => {
  const { chain } = chainOf(["a", 0], ["b", 5], ["c", -20], ["d", 5]);
  assertEquals(chain.priorities, [5, 5, 0, -20]);
});

Deno.test("NotifierChain.priorities is a copy, when its reader changes it", () => {
  const { chain } = chainOf(["a", 3], ["b", 2]);
  chain.priorities.reverse();
  assertEquals(chain.priorities, [3, 2], "after somebody reversed what he was given");
});

Deno.test("NotifierChain.call() hands action and CPU to each notifier", () => {
  const chain = new NotifierChain();
  const calls = [0, 1].map(() => spy((_action: number, _cpu: number) => NOTIFY_OK));
  for (const notifierCall of calls) chain.register({ notifierCall, priority: 0 });
  chain.call(0x13, 7);
  for (const notifierCall of calls) {
    assertSpyCalls(notifierCall, 1);
    assertEquals(notifierCall.calls[0].args, [0x13, 7], "call(0x13, 7)");
  }
});

Deno.test("NotifierChain.call() answers NOTIFY_DONE, when the chain is empty", () => {
  const round = new NotifierChain().call(1, 0);
  assertEquals(round, { result: NOTIFY_DONE, nrCalls: 0, thrown: null });
});

Deno.test("NotifierChain.call() answers what the last notifier answered", () => {
  const { chain } = chainOf(["a", 2, NOTIFY_OK], ["b", 1, NOTIFY_DONE]);
  const round = chain.call(1, 0);
  assertEquals(round, { result: NOTIFY_DONE, nrCalls: 2, thrown: null }, "OK, then DONE");
});

for (
  const [nrToCall, expected] of [[0, ""], [1, "a"], [2, "ab"], [3, "abc"], [4, "abc"], [
    -1,
    "abc",
  ]] as const
) {
  Deno.test(`NotifierChain.call() calls "${expected}" of "abc", when nrToCall is ${nrToCall}`, () => {
    const { chain, called } = chainOf(["a", 3], ["b", 2], ["c", 1]);
    const { result, nrCalls } = chain.call(1, 0, nrToCall);
    assertEquals(called.join(""), expected, `nrToCall ${nrToCall}`);
    assertStrictEquals(nrCalls, expected.length, `nrCalls with nrToCall ${nrToCall}`);
    assertStrictEquals(result, nrToCall === 0 ? NOTIFY_DONE : NOTIFY_OK, `result of ${nrToCall}`);
  });
}

for (const answer of [NOTIFY_STOP, STOP_ENOMEM, NOTIFY_BAD]) {
  const hex = `0x${answer.toString(16)}`;
  Deno.test(`NotifierChain.call() ends the round, when a notifier answers ${hex}`, () => {
    const { chain, called } = chainOf(["a", 2], ["stops", 1, answer], ["c", 0]);
    const round = chain.call(1, 0);
    assertEquals(called, ["a", "stops"], `the second of three answered ${hex}`);
    assertEquals(round, { result: answer, nrCalls: 2, thrown: null }, `${hex} comes back as it is`);
  });
}

Deno.test("NotifierChain.call() goes on, when an answer lacks the stop bit", () => {
  const { chain, called } = chainOf(["a", 2, 2], ["b", 1, 0x7fff], ["c", 0]);
  chain.call(1, 0);
  assertEquals(called, ["a", "b", "c"], "answers 2 and 0x7fff have bit 0x8000 clear");
});

Deno.test("NotifierChain.call() starts afresh, when the round before was stopped", () => {
  const { chain, called } = chainOf(["a", 2], ["stops", 1, NOTIFY_STOP]);
  chain.call(1, 0);
  chain.call(1, 0);
  assertEquals(called, ["a", "stops", "a", "stops"], "two rounds");
});

Deno.test("NotifierChain.register() refuses a block, when it is registered", () => {
  const { chain, blocks, called } = chainOf(["a", 1], ["b", 1]);
  assertThrows(() => chain.register(blocks[0]), TypeError, "it is registered");
  chain.call(1, 0);
  assertEquals(called, ["a", "b"], "the refused block keeps its one place");
});

Deno.test("NotifierChain.register() takes a callback twice, when it is in two blocks", () => {
  const chain = new NotifierChain();
  const notifierCall = spy(() => NOTIFY_OK);
  chain.register({ notifierCall, priority: 1 });
  chain.register({ notifierCall, priority: 1 });
  chain.call(1, 0);
  assertSpyCalls(notifierCall, 2);
});

Deno.test("NotifierChain.unregister() takes off that block alone", () => {
  const { chain, blocks, called } = chainOf(["a", 1], ["b", 1], ["c", 1]);
  assert(chain.unregister(blocks[1]), "b was registered");
  chain.call(1, 0);
  assertEquals(called, ["a", "c"], "b is off the chain");
});

Deno.test("NotifierChain.unregister() says false and changes nothing, when the block is not there", () => {
  const { chain, blocks } = chainOf(["a", 1], ["b", 0]);
  const answer = chain.unregister({ ...blocks[0] });
  assertStrictEquals(answer, false, "a copy of a registered block is another block");
  assertEquals(chain.priorities, [1, 0]);
});

Deno.test("NotifierChain.unregister() says false, when it is called a second time", () => {
  const { chain, blocks } = chainOf(["a", 1]);
  chain.unregister(blocks[0]);
  assertStrictEquals(chain.unregister(blocks[0]), false);
});

Deno.test("NotifierChain.register() puts a block behind its equals, when it comes back", () => {
  const { chain, blocks, called } = chainOf(["a", 1], ["b", 1], ["c", 0]);
  chain.unregister(blocks[0]);
  chain.register(blocks[0]);
  chain.call(1, 0);
  assertEquals(called, ["b", "a", "c"], "a left and came back");
});

for (const [removed, ofWhom] of [[0, "itself"], [1, "the one behind it"]] as const) {
  Deno.test(`NotifierChain.call() finishes the round as it was, when the first removes ${ofWhom}`, () => {
    const { chain, blocks, called } = chainOf(["b", 1], ["c", 0]);
    const removing: NotifierBlock = {
      notifierCall: () => {
        called.push("a");
        chain.unregister([removing, ...blocks][removed]);
        return NOTIFY_OK;
      },
      priority: 2,
    };
    chain.register(removing);
    assertStrictEquals(chain.call(1, 0).nrCalls, 3, "the next one is found before the call");
    called.length = 0;
    chain.call(1, 0);
    assertEquals(
      called,
      ["a", "b", "c"].toSpliced(removed, 1),
      `the next round, without ${ofWhom}`,
    );
  });
}

for (const error of [new Error("no memory"), "a string", undefined]) {
  Deno.test(`NotifierChain.call() counts it as NOTIFY_BAD and ends the round, when a notifier throws ${error}`, () => {
    const { chain, called } = chainOf(["a", 2], ["c", 0]);
    const notifierCall = (): NotifierResult => {
      throw error;
    };
    chain.register({ notifierCall, priority: 1 });
    const round = chain.call(1, 0);
    assertEquals(called, ["a"], "c comes behind the one that throws");
    assertEquals(round, { result: NOTIFY_BAD, nrCalls: 2, thrown: { error } }, `throws ${error}`);
    assertStrictEquals(round.thrown?.error, error, "it is handed on as it was thrown");
  });
}

const stranger: NotifierBlock = { notifierCall: () => NOTIFY_OK, priority: 0 };

/** Code of the KernelError that `fn` must throw. */
function codeOf(fn: () => void): ErrnoCode {
  return assertThrows(fn, KernelError).code;
}

for (
  const [name, intrude] of [
    ["registerCpuNotifier", (hotplug: CpuHotplug) => hotplug.registerCpuNotifier(stranger)],
    ["unregisterCpuNotifier", (hotplug: CpuHotplug) => hotplug.unregisterCpuNotifier(stranger)],
    ["hotcpuNotifier", (hotplug: CpuHotplug) => hotplug.hotcpuNotifier(() => NOTIFY_OK, 0)],
    ["cpuUp", (hotplug: CpuHotplug) => hotplug.cpuUp(2)],
    ["disableNonbootCpus", (hotplug: CpuHotplug) => hotplug.disableNonbootCpus()],
  ] as const
) {
  Deno.test(`CpuHotplug.${name}() is EDEADLK, when a notifier calls it`, () => {
    const { hotplug } = new Machine({ cpus: 3, online: [0] });
    const codes: ErrnoCode[] = [];
    hotplug.hotcpuNotifier(() => {
      codes.push(codeOf(() => intrude(hotplug)));
      return NOTIFY_OK;
    }, 7);
    hotplug.cpuUp(1);
    assertEquals(codes, ["EDEADLK", "EDEADLK", "EDEADLK"], "told prepare, starting, online");
    assertEquals(hotplug.notifierPriorities, [7], "the chain is as it was");
  });
}

Deno.test("CpuHotplug.registerCpuNotifier() refuses a block and frees its lock, when it is registered", () => {
  const { hotplug } = new Machine();
  hotplug.registerCpuNotifier(stranger);
  assertThrows(() => hotplug.registerCpuNotifier(stranger), TypeError, "it is registered");
  assertStrictEquals(hotplug.addRemoveLock.locked, false);
});

Deno.test("CpuHotplug.registerCpuNotifier() tells nothing of CPUs that are up", () => {
  const notifierCall = spy(() => NOTIFY_OK);
  new Machine({ cpus: 2 }).hotplug.registerCpuNotifier({ notifierCall, priority: 0 });
  assertSpyCalls(notifierCall, 0);
});

Deno.test("CpuHotplug.unregisterCpuNotifier() is ENOENT, when the notifier is not registered", () => {
  const { hotplug } = new Machine();
  assertStrictEquals(codeOf(() => hotplug.unregisterCpuNotifier(stranger)), "ENOENT");
  assertStrictEquals(hotplug.addRemoveLock.locked, false, "the lock");
});

Deno.test("CpuHotplug.unregisterCpuNotifier() takes the block that hotcpuNotifier() returned", () => {
  const { hotplug } = new Machine({ cpus: 2 });
  const notifierCall = spy(() => NOTIFY_OK);
  hotplug.unregisterCpuNotifier(hotplug.hotcpuNotifier(notifierCall, 3));
  hotplug.cpuDown(1);
  assertSpyCalls(notifierCall, 0);
});
