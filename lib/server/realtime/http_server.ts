/**
 * A listener for HTTP.
 *
 * @module
 */

import { ConfigError } from "../../config/problem.ts";
import { errorData } from "../../errors/error_data.ts";
import { within } from "../../system/deadline.ts";

/** How long a close waits for answers that are being sent, in ms. */
const CLOSE_MS = 2000;

/** Where to listen. */
export interface Listening {
  /** An address of this host. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** Answers a request. @param remote The address that it comes from. */
export type Handler = (request: Request, remote: string) => Promise<Response>;

/** Listens until it is closed. */
export class HttpServer {
  /** The port. */
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /**
   * Listens.
   *
   * @throws {ConfigError} When this host has no such address, or the port is not free.
   */
  constructor({ host, port }: Listening, answer: Handler) {
    try {
      this.#server = Deno.serve({ hostname: host, port, onListen() {} }, (request, info) => {
        return answer(request, info.remoteAddr.hostname);
      });
    } catch (error) {
      throw new ConfigError([problemOf(error, { host, port })]);
    }
    this.port = this.#server.addr.port;
  }

  /**
   * Takes no more requests, and waits for the answers that are being sent.
   *
   * @param end Ends answers that would come later.
   */
  async close(end: () => void): Promise<void> {
    const closed = this.#server.shutdown();
    end();
    await within(CLOSE_MS, closed);
  }
}

/** Not named by its option, as the port may be free soon: then the exit code is that of a failure. */
function problemOf(error: unknown, { host, port }: Listening) {
  const setting = `${host}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    const wrong = "another program listens there";
    return { setting, wrong, fix: "end it, or name another port by --port" };
  }
  return {
    setting,
    wrong: `it cannot be listened on (${errorData(error).message})`,
    fix: "name an address of this host by --host, and a port that this user may open by --port",
  };
}
