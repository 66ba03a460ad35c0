/**
 * The target of the faults: a private broker, a publisher, and processes of the program.
 *
 * @module
 */

import { allWith } from "../all_queues.ts";
import type { Broker } from "../../lib/engine/broker/broker.ts";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { failedQueueName } from "../../lib/engine/settle/retry.ts";
import { waitUntil } from "../private_server.ts";
import { type PrivateRabbitmq, RabbitmqCluster } from "../rabbitmq.ts";
import { ALWAYS, type Queue, QUEUES } from "./events.ts";
import { LEDGER, type LedgerLine, ledgerSize, readLedger } from "./ledger.ts";
import { type CrashProgram, FROM_SOURCE } from "./program.ts";
import { Processes } from "./processes.ts";
import { Publisher } from "./publisher.ts";
import { Random } from "./random.ts";

/** One node of RabbitMQ, or a cluster. */
export type Server = PrivateRabbitmq | RabbitmqCluster;

/** How a deployment is made. */
export interface DeploymentOptions {
  /** RabbitMQ, which faults kill and restart; `undefined` for the embedded broker. */
  readonly server: Server | undefined;
  /** Seed of the published events. */
  readonly seed: number;
  /** An empty folder. */
  readonly folder: string;
  /** Runs the engine that loses events, or the worker that loses mails. */
  readonly isBroken: boolean;
  /** What the processes run. @default {the program from its source} */
  readonly program?: CrashProgram;
}

/**
 * How old the queues must be before faults are made, in ms. RabbitMQ 3.10 writes a new queue to
 * disk only after some seconds; a kill before then loses the queue with its events.
 */
const QUEUE_AGE_MS = 5000;
const WARM_UP_MS = 60_000;
/** The only quorum queue on one node, where the others are classic; in a cluster all are quorum. */
const QUORUM: Queue = "crash_slow";
/** The processes and their arguments. */
const PROCESSES: Readonly<Record<string, readonly string[]>> = {
  all: allWith("user_activity"),
  plain: ["--queue_name", "crash_plain"],
  batch: ["--queue_name", "crash_batch"],
  slow: ["--queue_name", "crash_slow"],
};

/** A broker, a publisher and processes. */
export class Deployment implements AsyncDisposable {
  /** RabbitMQ, unless the embedded broker is used. */
  readonly server: Server | undefined;
  /** The suite's own broker object. */
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly processes: Processes;
  readonly #folder: string;
  readonly #undo: AsyncDisposableStack;

  private constructor(options: DeploymentOptions, broker: Broker, undo: AsyncDisposableStack) {
    this.server = options.server;
    this.broker = broker;
    this.publisher = new Publisher(broker, new Random(options.seed, "publisher"));
    this.#folder = options.folder;
    this.#undo = undo;
    this.processes = undo.use(makeProcesses(options));
  }

  /** Opens the broker and declares the queues; nothing runs yet. */
  static async open(options: DeploymentOptions): Promise<Deployment> {
    await using undo = new AsyncDisposableStack();
    await Deno.writeTextFile(`${options.folder}/ledger`, "");
    const broker = undo.use(await openBroker(options));
    if (options.server) await declareQuorum(options.server.url);
    for (const queue of QUEUES) await broker.declare(queue);
    return new Deployment(options, broker, undo.move());
  }

  /** The lines that the handlers have written so far. */
  get ledger(): LedgerLine[] {
    return readLedger(`${this.#folder}/ledger`);
  }

  /** The size of the ledger, in bytes: it grows with all that the handlers do. */
  get ledgerSize(): number {
    return ledgerSize(`${this.#folder}/ledger`);
  }

  /**
   * The number of events that are still to run. RabbitMQ's own count includes those that are just
   * being dead-lettered from a retry queue, which no client sees.
   */
  async stored(): Promise<number> {
    return await storedEvents(this, QUEUES);
  }

