import {
  CPU_UP_PREPARE,
  GFP_KERNEL,
  KernelError,
  Machine,
  NOTIFY_BAD,
  NOTIFY_OK,
} from "@ltt/relay/hw";
import { assertEquals, assertThrows } from "@std/assert";

function boot(): Machine {
  return new Machine({ nodes: [4, 4], cpus: 2, online: [0], backing: "plain" });
}

Deno.test("PageAllocator.subscribe() tells of blocks handed out, refused and free again", () => {
  const { pages, failPageAlloc } = boot();
  const events: unknown[] = [];
  pages.subscribe(({ page, ...rest }) => events.push({ ...rest, pfn: page?.pfn ?? null }));
  const page = pages.allocPagesNode(1, GFP_KERNEL, 1);
  failPageAlloc.failNth(1);
  assertThrows(() => pages.allocPages(GFP_KERNEL, 0), KernelError);
  pages.freePages(page, 1);
  assertEquals(events, [
    { type: "alloc", nid: 1, order: 1, pfn: page.pfn },
    { type: "alloc", nid: 0, order: 0, pfn: null },
    { type: "free", order: 1, pfn: page.pfn },
  ]);
});

Deno.test("PageAllocator.subscribe() tells nothing of a reference given back that is not the last", () => {
  const { pages } = boot();
  const page = pages.allocPages(GFP_KERNEL, 0);
  page.count++;
  const events: string[] = [];
  pages.subscribe(({ type }) => events.push(type));
  pages.freePage(page);
  assertEquals(events, []);
  pages.freePage(page);
  assertEquals(events, ["free"]);
});

Deno.test("PageAllocator.subscribe() ends when the function it returned is called", () => {
  const { pages } = boot();
  const events: string[] = [];
  const end = pages.subscribe(({ type }) => events.push(type));
  const page = pages.allocPages(GFP_KERNEL, 0);
  end();
  pages.freePage(page);
  assertEquals(events, ["alloc"]);
});

Deno.test("Slab.subscribe() tells of objects allocated, refused and freed", () => {
  const { slab, failslab } = boot();
  const events: unknown[] = [];
  slab.subscribe(({ object, ...rest }) => events.push({ ...rest, takes: object?.size ?? null }));
  const object = slab.kmallocNode(100, GFP_KERNEL, 1);
  failslab.failNth(1);
  assertThrows(() => slab.kmalloc(20, GFP_KERNEL), KernelError);
  slab.kfree(object);
  assertEquals(events, [
    { type: "kmalloc", size: 100, nid: 1, takes: 128 },
    { type: "kmalloc", size: 20, nid: 0, takes: null },
    { type: "kfree", takes: 128 },
  ]);
});

Deno.test("CpuHotplug.subscribe() tells of each notifier before it is called and after", () => {
  const { hotplug } = boot();
  hotplug.hotcpuNotifier(() => NOTIFY_OK, 7);
  hotplug.hotcpuNotifier((action) => action === CPU_UP_PREPARE ? NOTIFY_BAD : NOTIFY_OK, 3);
  hotplug.hotcpuNotifier(() => NOTIFY_OK, 0);
  const calls: unknown[] = [];
  hotplug.subscribe(({ block, action, cpu, answer }) =>
    calls.push([block.priority, action, cpu, answer])
  );
  assertThrows(() => hotplug.cpuUp(1), KernelError, "vetoed");
  assertEquals(calls, [
    [7, CPU_UP_PREPARE, 1, null],
    [7, CPU_UP_PREPARE, 1, NOTIFY_OK],
    [3, CPU_UP_PREPARE, 1, null],
    [3, CPU_UP_PREPARE, 1, NOTIFY_BAD],
    [7, 4, 1, null],
    [7, 4, 1, NOTIFY_OK],
  ]);
});

/** What was an uncaught error while `run` was awaited, and nothing else is uncaught meanwhile. */
async function uncaughtOf(run: () => void): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const take = (event: ErrorEvent): void => {
    event.preventDefault();
    uncaught.push(event.error);
  };
  addEventListener("error", take);
  try {
    run();
    assertEquals(uncaught, [], "nothing is thrown into the operation");
    await new Promise((done) => setTimeout(done));
  } finally {
    removeEventListener("error", take);
  }
  return uncaught;
}

Deno.test("PageAllocator.subscribe() makes what a listener throws uncaught, the operation done", async () => {
  const { pages } = boot();
  const error = new Error("a listener's own");
  const events: string[] = [];
  pages.subscribe(() => {
    throw error;
  });
  pages.subscribe(({ type }) => events.push(type));
  const uncaught = await uncaughtOf(() => {
    const page = pages.allocPages(GFP_KERNEL, 0);
    pages.freePage(page);
  });
  assertEquals(uncaught, [error, error]);
  assertEquals(events, ["alloc", "free"]);
  assertEquals(pages.zones[0].nrFreePages, 4);
});

Deno.test("PageAllocator.subscribe() calls listeners in the order they came", () => {
  const { pages } = boot();
  const order: number[] = [];
  for (const one of [1, 2, 3]) pages.subscribe(() => order.push(one));
  pages.allocPages(GFP_KERNEL, 0);
  assertEquals(order, [1, 2, 3]);
});

Deno.test("PageAllocator.subscribe() of the same listener twice calls it twice, until each is ended", () => {
  const { pages } = boot();
  let calls = 0;
  const count = (): void => void calls++;
  const end = pages.subscribe(count);
  pages.subscribe(count);
  const page = pages.allocPages(GFP_KERNEL, 0);
  assertEquals(calls, 2);
  end();
  end();
  pages.freePage(page);
  assertEquals(calls, 3);
});
