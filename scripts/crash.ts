/**
 * The crash suite: the program runs under load while processes, handlers and the broker fail at
 * random. In the end every confirmed event must have been processed, or be in the queue of failed
 * events with a reason.
 *
 *   deno task crash [--broker rabbitmq|cluster|embedded] [--seconds 60] [--seed N] [--broken]
 *
 *   deno task crash --mail [--database postgres|sqlite] [options as above]
 *
 * `--cluster` is short for `--broker cluster`, three nodes of RabbitMQ.
 *
 * The processes run the program bundled, as it is in the binary, so that the times are its own.
 *
 * With `--mail` the processes run the workers of mails and of activities, and the SMTP server and
 * PostgreSQL fail, too. No mail may be lost, and none may come twice without a log that says so.
 *
 *   deno task crash --missed [--rows 100000] [--users 10000] [--every 10] [--send]
 *
 * With `--missed` two processes tell users of missed messages, of which one is killed every 10 s. Each
 * message must be mailed once, and the memory of the other process must not grow. `--send` also sends
 * the mails to an SMTP server, and counts those that came.
 *
 *   deno task crash --repairs [--kills 50] [--type classic|quorum]
 *
 * With `--repairs`, `failed retry` and `failed drop` are killed at random while further events fail.
 * No event may be lost, each kill may leave 100 events in two places, and the rest keeps its order.
 *
 *   deno task crash --story [--broker embedded|rabbitmq] [--kills 20] [--seed N]
 *
 * With `--story` a message with a mention of a group, a link and a picture is sent to five users, again
 * and again. Each time the process of its queues is killed at a random point. The events, the mails,
 * the pushes, the preview and the thumbnail must be those of the first time, which is undisturbed.
 *
 * `--broken` runs an engine that loses events, or a worker that loses mails, which the suite must
 * notice. Ctrl-C ends the faults
 * early; the events are still checked. The exit code is 0 when nothing was lost, else 1.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { crashMail } from "./crash/mail/crash_mail.ts";
import { type DatabaseName, DATABASES, isGoodMail, mailReport } from "./crash/mail/report.ts";
import { check } from "./crash/checker.ts";
import { Deployment, type DeploymentOptions, type Server } from "./crash/deployment.ts";
import { deadLetters, drainHeld, waiting } from "./crash/drain.ts";
import { makeFaults } from "./crash/faults.ts";
import { bundleProgram } from "./crash/program.ts";
import { MISSED_USAGE, runMissed } from "./crash/missed/command.ts";
import { runStory, STORY_USAGE } from "./crash/story/command.ts";
import { Random } from "./crash/random.ts";
import { REPAIRS_USAGE, runRepairs } from "./crash/repairs/command.ts";
import { recoveries } from "./crash/recovery.ts";
import {
  type BrokerName,
  BROKERS,
  isGood,
  nameOfBroker,
  report,
  type Result,
} from "./crash/report.ts";
import { startPostgres } from "./postgres.ts";
import { removeFolder, signalled } from "./private_server.ts";
import { startCluster, startRabbitmq } from "./rabbitmq.ts";
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
  deployment.processes.start();
  publisher.start();
  await deployment.warmUp();
  const faults = await makeFaults(deployment, (lane) => new Random(options.seed, lane), {
    enough: AbortSignal.timeout(options.seconds * 1000),
    stop: options.stop,
  });
  await publisher.stop();
  const held = await drainHeld(deployment, () => deployment.ledgerSize);
  const { ledger } = deployment;
  const { confirmed, unconfirmed } = publisher;
  return {
    ...options,
    broker: nameOfBroker(options.server),
    verdict: check({
      confirmed,
      ledger,
      deadLetters: await deadLetters(deployment),
      waiting: await waiting(deployment),
    }),
    recoveries: recoveries(faults, ledger),
    unconfirmed,
    problems: [
      ...held.map((queue) => `the broker held events until its nodes were restarted: ${queue}`),
      ...deployment.processes.problems,
    ],
  };
}

const USAGE = `usage: deno task crash [--broker ${BROKERS.join("|")}] [--seconds N] [--seed N]
       deno task crash --mail [--database ${DATABASES.join("|")}] [options as above]
       ${MISSED_USAGE}
       ${REPAIRS_USAGE}
       ${STORY_USAGE}`;

async function main(): Promise<number> {
  if (Deno.args.includes("--missed")) return await runMissed();
  if (Deno.args.includes("--repairs")) return await runRepairs();
  if (Deno.args.includes("--story")) return await runStory();
  const { broker, isMail, database, ...options } = orUsage(USAGE, () => parseOptions(Deno.args));
  using ending = signalled();
  const early = new AbortController();
  void ending.received.then(() => early.abort());
  const folder = await Deno.makeTempDir({ prefix: "pq-crash-" });
  const { seconds, seed } = options;
  console.log(`${seconds} s of faults, ${broker}, seed ${seed}; ledger and logs in ${folder}\n`);
  const program = await bundleProgram(`${folder}/program`);
  await using server = await start(broker);
  const common = { ...options, server, folder, program, stop: early.signal };
  const isPassed = isMail ? await withMail(common, database) : await withoutMail(common);
  if (!isPassed) return 1;
  await removeFolder(folder);
  return 0;
}

async function withoutMail(options: CrashOptions): Promise<boolean> {
  const result = await crash(options);
  for (const line of report(result)) console.log(line);
  return isGood(result);
}

async function withMail(options: CrashOptions, database: DatabaseName): Promise<boolean> {
  await using postgres = database === "postgres" ? await startPostgres() : undefined;
  const result = await crashMail({ ...options, postgres });
  for (const line of mailReport(result)) console.log(line);
  return isGoodMail(result);
}

async function start(broker: BrokerName): Promise<Server | undefined> {
  if (broker === "embedded") return undefined;
  return await (broker === "cluster" ? startCluster() : startRabbitmq());
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
      mail: { type: "boolean", default: false },
      database: { type: "string", default: "postgres" },
    },
  });
  const { broken: isBroken, mail: isMail } = values;
  const database = DATABASES.find((name) => name === values.database);
  const broker = BROKERS.find((name) => name === (values.cluster ? "cluster" : values.broker));
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!broker) {
    throw new TypeError(`--broker is ${values.broker}: it must be ${BROKERS.join(", ")}`);
  }
  if (!database) {
    throw new TypeError(`--database is ${values.database}: it must be ${DATABASES.join(" or ")}`);
  }
  if (isMail && broker === "cluster") throw new TypeError("--mail cannot be used with a cluster");
  if (!(seconds > 0)) throw new TypeError("--seconds must be a number over 0");
  if (!Number.isInteger(seed)) throw new TypeError("--seed must be a whole number");
  return { broker, seconds, seed, isBroken, isMail, database };
}

if (import.meta.main) Deno.exit(await main());
