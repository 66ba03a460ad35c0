/**
 * The control doors of a process: a Unix socket, and a TCP port where one is wanted. They are loaded
 * when they are opened. The queues run on without one that cannot be opened.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import { logLine } from "../../log/log.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import type { ProcessControl } from "../../server/process_control.ts";
import type { Route } from "../../server/router.ts";
import type { Streams } from "../../server/stream.ts";
import type { ProcessFacts } from "./process_facts.ts";

/** What opens the doors. */
export interface DoorsOptions {
  readonly config: Config;
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

  async #openHttp(options: DoorsOptions): Promise<void> {
    const { config, control, facts } = options;
    try {
      const { HttpDoor } = await import("../../server/http.ts");
      const router = await this.#router(control, await this.#dashboardRoutes(options));
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

  /** The dashboard of this process; nothing of it runs before it is asked. */
  async #dashboardRoutes({ config, control, facts }: DoorsOptions): Promise<readonly Route[]> {
    const { Dashboard } = await import("../dashboard/parts.ts");
    const dashboard = new Dashboard({
      scope: "process",
      config,
      sampler: facts.sampler,
      overview: facts.overview,
      broker: () => control.snapshot().broker,
      selfId: facts.id,
      onFailure: (listener) => control.onFailure(listener),
      report: logReporter(0),
      own: control,
    });
    this.#open.push(dashboard);
    return dashboard.routes;
  }

  /** @param first Routes that come before those of the process. */
  async #router(control: ProcessControl, first: readonly Route[] = []) {
    const [{ Router }, { processRoutes }, { processSource, Streams }] = await Promise.all([
      import("../../server/router.ts"),
      import("../../server/routes.ts"),
      import("../../server/stream.ts"),
    ]);
    const streams = new Streams({ source: processSource(control) });
    this.#streams.push(streams);
    const onFault = (error: unknown, path: string) =>
      logLine("error", "A request for {path} failed", { path, error: errorData(error) }, {});
    return new Router({ routes: [...first, ...processRoutes(control, streams)], onFault });
  }
}
