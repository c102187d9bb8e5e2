/**
 * Makes the error of a worker whose module could not be loaded look as if that had been its first
 * module: the runtime tells of those without a place, and without "Uncaught".
 */
export function repairLoadError(event: ErrorEvent, entry: string): void {
  if (event.filename !== entry) return;
  const [, syntax, url, line, column] =
    /^Uncaught \(in promise\) (SyntaxError: .*) at (\S+?):(\d+):(\d+)$/s.exec(event.message) ?? [];
  if (syntax !== undefined) {
    show(event, { message: `Uncaught ${syntax}`, filename: url, lineno: +line, colno: +column });
    return;
  }
  const [, message] = /^Uncaught \(in promise\) TypeError: (.*)$/s.exec(event.message) ?? [];
  if (message !== undefined) show(event, { message, filename: "", lineno: 0, colno: 0 });
}

function show(event: ErrorEvent, properties: Readonly<Record<string, string | number>>): void {
  for (const [key, value] of Object.entries(properties)) {
    Object.defineProperty(event, key, { value, configurable: true, enumerable: true });
  }
}
