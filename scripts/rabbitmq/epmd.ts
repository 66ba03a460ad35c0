/**
 * The port mapper that Erlang nodes find each other with.
 *
 * @module
 */

import { accepts, Daemon, waitUntil } from "../private_server.ts";

const START_DEADLINE_MS = 60_000;

/** How a port mapper is run. */
export interface EpmdOptions {
  /** Working folder, where its log is written. */
  readonly folder: string;
  readonly port: number;
  /** The whole environment, with ERL_EPMD_PORT. */
  readonly env: Readonly<Record<string, string>>;
}

/** A private port mapper. Whoever starts it first on a port runs it, until it is disposed of. */
export class Epmd implements AsyncDisposable {
  readonly #options: EpmdOptions;
  #daemon: Daemon | undefined;

  /** @param options How to run it. */
  constructor(options: EpmdOptions) {
    this.#options = options;
  }

  /**
   * Starts it, unless there is one on its port, and waits until it accepts connections.
   *
   * @throws {Error} When it does not within 60 s.
   */
  async start(): Promise<void> {
    const { folder, port, env } = this.#options;
    if (await accepts(port)) return;
    const daemon = Daemon.spawn("epmd", [], `${folder}/epmd.out`, { env, cwd: folder });
    this.#daemon = daemon;
    await waitUntil(() => {
      daemon.assertRunning();
      return accepts(port);
    }, START_DEADLINE_MS);
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.end("SIGKILL");
    this.#daemon = undefined;
  }
}
