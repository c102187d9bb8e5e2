import type { RingDescriptor } from "./descriptor.ts";
import type { FlushMode } from "./writer.ts";

/** First message of a worker that is to be a CPU; told by its type from messages of its own. */
export interface CpuHello {
  /** Nobody else's. */
  readonly type: "@ltt/relay/cpu";
}

/** The answer to that; all other messages go through the port. */
export interface CpuInit extends CpuHello {
  /** Number of the CPU. */
  readonly cpu: number;
  /** Name of the Web Lock the worker holds as long as it lives. */
  readonly lock: string;
  /** One word: 1 while the worker is asked to park. */
  readonly parking: SharedArrayBuffer;
  /** Where all other messages go. */
  readonly port: MessagePort;
}

/** What the machine asks of a CPU; answered with the message of the same type. */
export type CpuRequest =
  | { readonly type: "up"; readonly rings: readonly RingDescriptor[] }
  | { readonly type: "park" }
  | { readonly type: "flush"; readonly mode: FlushMode };

/** What a CPU says. */
export type CpuAnswer =
  | { readonly type: "present" | "up" | "park" }
  | { readonly type: "flush"; readonly closed: boolean; readonly error?: string };
