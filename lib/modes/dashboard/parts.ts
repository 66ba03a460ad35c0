/**
 * The parts of the dashboard that a process makes, whether it runs queues or serves the dashboard
 * alone: what knows the host, what works on events, the routes.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Reporter } from "../../engine/report.ts";
import { Assets } from "../../server/assets.ts";
import type { OwnControl } from "../../server/dashboard_routes.ts";
import { dashboardRoutes } from "../../server/dashboard_routes.ts";
import { failedRoutes } from "../../server/failed_routes.ts";
import { pageRoutes } from "../../server/pages.ts";
import type { Route } from "../../server/router.ts";
import { Streams } from "../../server/stream.ts";
import { Tasks } from "../../server/tasks.ts";
import { log } from "../log_line.ts";
import { openBroker } from "../open_broker.ts";
import { SystemServices } from "../system.ts";
import { runChecks } from "./checks.ts";
import { DeskClient } from "./desk_client.ts";
import { DashboardHost, type DashboardHostOptions } from "./host.ts";

/** What the parts are made of. */
export interface DashboardOptions extends Omit<DashboardHostOptions, "tasks" | "check"> {
  readonly config: Config;
  /** Takes the reports of the dashboard's own connections. */
  readonly report: Reporter;
  /** The queues of the process itself. */
  readonly own?: OwnControl | undefined;
}

/** The dashboard of a process. */
export class Dashboard implements AsyncDisposable {
  /** Its routes. */
  readonly routes: readonly Route[];
  readonly #desk: DeskClient;
  readonly #tasks: Tasks;
  readonly #streams: Streams;

  /** @param options What it is made of. */
  constructor(options: DashboardOptions) {
    const { config, report, own, scope } = options;
    const services = dashboardServices(report);
    this.#desk = new DeskClient({ config, services, report });
    this.#tasks = new Tasks({ events: this.#desk, isSingle: scope === "process" });
    const check = () => runChecks(config, services, scope);
    const control = new DashboardHost({ ...options, tasks: this.#tasks, check });
    this.#tasks.listen(({ state }) => {
      if (state !== "running") control.refresh();
    });
    this.#streams = new Streams({ source: sourceOf(control, this.#tasks) });
    this.routes = [
      ...failedRoutes({ events: this.#desk, tasks: this.#tasks, control }),
      ...dashboardRoutes(control, this.#streams, own),
      ...pageRoutes(new Assets(config.server.basePath)),
    ];
  }

  /** Ends the streams, then the tasks as interrupted commands end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams.close();
    await this.#tasks[Symbol.asyncDispose]();
    await this.#desk[Symbol.asyncDispose]();
  }
}

function sourceOf(control: DashboardHost, tasks: Tasks) {
  return {
    path: "/v1/dashboard",
    snapshot: (seesErrors: boolean) => control.viewFor(seesErrors),
    onFailure: (listener: Parameters<DashboardHost["onFailure"]>[0]) => control.onFailure(listener),
    onTask: (listener: Parameters<Tasks["listen"]>[0]) => tasks.listen(listener),
    setWatched: (isWatched: boolean) => control.setWatched(isWatched),
  };
}

/** The services of commands, which write to the log here. */
function dashboardServices(report: Reporter): SystemServices {
  const services = new SystemServices();
  services.warn = (message) => log("warning", "{message}", { message });
  services.openBroker = (config, name) => openBroker(config, { name, report });
  return services;
}
