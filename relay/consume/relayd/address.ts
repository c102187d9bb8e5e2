/** The host if none is given: the protocol knows no authentication. */
const LOOPBACK = "127.0.0.1";
/** Ports on which a relay daemon listens unless it is told otherwise. */
const CONTROL_PORT = 5342;
const DATA_PORT = 5343;

/** Where a relay daemon is. */
export interface RelaydAddress {
  /** Name or number of its host. */
  readonly hostname: string;
  /** Port for requests. */
  readonly controlPort: number;
  /** Port for packets. */
  readonly dataPort: number;
}

/** Whether an output is meant to be a relay daemon. */
export function isRelaydUrl(output: string): boolean {
  return /^net6?:\/\//.test(output);
}

/**
 * Understands `net://[HOST][:CONTROL[:DATA]]`, as LTTng does; initially the host is this one, the ports
 * are 5342 and the one behind it. A host with colons stands in brackets. A `TypeError` for anything else.
 */
export function parseRelaydUrl(url: string): RelaydAddress {
  const match = /^net6?:\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]@?#]*)(?::(\d+)(?::(\d+))?)?\/?$/.exec(url);
  if (match === null) {
    throw new TypeError(`Cannot send a trace to ${url}: it is no net://HOST:CONTROL:DATA`);
  }
  const [, host, control = String(CONTROL_PORT), data] = match;
  const address = {
    hostname: host.replace(/^\[|\]$/g, "") || LOOPBACK,
    controlPort: Number(control),
    dataPort: Number(data ?? (match[2] === undefined ? DATA_PORT : Number(control) + 1)),
  };
  for (const port of [address.controlPort, address.dataPort]) {
    if (port >= 1 && port <= 65535) continue;
    throw new TypeError(`Cannot send a trace to ${url}: there is no port ${port}`);
  }
  return address;
}

/** What a program must be allowed to connect to, as `--allow-net` takes it. */
export function relaydHosts(address: RelaydAddress): string[] {
  const { controlPort, dataPort } = address;
  return [controlPort, dataPort].map((port) => `${urlHost(address)}:${port}`);
}

/** Its host as in a URL: one with colons stands in brackets. */
export function urlHost({ hostname }: RelaydAddress): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** An address as `net://HOST:CONTROL:DATA`. */
export function relaydUrl(address: RelaydAddress): string {
  return `net://${urlHost(address)}:${address.controlPort}:${address.dataPort}`;
}
