/**
 * The control doors of a process: a Unix socket, and a TCP port where one is wanted. They are loaded
 * when they are opened. The queues run on without one that cannot be opened.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import { logLine } from "../../log/log.ts";
import type { ProcessControl } from "../../server/process_control.ts";
import type { Streams } from "../../server/stream.ts";
import type { ProcessFacts } from "./process_facts.ts";

/** What opens the doors. */
export interface DoorsOptions {
  readonly config: Pick<Config, "stateDir" | "server">;
  readonly control: ProcessControl;
  readonly facts: ProcessFacts;
}

/** The doors that are open. */
export class Doors implements AsyncDisposable {
  readonly #open: AsyncDisposable[] = [];
  readonly #streams: Streams[] = [];

  private constructor() {}

  /** Opens them; what cannot be opened is logged. Never rejects. */
  static async open(options: DoorsOptions): Promise<Doors> {
    const doors = new Doors();
    await doors.#openSocket(options);
    if (options.config.server.address) await doors.#openHttp(options);
    return doors;
  }

  /** Ends all streams, and closes the doors. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const streams of this.#streams) streams.close();
    await Promise.allSettled(this.#open.map((door) => door[Symbol.asyncDispose]()));
  }

  async #openSocket({ config, control }: DoorsOptions): Promise<void> {
    try {
      const { ControlSocket } = await import("../../server/control_socket.ts");
      const router = await this.#router(control);
      this.#open.push(ControlSocket.open(config.stateDir, router));
    } catch (error) {
      const message = "There is no control socket, so status, pause and the like do not reach " +
        "this process: {reason}";
      logLine("warning", message, { reason: errorData(error).message }, {});
    }
  }

  async #openHttp({ config, control, facts }: DoorsOptions): Promise<void> {
    try {
      const { HttpDoor } = await import("../../server/http.ts");
      const router = await this.#router(control);
      const door = HttpDoor.open({
        config: config.server,
        stateDir: config.stateDir,
        router,
        onListening: (address) => facts.http = address,
      });
      this.#open.push(door);
    } catch (error) {
      const message = "There is no HTTP server: {reason}. The queues run on";
      logLine("error", message, { reason: errorData(error).message }, {});
    }
  }

  async #router(control: ProcessControl) {
    const [{ Router }, { processRoutes }, { Streams }] = await Promise.all([
      import("../../server/router.ts"),
      import("../../server/routes.ts"),
      import("../../server/stream.ts"),
    ]);
    const streams = new Streams({ control });
    this.#streams.push(streams);
    const onFault = (error: unknown, path: string) =>
      logLine("error", "A request for {path} failed", { path, error: errorData(error) }, {});
    return new Router({ routes: processRoutes(control, streams), onFault });
  }
}
