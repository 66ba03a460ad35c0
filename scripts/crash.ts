/**
 * The crash suite: the program runs under load while processes, handlers and the broker fail at
 * random. In the end every confirmed event must have been processed, or be in the queue of failed
 * events with a reason.
 *
 *   deno task crash [--broker rabbitmq|cluster|embedded] [--seconds 60] [--seed N] [--broken]
 *
 * `--cluster` is short for `--broker cluster`, three nodes of RabbitMQ.
 *
 * The processes run the program bundled, as it is in the binary, so that the times are its own.
 *
 * `--broken` runs an engine that loses events, which the suite must notice. Ctrl-C ends the faults
 * early; the events are still checked. The exit code is 0 when nothing was lost, else 1.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { check } from "./crash/checker.ts";
import { Deployment, type DeploymentOptions, type Server } from "./crash/deployment.ts";
import { deadLetters, drain, waiting } from "./crash/drain.ts";
import { makeFaults } from "./crash/faults.ts";
import { bundleProgram } from "./crash/program.ts";
import { Random } from "./crash/random.ts";
import { recoveries } from "./crash/recovery.ts";
import { type BrokerName, BROKERS, isGood, report, type Result } from "./crash/report.ts";
import { removeFolder, signalled } from "./private_server.ts";
import { RabbitmqCluster, startCluster, startRabbitmq } from "./rabbitmq.ts";
import { orUsage } from "./usage.ts";

/** How the suite is run. */
export interface CrashOptions extends DeploymentOptions {
  /** How long faults are made, in s; longer where not every kind has been made once by then. */
  readonly seconds: number;
  /** Ends the faults early. */
  readonly stop?: AbortSignal;
}

/** Runs the suite once. */
export async function crash(options: CrashOptions): Promise<Result> {
  await using deployment = await Deployment.open(options);
  const { publisher } = deployment;
  deployment.startProcesses();
  publisher.start();
  await deployment.warmUp();
  const faults = await makeFaults(deployment, (lane) => new Random(options.seed, lane), {
    enough: AbortSignal.timeout(options.seconds * 1000),
    stop: options.stop,
  });
  await publisher.stop();
  await drain(deployment);
  const { ledger } = deployment;
  const { confirmed, unconfirmed } = publisher;
  return {
    ...options,
    broker: nameOf(options.server),
    verdict: check({
      confirmed,
      ledger,
      deadLetters: await deadLetters(deployment),
      waiting: await waiting(deployment),
    }),
    recoveries: recoveries(faults, ledger),
    unconfirmed,
    problems: deployment.services.flatMap((service) => service.problems),
  };
}

const USAGE = `usage: deno task crash [--broker ${BROKERS.join("|")}] [--seconds N] [--seed N]`;

async function main(): Promise<number> {
  const { broker, ...options } = orUsage(USAGE, () => parseOptions(Deno.args));
  using ending = signalled();
  const early = new AbortController();
  void ending.received.then(() => early.abort());
  const folder = await Deno.makeTempDir({ prefix: "pq-crash-" });
  const { seconds, seed } = options;
  console.log(`${seconds} s of faults, ${broker}, seed ${seed}; ledger and logs in ${folder}\n`);
  const program = await bundleProgram(`${folder}/program`);
  await using server = await start(broker);
  const result = await crash({ ...options, server, folder, program, stop: early.signal });
  for (const line of report(result)) console.log(line);
  if (!isGood(result)) return 1;
  await removeFolder(folder);
  return 0;
}

async function start(broker: BrokerName): Promise<Server | undefined> {
  if (broker === "embedded") return undefined;
  return await (broker === "cluster" ? startCluster() : startRabbitmq());
}

function nameOf(server: Server | undefined): BrokerName {
  if (!server) return "embedded";
  return server instanceof RabbitmqCluster ? "cluster" : "rabbitmq";
}

/** @throws {TypeError} When an option is unknown or not what it should be. */
function parseOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      broker: { type: "string", default: "rabbitmq" },
      cluster: { type: "boolean", default: false },
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
      broken: { type: "boolean", default: false },
    },
  });
  const { broken: isBroken } = values;
  const broker = BROKERS.find((name) => name === (values.cluster ? "cluster" : values.broker));
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!broker) {
    throw new TypeError(`--broker is ${values.broker}: it must be ${BROKERS.join(", ")}`);
  }
  if (!(seconds > 0)) throw new TypeError("--seconds must be a number over 0");
  if (!Number.isInteger(seed)) throw new TypeError("--seed must be a whole number");
  return { broker, seconds, seed, isBroken };
}

if (import.meta.main) Deno.exit(await main());
