/**
 * What a text is that may hold a secret: a URL, an argument of a process, the path of a file, what
 * was printed on the console, the message or stack of an error, the name a program has given.
 */
export type RedactionKind = "url" | "argument" | "path" | "console" | "error" | "name";

/**
 * Decides what is recorded in place of a text; it gets the text as it is. Anything but a string leaves
 * it to {@linkcode defaultRedaction}.
 */
export type RedactionHook = (kind: RedactionKind, value: string) => string | undefined | void;

/** Gives the text to record in place of another. Never throws. */
export type Redact = (kind: RedactionKind, value: string) => string;

/** Written when the hook has thrown. */
export const REDACTION_FAILED: string = "[redaction failed]";
/** Written in place of an argument. */
export const REDACTED: string = "[redacted]";

/**
 * What is recorded where no hook decides: URLs without user, password, query string and fragment, of
 * `data:` URLs only the type; no arguments; everything else as it is.
 */
export function defaultRedaction(kind: RedactionKind, value: string): string {
  if (kind === "url") return cutUrl(value);
  return kind === "argument" ? REDACTED : value;
}

/** The redaction by a hook, or the default one. */
export function redaction(hook?: RedactionHook): Redact {
  if (hook === undefined) return defaultRedaction;
  return (kind, value) => {
    try {
      const answer = hook(kind, value);
      return typeof answer === "string" ? answer : defaultRedaction(kind, value);
    } catch {
      return REDACTION_FAILED;
    }
  };
}

/** Writes nothing of what could hold a secret: for threads that the hook cannot be sent to. */
export const redactEverything: Redact = () => REDACTED;

/** Cuts what may be secret from a URL, absolute or not. It is not parsed: a wrong one is cut as well. */
function cutUrl(url: string): string {
  if (isDataUrl(url)) return `${url.slice(0, dataTypeEnd(url))}…`;
  const path = cutAt(cutAt(url, "#"), "?");
  if (!url.includes("@")) return path;
  // What follows "//" up to the next slash is user, password, host and port.
  const slashes = path.indexOf("//");
  if (slashes < 0 || path.indexOf("/") < slashes) return path;
  const begin = slashes + 2;
  const slash = path.indexOf("/", begin);
  const end = slash < 0 ? path.length : slash;
  const at = path.lastIndexOf("@", end - 1);
  const host = at < begin ? begin : at + 1;
  const scheme = path.slice(0, begin);
  // "http://user:pa/ss@host": what should be a port is none, and may be half a password.
  if (!isHost(path, host, end)) return `${scheme}…`;
  return host === begin ? path : scheme + path.slice(host);
}

function cutAt(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

/** Whether nothing but a port stands behind a colon. */
function isHost(path: string, begin: number, end: number): boolean {
  const bracket = path.indexOf("]", begin);
  const colon = path.indexOf(":", bracket > begin && bracket < end ? bracket : begin);
  if (colon < 0) return true;
  for (let i = colon + 1; i < end; i++) {
    const code = path.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function isDataUrl(url: string): boolean {
  return (url.charCodeAt(0) | 0x20) === 0x64 && url.slice(0, 5).toLowerCase() === "data:";
}

function dataTypeEnd(url: string): number {
  const end = url.search(/[;,]/);
  return end < 0 ? Math.min(url.length, 60) : Math.min(end, 60);
}
