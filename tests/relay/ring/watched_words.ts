/** Looks at a ring behind each store of its writer: a thread may be killed at any of them. */
import type { RingMemory } from "@ltt/relay/ring";

/** What a proxy stands for, and what is to be done behind a store to it. */
const watched = new WeakMap<object, { words: Int32Array; afterStore: () => void }>();

/** The ring with words whose stores can be watched, together with {@linkcode watchAtomics}. */
export function watchStores(memory: RingMemory, afterStore: () => void): RingMemory {
  const watch = (words: Int32Array): Int32Array => {
    const proxy = new Proxy(words, {
      set(target, index, value) {
        target[Number(index)] = value;
        afterStore();
        return true;
      },
    });
    watched.set(proxy, { words, afterStore });
    return proxy;
  };
  return Object.create(memory, {
    control: { value: watch(memory.control) },
    words: { value: watch(memory.words) },
  });
}

/** Lets `Atomics` work on words that are watched, until it is disposed of. */
export function watchAtomics(): Disposable {
  const names = ["load", "store", "compareExchange", "and", "add"] as const;
  const originals = names.map((name) => [name, Atomics[name]] as const);
  for (const [name, original] of originals) {
    const operation = original as (words: Int32Array, ...args: number[]) => number;
    Object.assign(Atomics, {
      [name]: (words: Int32Array, ...args: number[]) => {
        const watch = watched.get(words);
        const result = operation(watch?.words ?? words, ...args);
        if (name !== "load") watch?.afterStore();
        return result;
      },
    });
  }
  return { [Symbol.dispose]: () => Object.assign(Atomics, Object.fromEntries(originals)) };
}
