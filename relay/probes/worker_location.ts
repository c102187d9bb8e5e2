/** Properties of a `WorkerLocation`. */
const PARTS = [
  "href",
  "origin",
  "protocol",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

/** Makes `location` of a traced worker tell of its own module, not of the tracer's. */
export function showLocation(specifier: string): void {
  const { location } = globalThis;
  if (!location) return;
  const url = new URL(specifier);
  const shown = Object.create(Object.getPrototypeOf(location));
  for (const part of PARTS) {
    Object.defineProperty(shown, part, { value: url[part], enumerable: true });
  }
  Object.defineProperty(shown, "toString", { value: () => url.href });
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "location");
  if (descriptor?.configurable) {
    Object.defineProperty(globalThis, "location", { ...descriptor, get: () => shown });
  }
}
