import { replace } from "../session/wrappers.ts";

/** What is held. */
const TYPES = ["message", "messageerror"] as const;

/**
 * Holds the messages a worker gets before its module can take them: the first is the tracer's own, the
 * others are given to the program, in their order, when its module has been loaded, or listens before
 * that, as one does that waits for a message to go on.
 */
export class MessageHold {
  /** Data of the first message. */
  readonly first: Promise<unknown>;
  readonly #held: Event[] = [];
  readonly #setTimeout = globalThis.setTimeout;
  #takeFirst: ((data: unknown) => void) | null;
  #isReleasing = false;
  /** Whether the event being dispatched is one of ours, given back. */
  #givingBack = false;
  #restore: (() => void)[] = [];

  /** Holds from now on. It must be made before anybody else listens: listeners are called in order. */
  constructor() {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.first = promise;
    this.#takeFirst = resolve;
    for (const type of TYPES) globalThis.addEventListener(type, this.#hold);
  }

  /** Gives the messages back, once the running code is done. */
  release(): void {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    for (const restore of this.#restore) restore();
    this.#setTimeout.call(globalThis, () => this.#giveBack(), 0);
  }

  /** Gives the messages back when somebody listens to them. */
  releaseWhenListened(): void {
    const release = (): void => this.release();
    this.#restore = [onListener(release), onHandler(release)];
  }

  #hold = (event: Event): void => {
    if (this.#givingBack) return;
    event.stopImmediatePropagation();
    if (this.#takeFirst === null) {
      this.#held.push(event);
      return;
    }
    this.#takeFirst((event as MessageEvent).data);
    this.#takeFirst = null;
  };

  /** One a turn, so that what a message leads to is done before the next, as the runtime does it. */
  #giveBack(): void {
    const event = this.#held.shift();
    if (event === undefined) {
      for (const type of TYPES) globalThis.removeEventListener(type, this.#hold);
      return;
    }
    this.#givingBack = true;
    try {
      globalThis.dispatchEvent(event);
    } finally {
      this.#givingBack = false;
      this.#setTimeout.call(globalThis, () => this.#giveBack(), 0);
    }
  }
}

/** Tells of a listener that is added to this thread's messages. */
function onListener(tell: () => void): () => void {
  return replace<typeof EventTarget.prototype.addEventListener>(
    EventTarget.prototype,
    "addEventListener",
    (original) =>
      function addEventListener(this: unknown, ...args: unknown[]): void {
        Reflect.apply(original, this, args);
        if (args[0] === "message" && (this === undefined || this === globalThis)) tell();
      },
  );
}

/** Tells of a handler that is set for this thread's messages. */
function onHandler(tell: () => void): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "onmessage");
  if (descriptor?.set === undefined || !descriptor.configurable) return () => {};
  const { set: original } = descriptor;
  Object.defineProperty(globalThis, "onmessage", {
    ...descriptor,
    set(this: unknown, handler: unknown): void {
      Reflect.apply(original, this, [handler]);
      tell();
    },
  });
  return () => Object.defineProperty(globalThis, "onmessage", descriptor);
}