  /** Resolves when each queue has retried and dead-lettered an event, and is old enough. */
  async warmUp(): Promise<void> {
    for (const queue of QUEUES) this.publisher.publish(queue, { trouble: "throw", times: ALWAYS });
    await waitUntil(() => this.#haveAllFailed(), WARM_UP_MS).catch(() => {
      throw new Error(`the workers did not start: see the logs in ${this.#folder}`);
    });
    if (!this.server) return;
    const since = performance.now();
    await waitUntil(() => performance.now() - since > QUEUE_AGE_MS, WARM_UP_MS);
  }

  /** Kills the processes and closes the broker. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }

  async #haveAllFailed(): Promise<boolean> {
    const depths = QUEUES.map((queue) => this.broker.depth(failedQueueName(queue)));
    return (await Promise.all(depths)).every((depth) => (depth?.ready ?? 0) > 0);
  }
}

function makeProcesses(options: DeploymentOptions): Processes {
  const { server, folder, isBroken, program = FROM_SOURCE } = options;
  const main = isBroken ? program.brokenMain : program.main;
  const env = { ...settings(folder, program), ...brokerSettings(server) };
  return new Processes({ main, args: PROCESSES, env, folder });
}

/** The number of events of some queues that are still to run. */
export async function storedEvents(
  { broker, server }: { readonly broker: Broker; readonly server: Server | undefined },
  queues: readonly string[],
): Promise<number> {
  const seen = await total(queues.flatMap((queue) => [
    broker.depth(queue).then((depth) => depth?.ready ?? 0),
    broker.waiting(queue),
  ]));
  if (seen > 0 || !server) return seen;
  const printed = await server.ctl("list_queues", "--quiet", "name", "messages");
  const counts = [...printed.matchAll(/^(.*)\t(\d+)$/gm)];
  return counts.filter(([, name = ""]) => isOfSome(name, queues))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

/** Whether a queue is one of these, or one of their retry queues. */
export function isOfSome(name: string, queues: readonly string[]): boolean {
  return !name.endsWith(".failed") &&
    queues.some((queue) => name === queue || name.startsWith(`${queue}.`));
}

async function total(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** The suite's own broker object. */
export async function openBroker(
  { server, folder }: Pick<DeploymentOptions, "server" | "folder">,
): Promise<Broker> {
  if (!server) return await openSqliteBroker({ stateDir: `${folder}/state` });
  return await openRabbitmq({
    url: server.url,
    name: "crash suite",
    queueType: typeFor(server),
  });
}

/** The type of the queues: a classic one is away while its node is. */
function typeFor(server: Server): "classic" | "quorum" {
  return server instanceof RabbitmqCluster ? "quorum" : "classic";
}

/** The settings that name the broker. */
export function brokerSettings(server: Server | undefined): Record<string, string> {
  return server ? { AMQP_URL: server.url, QUEUE_TYPE: typeFor(server) } : {};
}

/** Declares the quorum queue; the processes use an existing queue as it is. */
async function declareQuorum(url: string): Promise<void> {
  await using broker = await openRabbitmq({ url, name: "crash suite", queueType: "quorum" });
  await broker.declare(QUORUM);
}

/** Settings of all processes. Short limits make much happen in a minute. */
function settings(folder: string, { workersDir }: CrashProgram): Record<string, string> {
  return { ...commonSettings(folder), WORKERS_DIR: workersDir, [LEDGER]: `${folder}/ledger` };
}

/** Settings of all processes, whatever their workers are. */
export function commonSettings(folder: string): Record<string, string> {
  return {
    ...inherited(),
    NO_COLOR: "1",
    STATE_DIR: `${folder}/state`,
    QUEUE_STATS_DIR: `${folder}/stats`,
    ABORT_GRACE_SECONDS: "1",
    STOP_GRACE_SECONDS: "2",
    PARK_SECONDS: "2",
  };
}

/** The variables that Deno needs to find its cache. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
