import type { Scenario } from "../scenario.ts";

const up = { do: "cpu", cpu: 3, up: true, frozen: false } as const;

/** A CPU is to come up, and somebody in the chain refuses: relay first, then one behind it. */
export const vetoedHotplug: Scenario = {
  id: "vetoed-hotplug",
  title: "A vetoed hotplug",
  intro:
    "CPUs can be switched on and off while the computer runs. Before one comes up, everybody who has to " +
    "prepare for it is asked, one after the other: that is the notifier chain. Anybody can refuse, which is a " +
    "veto; then those who had agreed are told that it is off. Relay, the part of the kernel that keeps the " +
    "channels, is in the chain, because each channel needs a buffer for the new CPU. First relay itself " +
    "refuses, then somebody who is asked after it.",
  online: [0, 1, 2],
  stages: [
    {
      title: "A channel, and no memory left",
      prepares: true,
      say:
        "A channel is opened for the three CPUs that are online. Then every free frame of both nodes is taken.",
      commands: [
        { do: "open", mode: "relay", pages: 1, subbufs: 2 },
        { do: "fill", node: 0 },
        { do: "fill", node: 1 },
      ],
      shows: ["nodes.0", "nodes.1"],
      look:
        "No frame is free on either node. CPU 3 is offline, and the channel has no buffer for it.",
    },
    {
      title: "Relay refuses",
      say:
        "CPU 3 is to come up. Watch who is asked, and in which order: the higher priority first.",
      commands: [up],
      look:
        "migration_call (priority 10) agreed. relay_hotcpu_callback (5) found no page for the buffer, said so " +
        "in the log and answered NOTIFY_BAD. Nobody behind it was asked. CPU_UP_CANCELED was told to those " +
        "who had agreed, and to nobody else: relay has cleaned up by itself. The CPU is still offline.",
    },
    {
      title: "Memory again, but another veto",
      say:
        "Node 1, where CPU 3 is, gets its frames back. Now workqueue_cpu_callback, which is asked last, is told " +
        "to refuse. CPU 3 is to come up once more.",
      commands: [{ do: "give", node: 1 }, { do: "veto", action: "up" }, up],
      shows: ["channels.alpha.buffers.3"],
      look:
        "Relay agreed and made the buffer; then workqueue_cpu_callback refused. Relay was told " +
        "CPU_UP_CANCELED, and did nothing: look at the channel, the buffer of CPU 3 is still there although " +
        "the CPU is offline. That is no leak: it is kept for the next time.",
    },
    {
      title: "Nobody refuses",
      say: "The same once more. Watch the frames while relay is asked.",
      commands: [up],
      shows: ["cpus.3"],
      look:
        "No page was taken: relay found the buffer of the last attempt. CPU_STARTING was told before the CPU " +
        "was online, CPU_ONLINE after. The CPU is up.",
    },
  ],
};
