import type { Scenario } from "../scenario.ts";
import { afterClose } from "./after_close.ts";
import { failedOpen } from "./failed_open.ts";
import { randomAccess } from "./random_access.ts";
import { readerExchange } from "./reader_exchange.ts";
import { vetoedHotplug } from "./vetoed_hotplug.ts";

/** All scenarios, in the order to be taken. */
export const scenarios: readonly Scenario[] = [
  failedOpen,
  vetoedHotplug,
  afterClose,
  randomAccess,
  readerExchange,
];
