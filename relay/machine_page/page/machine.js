// Draws the machine.
import { drawChannels } from "./channels.js";
import { drawCpus } from "./cpus.js";
import { drawNodes } from "./nodes.js";
import { drawOrders, drawStatus } from "./orders.js";

/** All of the machine. `view` is the state, what has changed in it, and why buttons cannot be pressed. */
export function drawMachine(view) {
  return [drawStatus(view), drawCpus(view), drawNodes(view), drawChannels(view), drawOrders(view)];
}
