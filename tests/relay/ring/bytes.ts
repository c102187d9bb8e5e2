/** The bytes that tests write, and views as one. */

/** Bytes of event `number`; they differ from place to place. */
export function eventBytes(size: number, number: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = number * 37 + i * 11 + (i >> 8) + 1;
  return bytes;
}

/** Bytes of event `number`, which tell its number and size themselves; 8 or more. */
export function describedEvent(size: number, number: number): Uint8Array<ArrayBuffer> {
  const bytes = eventBytes(size, number);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number);
  view.setUint32(4, size);
  return bytes;
}

/** Numbers of the events in `data`, which begins behind a header; an error if any byte differs. */
export function describedEvents(data: Uint8Array, headerSize = 0, alignment = 1): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const numbers: number[] = [];
  for (let at = headerSize; at < data.length;) {
    at = Math.ceil(at / alignment) * alignment;
    const [number, size] = [view.getUint32(at), view.getUint32(at + 4)];
    const isWhole = size >= 8 && at + size <= data.length &&
      describedEvent(size, number).every((byte, i) => byte === data[at + i]);
    if (!isWhole) throw new Error(`Event ${number} at ${at} is not as it was written`);
    numbers.push(number);
    at += size;
  }
  return numbers;
}

/** Views one behind the other. */
export function joined(...views: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(views.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const view of views) {
    bytes.set(view, at);
    at += view.length;
  }
  return bytes;
}

/** Bytes as text. */
export function textOf(...views: readonly Uint8Array[]): string {
  return new TextDecoder().decode(joined(...views));
}
