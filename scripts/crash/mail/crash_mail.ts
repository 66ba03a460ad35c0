/**
 * One run of the crash suite with mails and activities.
 *
 * @module
 */

import { Drain, type DrainEnd, EMPTY_MS } from "../drain.ts";
import { sleep } from "../handler.ts";
import type { LedgerLine } from "../ledger.ts";
import { Random } from "../random.ts";
import { recoveries } from "../recovery.ts";
import { nameOfBroker } from "../report.ts";
import { MailDeployment, type MailDeploymentOptions } from "./deployment.ts";
import { collect, putBackMaybeSent } from "./evidence.ts";
import { makeMailFaults } from "./faults.ts";
import type { MailResult } from "./report.ts";
import { verdictOf } from "./verdict.ts";

/** How the suite is run. */
export interface CrashMailOptions extends MailDeploymentOptions {
  /** How long faults are made, in s; longer where not every kind has been made once by then. */
  readonly seconds: number;
  /** Ends the faults early. */
  readonly stop?: AbortSignal | undefined;
}

const POLL_MS = 500;

/** Runs the suite once. */
export async function crashMail(options: CrashMailOptions): Promise<MailResult> {
  await using deployment = await MailDeployment.open(options);
  const { publisher, services } = deployment;
  deployment.startProcesses();
  publisher.start();
  await deployment.warmUp();
  const faults = await makeMailFaults(deployment, (lane) => new Random(options.seed, lane), {
    enough: AbortSignal.timeout(options.seconds * 1000),
    stop: options.stop,
  });
  await publisher.stop();
  const putBack = await putBackMaybeSent(deployment);
  await drainMails(deployment);
  return {
    broker: nameOfBroker(options.server),
    database: options.postgres ? "postgres" : "sqlite",
    seconds: options.seconds,
    seed: options.seed,
    isBroken: options.isBroken,
    verdict: verdictOf(await collect(deployment, putBack)),
    recoveries: recoveries(faults, ledgerOf(deployment)),
    unconfirmed: publisher.unconfirmed,
    problems: services.flatMap(({ problems }) => problems),
  };
}

/** Lets the processes run until the queues are empty, and stops them; again where they are not. */
async function drainMails(deployment: MailDeployment): Promise<void> {
  for (;;) {
    const end = await untilOver(deployment);
    await deployment.stopProcesses();
    if (end === "stalled" || await deployment.stored() === 0) return;
    deployment.startProcesses();
  }
}

async function untilOver(deployment: MailDeployment): Promise<DrainEnd> {
  const emptyMs = deployment.server ? EMPTY_MS.rabbitmq : EMPTY_MS.embedded;
  const drain = new Drain(performance.now(), emptyMs);
  for (;;) {
    const stored = await deployment.stored();
    // Grows with each mail, and changes with each event that leaves its queue.
    const size = deployment.smtp.names().length * 1e6 + stored;
    const end = drain.endOf(performance.now(), stored === 0, size);
    if (end) return end;
    await sleep(POLL_MS);
  }
}

/** The mails as they came to the server. Nobody knows which process has sent them. */
function ledgerOf({ smtp }: MailDeployment): LedgerLine[] {
  return smtp.names().map((name) => ({
    what: "done",
    id: name,
    queue: "email_senders",
    pid: 0,
    at: Number.parseFloat(name),
  }));
}
