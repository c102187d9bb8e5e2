/** Cost of the machine: pages, small objects, CPUs coming and going. */
import { __GFP_ZERO, GFP_KERNEL, Machine } from "@ltt/relay/hw";

{
  const { pages } = new Machine({ nodes: [16384] });
  Deno.bench("allocPagesNode + freePage x1000", () => {
    for (let i = 0; i < 1000; i++) pages.freePage(pages.allocPagesNode(0, GFP_KERNEL, 0));
  });
  Deno.bench("allocPagesNode zeroed + freePage x1000", () => {
    for (let i = 0; i < 1000; i++) pages.freePage(pages.allocPagesNode(0, __GFP_ZERO, 0));
  });
}

{
  const { slab } = new Machine();
  Deno.bench("kmalloc 32 B + kfree x1000", () => {
    for (let i = 0; i < 1000; i++) slab.kfree(slab.kmalloc(32, GFP_KERNEL));
  });
}

{
  const { hotplug } = new Machine({ cpus: 2 });
  Deno.bench("cpuDown + cpuUp x1000", () => {
    for (let i = 0; i < 1000; i++) {
      hotplug.cpuDown(1);
      hotplug.cpuUp(1);
    }
  });
}
