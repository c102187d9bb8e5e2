import type { RingWriter } from "@ltt/relay/ring";

/** Events to write in one call: code that is entered often is compiled in full. */
export const AT_A_TIME = 100_000;

/**
 * Makes a loop that writes events of four words until one is refused, and says how many it wrote.
 * Imported by a name of its own (`?…`) it is compiled for its writer alone, as the code of a
 * tracepoint is.
 */
export function fourWordsLoop(writer: RingWriter): (events: number) => number {
  const words = new Uint32Array(writer.ram);
  return (events) => {
    for (let i = 0; i < events; i++) {
      const address = writer.reserve(16, 4);
      if (address < 0) return i;
      const word = address >> 2;
      words[word] = i;
      words[word + 1] = i + 1;
      words[word + 2] = i + 2;
      words[word + 3] = i + 3;
      writer.commit();
    }
    return events;
  };
}
