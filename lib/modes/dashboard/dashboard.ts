/**
 * `process-queue dashboard`: serves the dashboard for all queues of the broker and the processes of
 * this host. It consumes nothing.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { type Broker, BrokerError } from "../../engine/broker/broker.ts";
import { discover } from "../../engine/host/discovery.ts";
import { errorData } from "../../errors/error_data.ts";
import type { Finding, Probe } from "../../monitoring/health.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import type { Sampler } from "../../operations/sampler.ts";
import { HttpDoor } from "../../server/http.ts";
import { probeRoutes } from "../../server/probes.ts";
import { Router } from "../../server/router.ts";
import { ownTokenFile } from "../../server/tokens.ts";
import { EXIT, type Signals } from "../../system/signals.ts";
import { Service } from "../../system/systemd.ts";
import { Processes } from "../control/processes.ts";
import { requireSafeWorkers, requireWorkersFlag, writableProblem } from "../folders.ts";
import { ListenError } from "../listen_error.ts";
import { log } from "../log_line.ts";
import { openBroker } from "../open_broker.ts";
import { BrokerWatch } from "../run/broker_watch.ts";
import { Stop } from "../stop.ts";
import { tlsFileProblems } from "../tls_files.ts";
import { Overview } from "./overview.ts";
import { Dashboard } from "./parts.ts";
import { hostSampler } from "./sampler.ts";

/** The process that serves it. */
export interface DashboardProcess {
  /** Writes a line to standard output, whatever the level of the log. */
  print(line: string): void;
  /** Whether somebody sits before the standard output, and no log takes it. */
  readonly isTerminal: boolean;
  /** The requests of signals. */
  readonly signals: Pick<Signals, "handOver">;
}

/** Where it listens where nobody says. */
const DEFAULT_ADDRESS = { host: "127.0.0.1", port: 9890 } as const;
const SWEEP_MS = 250;
/** The time between two looks while somebody watches, in ms. */
const WATCHED_MS = 2000;
/** How long a process may take to answer, in seconds. */
const PROCESS_SECONDS = 2;
/** How long a broker that does not answer is left alone, in ms. */
const AGAIN_MS = 5000;

/**
 * Serves the dashboard until a signal ends it.
 *
 * @returns The exit code.
 * @throws {ConfigError} When a setting or a folder cannot be used.
 * @throws {BrokerError} When the broker refuses at the start; one that is away is waited for.
 * @throws {ListenError} When the address cannot be listened on.
 */
export async function runDashboard(
  config: Config,
  { print, isTerminal, signals }: DashboardProcess,
): Promise<number> {
  requireUsable(config);
  const stop = new Stop(signals);
  const served = withAddress(config);
  await using host = new Host(served);
  await using door = openDoor(served, host, (address) => {
    print(signInLine(address, served, isTerminal));
  });
  void door;
  await host.run(stop);
  return stop.code;
}

function requireUsable(config: Config): void {
  requireWorkersFlag(config);
  requireSafeWorkers(config);
  const problems = [writableProblem("STATE_DIR", config.stateDir), ...tlsFileProblems(config)];
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new ConfigError(found);
}

function withAddress(config: Config): Config {
  const { server } = config;
  return { ...config, server: { ...server, address: server.address ?? DEFAULT_ADDRESS } };
}

function openDoor(config: Config, host: Host, onListening: (address: string) => void): HttpDoor {
  const onFault = (error: unknown, path: string) =>
    log("error", "A request for {path} failed", { path, error: errorData(error) });
  return HttpDoor.open({
    config: config.server,
    stateDir: config.stateDir,
    router: new Router({ routes: host.routes, onFault }),
    onListening,
    onRefused: ({ message }) => {
      const { host: name, port } = config.server.address ?? DEFAULT_ADDRESS;
      throw new ListenError(
        `HTTP ${name}:${port} cannot be listened on: ${message}. End the program that listens ` +
          "there, or give another address by --http",
      );
    },
  });
}

