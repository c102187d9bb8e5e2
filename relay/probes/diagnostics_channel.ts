import diagnosticsChannel from "node:diagnostics_channel";
import { bool, string } from "../ctf/fields.ts";
import { type AnyFunction, callAll, replace, replaceMethod } from "../session/wrappers.ts";
import { preview } from "./preview.ts";
import { cut, type ProbeContext, quietly } from "./probe.ts";

/** Name of a channel of our own. */
const PROBE_CHANNEL = "@ltt/relay:probe";

/**
 * Events `diagnostics:message` of `node:diagnostics_channel`: the name of the channel, and whether it
 * has subscribers, whenever a program or library publishes to one, whenever that was made. What is
 * published is not recorded.
 *
 * Most publishers ask `hasSubscribers` first. With {@linkcode ProbeContext.subscribes} the answer is
 * yes, for all channels: more is published then, which the program can notice.
 */
export function installDiagnosticsChannel(context: ProbeContext): () => void {
  const { session, redact, maxText, subscribes } = context;
  const message = session.tracepoint("diagnostics:message", string("channel"), bool("subscribed"));
  const record = (channel: { readonly name?: unknown }, isSubscribed: boolean): void =>
    quietly(() => message(cut(redact("name", preview(channel.name)), maxText), isSubscribed));
  const publish = (isSubscribed: boolean) => (original: AnyFunction): AnyFunction =>
    function (this: { readonly name?: unknown }, ...args: unknown[]): unknown {
      if (message.enabled) record(this, isSubscribed);
      return Reflect.apply(original, this, args);
    };
  const { inactive, active } = prototypes();
  const installed = [replaceMethod(inactive, "publish", publish(false))];
  if (active !== inactive) installed.push(replaceMethod(active, "publish", publish(true)));
  if (subscribes) {
    installed.push(
      replaceGetter(inactive, "hasSubscribers", () => message.enabled),
      replaceMethod(inactive, "runStores", publish(false)),
    );
  }
  return callAll.bind(null, installed);
}

/** A channel's prototype is another one while it has subscribers. */
function prototypes(): { inactive: object; active: object } {
  const channel = diagnosticsChannel.channel(PROBE_CHANNEL);
  const inactive = Object.getPrototypeOf(channel);
  const subscriber = (): void => {};
  channel.subscribe(subscriber);
  const active = Object.getPrototypeOf(channel);
  channel.unsubscribe(subscriber);
  return { inactive, active };
}

/** Lets a getter answer `true` where it would not. */
function replaceGetter(target: object, key: string, isTrue: () => boolean): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (descriptor?.get === undefined) return replace(target, key, (value) => value || isTrue());
  const { get: original } = descriptor;
  const get = function (this: unknown): unknown {
    return Reflect.apply(original, this, []) || isTrue();
  };
  Object.defineProperty(target, key, { ...descriptor, get });
  return () => {
    if (Object.getOwnPropertyDescriptor(target, key)?.get === get) {
      Object.defineProperty(target, key, descriptor);
    }
  };
}
