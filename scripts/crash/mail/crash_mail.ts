/**
 * One run of the crash suite with mails and activities.
 *
 * @module
 */

import { drain } from "../drain.ts";
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

/** Runs the suite once. */
export async function crashMail(options: CrashMailOptions): Promise<MailResult> {
  await using deployment = await MailDeployment.open(options);
  const { publisher, processes, smtp } = deployment;
  processes.start();
  publisher.start();
  await deployment.warmUp();
  const faults = await makeMailFaults(deployment, (lane) => new Random(options.seed, lane), {
    enough: AbortSignal.timeout(options.seconds * 1000),
    stop: options.stop,
  });
  await publisher.stop();
  const putBack = await putBackMaybeSent(deployment);
  // It grows with each mail, and changes with each event that leaves its queue.
  await drain(deployment, (stored) => smtp.names().length * 1e6 + stored);
  return {
    broker: nameOfBroker(options.server),
    database: options.postgres ? "postgres" : "sqlite",
    seconds: options.seconds,
    seed: options.seed,
    isBroken: options.isBroken,
    verdict: verdictOf(await collect(deployment, putBack)),
    recoveries: recoveries(faults, ledgerOf(deployment)),
    unconfirmed: publisher.unconfirmed,
    problems: processes.problems,
  };
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