/** A log must not have the token. */
function signInLine(address: string, { server, stateDir }: Config, isTerminal: boolean): string {
  const page = `${address}${server.basePath}/`;
  const file = server.tokenFile ?? ownTokenFile(stateDir);
  if (!isTerminal) return `The dashboard is at ${page}; sign in with the token in ${file}`;
  return `The dashboard is at ${page}#${encodeURIComponent(readFileSync(file, "utf8").trim())}`;
}

/** The host as the dashboard sees it, while it is served. */
class Host implements AsyncDisposable {
  readonly #config: Config;
  readonly #overview = new Overview(WATCHED_MS);
  readonly #processes: Processes;
  readonly #sampler: Sampler;
  readonly #watch: BrokerWatch;
  readonly #dashboard: Dashboard;
  readonly #end = new AbortController();
  #broker: Broker | undefined;
  #askAt = 0;

  constructor(config: Config) {
    this.#config = config;
    this.#processes = new Processes(config, PROCESS_SECONDS);
    this.#watch = new BrokerWatch(config);
    const { files, problems } = discover(config.workersDir);
    for (const { message } of problems) log("warning", "{message}", { message });
    const shared = { config, overview: this.#overview, processes: this.#processes };
    const known = files.map(({ name }) => name);
    this.#sampler = hostSampler({ ...shared, known, broker: () => this.#broker });
    this.#dashboard = new Dashboard({
      ...shared,
      scope: "host",
      sampler: this.#sampler,
      broker: () => this.#watch.snapshot(this.#broker),
      onFailure: () => () => {},
      report: logReporter(0),
    });
  }

  /** The routes, and the probes of a process that needs nothing but its broker. */
  get routes() {
    const health = (probe: Probe): readonly Finding[] => {
      if (probe === "live" || this.#broker?.isThere) return [];
      return [{ name: "broker", problem: "it is unavailable" }];
    };
    return [...probeRoutes({ health }), ...this.#dashboard.routes];
  }

  /** Looks at the host until the end. */
  async run(stop: Stop): Promise<void> {
    using service = Service.open(Deno.env.toObject());
    const sweeper = setInterval(() => this.#sweep(performance.now()), SWEEP_MS);
    const connected = this.#connect(stop);
    const ended = Promise.withResolvers<void>();
    stop.signal.addEventListener("abort", () => ended.resolve(), { once: true });
    if (stop.signal.aborted) ended.resolve();
    service?.ready();
    try {
      await Promise.race([ended.promise, connected.then(() => ended.promise)]);
    } finally {
      service?.stopping();
      clearInterval(sweeper);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#dashboard[Symbol.asyncDispose]();
    await this.#broker?.[Symbol.asyncDispose]();
  }

  /** Connects, again and again while the broker does not answer. */
  async #connect(stop: Stop): Promise<void> {
    const { signal } = stop;
    const name = `process-queue dashboard ${hostname()}:${Deno.pid}`;
    const once = { ...this.#config, broker: { ...this.#config.broker, waitSeconds: 0 } };
    const isAlone = !Deno.stderr.isTerminal();
    while (!signal.aborted && !this.#broker) {
      try {
        const broker = await openBroker(once, { name, report: logReporter(0), isAlone });
        if (this.#end.signal.aborted) return await broker[Symbol.asyncDispose]();
        this.#broker = broker;
        void broker.failure?.then(() => stop.end(EXIT.failed));
        this.#sampler.hurry();
      } catch (error) {
        if (!(error instanceof BrokerError) || error.kind !== "unreachable") throw error;
        log("warning", "{message}", { message: error.message });
        await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  #sweep(now: number): void {
    this.#watch.sweep(this.#broker);
    this.#sampler.sweep(now);
    // The sampler asks the processes, and rests while the broker is away.
    if (!this.#broker || this.#broker.isThere || now < this.#askAt) return;
    this.#askAt = now + this.#overview.everyMs;
    void this.#processes.snapshots().then((all) => this.#overview.seen(all, Date.now()));
  }
}
