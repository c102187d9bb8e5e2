import { machineHandler } from "./handler.ts";
import { loadFiles } from "./load_files.ts";
import { MachineModel } from "./model.ts";

/** A page being served. */
export interface MachineServer {
  /** Where it is. */
  readonly url: string;
  /** Ends when the server has. */
  readonly finished: Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Serves a machine on 127.0.0.1, and nowhere else; port 0 is any free one. Throws what `Deno.serve` does,
 * `Deno.errors.AddrInUse` for a port that is taken. Takes `--allow-net=127.0.0.1`,
 * and `--allow-read` for the page's files unless they come from the network.
 */
export async function serveMachine(port: number): Promise<MachineServer> {
  await loadFiles();
  const hostname = "127.0.0.1";
  const handler = machineHandler(new MachineModel());
  const server = Deno.serve({ hostname, port, onListen: () => {} }, handler);
  return {
    url: `http://${hostname}:${server.addr.port}/`,
    finished: server.finished,
    close: () => server.shutdown(),
  };
}
